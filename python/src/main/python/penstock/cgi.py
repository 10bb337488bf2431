"""The CGI fall-back: a dispatch script that is run as a CGI program answers one request and ends.

Where no instance runs (see `relay`), or with `reload = always`, the application is loaded right here,
anew for each request: slow, but it shows every change, and
every fault in the web server's error log.
"""

import io
import os
import sys

from penstock import loading, paths
from penstock.relay import body_of
from penstock.streams import Errors, FileWrapper
from penstock.wsgi import error_page, handle


def answer(target, global_conf, script_name="auto") -> None:
    """Loads, answers on standard output, ends the process. Called by `penstock.fcgi.serve`."""
    output = Output()
    environ = make_environ(output, script_name)
    try:
        application = loading.load_target(target, global_conf)
    except BaseException as fault:
        failure = loading.explain(fault)
        output.log("%s%s\n" % (failure["traceback"], failure["hint"]))
        output.send(*error_page(""), True)
        sys.exit(1)
    handle(application, environ, output)
    environ["wsgi.errors"].flush()
    sys.exit(0)


class Output:
    """The sink of a CGI response (see `wsgi`): descriptor 1, which belongs to the response alone.

    What the application prints goes to the log instead.
    """

    def __init__(self):
        sys.stdout.flush()
        self.file = open(os.dup(1), "wb", buffering=0)
        os.dup2(2, 1)
        self.gone = False

    def send(self, head, body: bytes, end: bool) -> None:
        view = memoryview((head or b"") + body)
        try:
            while view:
                view = view[self.file.write(view) :]
        except BrokenPipeError:
            self.gone = True  # the client went away

    def cancelled(self) -> bool:
        return self.gone

    def torn(self) -> None:
        """CGI has no way to tell; the log has."""

    def log(self, text: str) -> None:
        os.write(2, text.encode("utf-8", "backslashreplace"))


def make_environ(output: Output, script_name: str) -> dict:
    """The environ of PEP 3333 from the process environment; `script_name` is the setting."""
    environ = {
        name.decode("latin-1"): value.decode("latin-1") for name, value in os.environb.items()
    }
    for name in ("CONTENT_LENGTH", "CONTENT_TYPE", "REMOTE_USER"):
        if environ.get(name) == "":
            del environ[name]
    environ.pop("HTTP_PROXY", None)  # httpoxy
    environ.pop("HTTP_TRANSFER_ENCODING", None)  # the web server has undone it
    environ.setdefault("REQUEST_METHOD", "GET")
    paths.correct(environ, paths.program_of(environ), script_name)
    https = environ.get("HTTPS", "").lower() in ("on", "1")
    environ.update(
        {
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "https" if https else "http",
            "wsgi.input": body(environ),
            "wsgi.errors": Errors(output.log),
            "wsgi.multithread": False,
            "wsgi.multiprocess": True,
            "wsgi.run_once": True,
            "wsgi.file_wrapper": FileWrapper,
            "wsgi.input_terminated": True,
        }
    )
    return environ


def body(environ: dict):
    """wsgi.input: as many bytes as the web server says. It need not close the pipe after them."""
    descriptor, rest = body_of(os.environb)
    if rest or "CONTENT_LENGTH" in environ:
        environ["CONTENT_LENGTH"] = str(rest)
    return io.BufferedReader(Limited(open(os.dup(descriptor), "rb"), rest))


class Limited(io.RawIOBase):
    """The first bytes of a stream, then the end."""

    def __init__(self, stream, rest: int):
        self.stream = stream
        self.rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        data = self.stream.read1(min(len(buffer), self.rest)) if self.rest else b""
        buffer[: len(data)] = data
        self.rest -= len(data)
        return len(data)
