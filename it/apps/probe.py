"""A WSGI application that says what it was given, and misbehaves on request. Python 3.8 and up,
nothing installed.

    /environ            the environ and the process, as JSON
    /digest             length and SHA-256 of the request's body
    /download?size=n    n bytes, made of one block again and again
    /gate?started=&go=  makes the file `started`, answers when the file `go` is there
    /cookies            two Set-Cookie headers
    /error              raises
    /status?code=&to=   that status line, with a Location if `to` is given
    /exit               ends the process
    /print?text=        writes to standard output, standard error and wsgi.errors
    everything else     "hello"

A header `X-Probe: environ` asks for that page at any path.
"""

import hashlib
import json
import os
import sys
import threading
import time
from urllib.parse import parse_qs

BLOCK = bytes(range(256)) * 256
GATE_TIMEOUT_S = 60

#: Set by make_app, so that /environ can show what Paste Deploy gave.
CONFIGURATION = {}


def make_app(global_conf, **local_conf):
    """The Paste Deploy factory."""
    import logging

    CONFIGURATION.update(global_conf=dict(global_conf), local_conf=local_conf)
    CONFIGURATION["root_handlers"] = [
        type(handler).__name__ for handler in logging.getLogger().handlers
    ]
    return application


def application(environ, start_response):
    name = (
        "/" + environ["HTTP_X_PROBE"] if "HTTP_X_PROBE" in environ else environ.get("PATH_INFO", "")
    )
    page = PAGES.get(name, hello)
    query = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
    return page(environ, start_response, query)


def hello(environ, start_response, query):
    return answer(start_response, b"hello")


def show(environ, start_response, query):
    facts = {
        "environ": {key: value for key, value in environ.items() if isinstance(value, str)},
        "flags": {key: value for key, value in environ.items() if isinstance(value, (bool, tuple))},
        "process_environment": dict(os.environ),
        "directory": os.getcwd(),
        "uid": os.geteuid(),
        "pid": os.getpid(),
        "threads": threading.active_count(),
        "python": list(sys.version_info[:2]),
        "executable": sys.executable,
        "utf8": sys.flags.utf8_mode,
        "sys_path": sys.path,
        "argv": sys.argv,
        "configuration": CONFIGURATION,
        "penstock_modules": sorted(
            name for name in sys.modules if name.split(".")[0] == "penstock"
        ),
    }
    return answer(start_response, json.dumps(facts).encode(), "application/json")


def digest(environ, start_response, query):
    length, sha = 0, hashlib.sha256()
    for block in iter(lambda: environ["wsgi.input"].read(65536), b""):
        length += len(block)
        sha.update(block)
    declared = environ.get("CONTENT_LENGTH")
    facts = {"length": length, "sha256": sha.hexdigest(), "content_length": declared}
    return answer(start_response, json.dumps(facts).encode(), "application/json")


def download(environ, start_response, query):
    size = int(query["size"])
    start_response(
        "200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", str(size))]
    )
    whole, rest = divmod(size, len(BLOCK))
    for _ in range(whole):
        yield BLOCK
    yield BLOCK[:rest]


def gate(environ, start_response, query):
    open(query["started"], "w").close()
    deadline = time.monotonic() + GATE_TIMEOUT_S
    while not os.path.exists(query["go"]):
        if time.monotonic() > deadline:
            raise RuntimeError("nobody opened the gate %s" % query["go"])
        time.sleep(0.01)
    return answer(start_response, b"through %d" % os.getpid())


def cookies(environ, start_response, query):
    headers = [
        ("Content-Type", "text/plain"),
        ("Set-Cookie", "one=1; Path=/"),
        ("Set-Cookie", "two=2; Path=/"),
    ]
    start_response("200 OK", headers)
    return [environ.get("HTTP_COOKIE", "").encode("latin-1")]


def error(environ, start_response, query):
    raise LookupError("raised by the probe")


def status(environ, start_response, query):
    headers = [("Content-Type", "text/plain"), ("Content-Length", "7")]
    if "to" in query:
        headers.append(("Location", query["to"]))
    start_response(query["code"], headers)
    return [b"as told"]


def leave(environ, start_response, query):
    os._exit(7)


def write(environ, start_response, query):
    print("stdout: " + query["text"])
    print("stderr: " + query["text"], file=sys.stderr)
    environ["wsgi.errors"].write("errors: " + query["text"] + "\n")
    return answer(start_response, b"written")


def answer(start_response, body, content_type="text/plain"):
    start_response("200 OK", [("Content-Type", content_type), ("Content-Length", str(len(body)))])
    return [body]


PAGES = {
    "/environ": show,
    "/digest": digest,
    "/download": download,
    "/gate": gate,
    "/cookies": cookies,
    "/error": error,
    "/status": status,
    "/exit": leave,
    "/print": write,
}
