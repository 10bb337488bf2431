"""A WSGI application with a page for each rule of PEP 3333, and for each way to break one. Nothing
installed.

Its pages are the functions below: /cookies is `cookies`. A page that is not there answers "hello".
Where a page has to wait for the test, or tell it something later, they meet in a file that the
query names.
"""

import ast
import io
import json
import os
import sys
import threading
import time
from urllib.parse import parse_qsl

WAIT_S = 60
PLAIN = [("Content-Type", "text/plain")]
PAGES = {}


def page(function):
    PAGES["/" + function.__name__.rstrip("_")] = function
    return function


def application(environ, start_response):
    found = PAGES.get(environ["PATH_INFO"], hello)
    return found(environ, start_response)


def query(environ, name):
    return dict(parse_qsl(environ["QUERY_STRING"], keep_blank_values=True))[name]


def wait_for(file):
    deadline = time.monotonic() + WAIT_S
    while not os.path.exists(file):
        if time.monotonic() > deadline:
            raise RuntimeError("nobody made %s" % file)
        time.sleep(0.01)


def told(start_response, facts):
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(facts).encode()]


def hello(environ, start_response):
    start_response("200 OK", PLAIN)
    return [b"hello"]


# What is given


@page
def environ(environ, start_response):
    facts = {
        "type": type(environ).__name__,
        "cgi": {key: value for key, value in environ.items() if "." not in key},
        "types": {key: type(value).__name__ for key, value in environ.items()},
        "wsgi": {
            key: value
            for key, value in environ.items()
            if key.startswith("wsgi.") and isinstance(value, (bool, str, tuple))
        },
        "callable": callable(environ["wsgi.file_wrapper"]),
    }
    return told(start_response, facts)


@page
def read(environ, start_response):
    """Does to wsgi.input what the query's `steps` say, and tells what each step gave."""
    steps = ast.literal_eval(query(environ, "steps"))
    given = [follow(environ["wsgi.input"], *step).decode("latin-1") for step in steps]
    length = environ.get("CONTENT_LENGTH")
    return told(start_response, {"given": given, "content_length": length})


def follow(file, method, *arguments):
    """One step with a file, as bytes; the tests do the same to an io.BytesIO."""
    if method == "next":
        return next(file)
    if method == "iterate":
        return b"".join(file)
    if method == "readlines":
        return b"".join(file.readlines(*arguments))
    return getattr(file, method)(*arguments)


@page
def errors(environ, start_response):
    stream = environ["wsgi.errors"]
    stream.write("Gr\xf6\xdfe \u65e5\u672c \ud800 written\n")
    stream.writelines(["one line\n", "another line\n"])
    print("without an end", end="", file=stream)
    stream.flush()
    return hello(environ, start_response)


# start_response


@page
def cookies(environ, start_response):
    headers = [("Set-Cookie", "b=2"), ("X-Between", "x"), ("Set-Cookie", "a=1; Path=/")]
    start_response("200 OK", PLAIN + headers + [("Set-Cookie", "b=3")])
    return [b"cookies"]


@page
def check_at_call(environ, start_response):
    """start_response raises where it is called, so the application can still answer."""
    try:
        start_response("200 OK", [("X-Bad", "a\r\nb")])
    except ValueError:
        start_response("418 Caught It", PLAIN, sys.exc_info())
    return [b"caught"]


@page
def use_write(environ, start_response):
    write = start_response("200 OK", PLAIN)
    write(b"one ")
    write(b"")
    write(b"two ")
    return [b"three ", b"four"]


@page
def start_late(environ, start_response):
    start_response("201 Created", PLAIN)
    yield b"from a "
    yield b"generator"


@page
def replace_head(environ, start_response):
    start_response("200 OK", [("X-First", "yes")])
    try:
        raise LookupError("before the head has left")
    except LookupError:
        start_response("503 Service Unavailable", [("X-Second", "yes")], sys.exc_info())
    return [b"replaced"]


@page
def replace_head_after_empty_chunk(environ, start_response):
    start_response("200 OK", PLAIN)
    yield b""
    try:
        raise LookupError("after an empty chunk")
    except LookupError:
        start_response("503 Service Unavailable", PLAIN, sys.exc_info())
    yield b"replaced"


@page
def replace_sent_head(environ, start_response):
    start_response("200 OK", PLAIN)
    yield b"first"
    wait_for(query(environ, "seen"))
    try:
        raise LookupError("after the head has left")
    except LookupError:
        start_response("503 Service Unavailable", PLAIN, sys.exc_info())
    yield b"never"


@page
def start_only(environ, start_response):
    start_response("202 Accepted", PLAIN + [("X-Only", "yes")])
    return iter(())


# The body


@page
def chunks(environ, start_response):
    """The second chunk is made when the test has seen the first."""
    start_response("200 OK", PLAIN)
    yield b"first"
    wait_for(query(environ, "seen"))
    yield b"second"


@page
def written_chunks(environ, start_response):
    write = start_response("200 OK", PLAIN)
    write(b"first")
    wait_for(query(environ, "seen"))
    write(b"second")
    return []


