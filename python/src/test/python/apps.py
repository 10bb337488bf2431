"""Applications for the tests of zygote and workers, loaded as `apps:name`."""

import os
import threading

gate = threading.Barrier(3)


def hello(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


def by_path(environ, start_response):
    """One of the applications below, by the first word of the path."""
    return globals()[environ["PATH_INFO"].split("/")[1]](environ, start_response)


def echo(environ, start_response):
    """The body, and what the environ says of the process."""
    body = environ["wsgi.input"].read()
    names = ("wsgi.multithread", "wsgi.multiprocess", "wsgi.url_scheme", "wsgi.input_terminated")
    start_response(
        "200 OK", [("X-" + name.replace(".", "-"), str(environ[name])) for name in names]
    )
    return [body, b"|", str(os.getpid()).encode()]


def together(environ, start_response):
    """Answers when three requests are being answered at once."""
    gate.wait(5)
    return hello(environ, start_response)


def die(environ, start_response):
    os._exit(7)


def leave(environ, start_response):
    raise SystemExit(3)


def talk(environ, start_response):
    environ["wsgi.errors"].write("caf\xe9 \udcff\nhalf")
    return hello(environ, start_response)


def large(environ, start_response):
    start_response("200 OK", [])
    return [b"x" * 3_000_000]


def held(environ, start_response):
    """Waits, where the request names a pipe, until something is written there."""
    if "HELD_BY" in environ:
        with open(environ["HELD_BY"]) as pipe:
            pipe.read()
    return hello(environ, start_response)


def stop_myself(environ, start_response):
    """Gets a SIGTERM in the middle of a request."""
    import signal

    os.kill(os.getpid(), signal.SIGTERM)
    return hello(environ, start_response)


def endless(environ, start_response):
    """Chunks until the client has gone; says in the log that it was closed."""

    def chunks():
        try:
            while True:
                yield b"x" * 1000
        finally:
            environ["wsgi.errors"].write("closed, cancelled: %s\n" % environ["penstock.cancelled"]())

    start_response("200 OK", [])
    return chunks()


def filtered(environ, start_response):
    """The file in capitals, and what came on STDIN."""
    first = environ["fcgi.data"].read(1)
    body = environ["wsgi.input"].read()
    start_response("200 OK", [])
    return [(first + environ["fcgi.data"].read()).upper(), b"|", body]
