"""A WSGI application for what happens between a web server and its clients. Nothing installed.

    /endless?started=&closed=   chunks until it is closed; makes both files
    /busy?started=&left=&for=   computes for so many seconds, or until `left`.go is there, and gives no
                                sign of life
    /large?size=                so many bytes, made at once
    /ends-early?size=           fails in the middle of so many bytes
    /digest                     length and SHA-256 of the request's body, which is read first
    /early                      answers without reading the body
    /complain?text=             writes to wsgi.errors
    everything else             "hello"

As an authorizer it lets in who sends the header `X-Pass: yes`, and as a filter it gives the file in
capitals.
"""

import hashlib
import os
import time
from urllib.parse import parse_qs

BLOCK = bytes(range(256)) * 64


def application(environ, start_response):
    query = parse_qs(environ.get("QUERY_STRING", ""))
    query = {name: values[-1] for name, values in query.items()}
    page = ROLES.get(environ.get("FCGI_ROLE")) or PAGES.get(environ["PATH_INFO"], hello)
    return page(environ, start_response, query)


def hello(environ, start_response, query):
    return answer(start_response, b"hello")


def authorize(environ, start_response, query):
    if environ.get("HTTP_X_PASS") == "yes":
        headers = [("Variable-AUTH_METHOD", "pass"), ("Variable-GREETING", "welcome, friend")]
        return answer(start_response, b"", headers=headers)
    if environ.get("HTTP_X_PASS") == "never":
        return answer(start_response, b"the page for never", "403 Forbidden")
    headers = [("WWW-Authenticate", 'Basic realm="of the application"')]
    return answer(start_response, b"the page for whom I do not know", "401 Unauthorized", headers)


def capitals(environ, start_response, query):
    return answer(start_response, environ["fcgi.data"].read().upper() + environ["wsgi.input"].read())


def endless(environ, start_response, query):
    def chunks():
        try:
            open(query["started"], "w").close()
            while True:
                yield BLOCK
                time.sleep(0.01)
        finally:
            open(query["closed"], "w").close()

    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return chunks()


def busy(environ, start_response, query):
    open(query["started"], "w").write(str(os.getpid()))
    end = time.monotonic() + float(query["for"])
    while time.monotonic() < end and not os.path.exists(query["left"] + ".go"):
        time.sleep(0.01)
    open(query["left"], "w").close()
    return answer(start_response, b"done")


def large(environ, start_response, query):
    size = int(query["size"])
    body = (BLOCK * (size // len(BLOCK) + 1))[:size]
    return answer(start_response, body)


def ends_early(environ, start_response, query):
    def chunks():
        yield BLOCK[: int(query["size"]) // 2]
        raise LookupError("in the middle")

    start_response("200 OK", [("Content-Length", query["size"])])
    return chunks()


def digest(environ, start_response, query):
    length, sha = 0, hashlib.sha256()
    for block in iter(lambda: environ["wsgi.input"].read(65536), b""):
        length += len(block)
        sha.update(block)
    return answer(start_response, ("%d %s" % (length, sha.hexdigest())).encode())


def early(environ, start_response, query):
    return answer(start_response, BLOCK * 64)


def complain(environ, start_response, query):
    environ["wsgi.errors"].write(query["text"] + "\n")
    return answer(start_response, b"complained")


def answer(start_response, body, status="200 OK", headers=()):
    start_response(status, [("Content-Type", "text/plain")] + list(headers))
    return [body]


ROLES = {"AUTHORIZER": authorize, "FILTER": capitals}

PAGES = {
    "/endless": endless,
    "/busy": busy,
    "/large": large,
    "/ends-early": ends_early,
    "/digest": digest,
    "/early": early,
    "/complain": complain,
}