@page
def any_body(environ, start_response):
    """A body where there may be none: the query says with which status."""
    start_response(query(environ, "status"), PLAIN)
    yield b"a body "
    yield b"of two chunks"


@page
def one_chunk(environ, start_response):
    start_response("200 OK", PLAIN)
    return [b"its length is known"]


@page
def threads(environ, start_response):
    start_response("200 OK", PLAIN)
    called_on = threading.get_ident()

    def body():
        yield b"same" if threading.get_ident() == called_on else b"another"

    return body()


class Closing:
    """A body that notes each close() in the file that the query names."""

    def __init__(self, environ, body):
        self.body = body
        self.file = query(environ, "closed")

    def __iter__(self):
        return iter(self.body)

    def close(self):
        with open(self.file, "a") as file:
            file.write("closed\n")


@page
def close_after_body(environ, start_response):
    start_response("200 OK", PLAIN)
    return Closing(environ, [b"a", b"b"])


@page
def close_after_error(environ, start_response):
    start_response("200 OK", PLAIN)

    def body():
        raise LookupError("while iterating")
        yield b""

    return Closing(environ, body())


@page
def close_after_str(environ, start_response):
    start_response("200 OK", PLAIN)
    return Closing(environ, ["text"])


@page
def close_after_disconnect(environ, start_response):
    """A body without an end."""
    start_response("200 OK", PLAIN)

    def body():
        while True:
            yield b"x" * 65536

    return Closing(environ, body())


# wsgi.file_wrapper


DIGITS = b"0123456789" * 100_000


def digits():
    import tempfile

    file = tempfile.TemporaryFile()
    file.write(DIGITS)
    file.flush()
    return file


@page
def file_from_offset(environ, start_response):
    file = digits()
    file.seek(5)
    start_response("200 OK", PLAIN)
    return environ["wsgi.file_wrapper"](file, 4096)


@page
def file_range(environ, start_response):
    """As an answer to a request for a range is made: an offset and a length, no slicing."""
    file = digits()
    file.seek(300_007)
    start_response("206 Partial Content", PLAIN + [("Content-Length", "400000")])
    return environ["wsgi.file_wrapper"](file)


@page
def file_without_descriptor(environ, start_response):
    start_response("200 OK", PLAIN)
    return environ["wsgi.file_wrapper"](io.BytesIO(DIGITS), 1000)


@page
def file_through_middleware(environ, start_response):
    for block in file_from_offset(environ, start_response):
        yield block.replace(b"0", b"-")


@page
def file_closed(environ, start_response):
    class File(io.BytesIO):
        def close(self):
            super().close()
            Closing(environ, ()).close()

    start_response("200 OK", PLAIN)
    return environ["wsgi.file_wrapper"](File(DIGITS))


# Mistakes. None of these may become a broken 200.


@page
def status_str(environ, start_response):
    start_response(ast.literal_eval(query(environ, "value")), PLAIN)
    return [b"broken"]


@page
def header(environ, start_response):
    start_response("200 OK", [("X-First", "1"), ast.literal_eval(query(environ, "value"))])
    return [b"broken"]


@page
def headers_dict(environ, start_response):
    start_response("200 OK", {"Content-Type": "text/plain"})
    return [b"broken"]


@page
def return_(environ, start_response):
    start_response("200 OK", PLAIN)
    return ast.literal_eval(query(environ, "value"))


@page
def yield_(environ, start_response):
    start_response("200 OK", PLAIN)
    yield ast.literal_eval(query(environ, "value"))


@page
def write_str(environ, start_response):
    start_response("200 OK", PLAIN)("text")
    return [b"broken"]


@page
def never_started(environ, start_response):
    return [b"broken"]


@page
def never_started_and_empty(environ, start_response):
    return []


@page
def started_after_first_chunk(environ, start_response):
    yield b"broken"
    start_response("200 OK", PLAIN)


@page
def started_twice(environ, start_response):
    start_response("200 OK", PLAIN)
    start_response("200 OK", PLAIN)
    return [b"broken"]


@page
def started_twice_after_failure(environ, start_response):
    try:
        start_response("200 OK", [("Connection", "close")])
    except ValueError:
        start_response("200 OK", PLAIN)
    return [b"broken"]


@page
def length(environ, start_response):
    """As many bytes in as many chunks as `chunks` says, under a Content-Length of `length`."""
    start_response("200 OK", PLAIN + [("Content-Length", query(environ, "length"))])
    sizes = ast.literal_eval(query(environ, "chunks"))
    body = [b"x" * size for size in sizes]
    return body if isinstance(sizes, list) else iter(body)


@page
def fail_after_first_chunk(environ, start_response):
    """Fails when the test has seen the first chunk, so the head has surely left."""
    start_response("200 OK", PLAIN + ast.literal_eval(query(environ, "headers")))
    yield b"first"
    wait_for(query(environ, "seen"))
    yield ast.literal_eval(query(environ, "then"))


@page
def raise_(environ, start_response):
    fault = getattr(__import__("builtins"), query(environ, "fault"))
    raise fault("raised on purpose")


@page
def raise_in_close(environ, start_response):
    class Body(list):
        def close(self):
            raise LookupError("raised in close")

    start_response("200 OK", PLAIN)
    return Body([b"whole"])
