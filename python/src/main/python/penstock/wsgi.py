"""One request through a WSGI application (PEP 3333): calls it and sends what it answers.

The response goes to a sink, which is a worker's stream (`worker.Stream`) or standard output
(`cgi.Output`), with four methods:

    send(head, body, end)   head: bytes, or None once it was sent; end: the response is complete
    torn()                  the application failed in the middle of its response
    log(text)               for the log
    cancelled()             whether the client has gone, so that the rest is for nobody

Whoever reads a traceback of an application sees `handle` at its top.
"""

import html
import os
import traceback

from penstock.headers import make_head
from penstock.streams import FileWrapper

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
#: Lists up to this many bytes go out joined, in one frame.
_SMALL_LIST = 65536
#: Blocks of a file response, whatever block size the application asked for.
_FILE_BLOCK = 262144


def handle(application, environ: dict, sink, debug: bool = False) -> None:
    """Answers one request. Never raises what the application raises: that is a 500 and a log text."""
    response = Response(sink, environ["REQUEST_METHOD"] == "HEAD")
    result = ()
    try:
        result = application(environ, response.start_response)
        if type(result) is list:
            response.send_list(result)
        else:
            response.send_iterable(result)
    except BaseException as fault:  # SystemExit too: it ends this request, not the worker
        response.fail(fault, environ, debug)
    finally:
        if type(result) is not list and hasattr(result, "close"):
            try:
                result.close()
            except BaseException as fault:
                sink.log(describe(fault, environ, "failed in close()"))


class Response:
    """The answer to one request, as far as the application has given it."""

    __slots__ = (
        "sink",
        "to_head",
        "called",
        "head",
        "bodiless",
        "silent",
        "remaining",
        "sent",
        "ended",
        "cut",
    )

    def __init__(self, sink, to_head: bool):
        self.sink = sink
        self.to_head = to_head  # the request's method is HEAD
        self.called = False  # start_response was, even if it raised
        self.head = None  # bytes, without the empty line at their end
        self.bodiless = False  # by its status
        self.silent = to_head  # no byte of a body may be sent
        self.remaining = None  # bytes up to Content-Length, where there is one
        self.sent = False  # the head
        self.ended = False  # nothing more may be sent
        self.cut = False  # the application gave more than Content-Length

    def start_response(self, status, headers, exc_info=None):
        """What the application calls. Returns write()."""
        if exc_info is not None:
            try:
                if self.sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # it refers to this frame: a cycle
        elif self.called:
            raise AssertionError("start_response was called a second time without exc_info")
        self.called = True
        self.head = None
        self.head, self.bodiless, self.remaining = make_head(status, headers)
        self.silent = self.bodiless or self.to_head
        return self.write

    def write(self, data: bytes) -> None:
        """The write() of PEP 3333, for applications that cannot return an iterable."""
        if not isinstance(data, bytes):
            raise TypeError("write() takes bytes, not %s" % type(data).__name__)
        if self.sink.cancelled():
            raise ConnectionAbortedError("the client has gone")
        if data:
            self.push(data, False)

    def send_list(self, chunks: list) -> None:
        """The usual response: all of it is there, so it can leave in one piece."""
        for chunk in chunks:
            if not isinstance(chunk, bytes):
                raise _wrong_chunk(chunk)
        if len(chunks) <= 1:
            body = chunks[0] if chunks else b""
            self.add_content_length(len(body))
            self.push(body, True)
        elif sum(map(len, chunks)) <= _SMALL_LIST:
            self.push(b"".join(chunks), True)
        else:
            self.check_length(sum(map(len, chunks)), True)
            self.send_each(chunks)

    def send_iterable(self, result) -> None:
        if type(result) is FileWrapper:
            if self.silent:
                result = ()  # no need to read what nobody gets
            else:
                result.block_size = max(result.block_size, _FILE_BLOCK)
                result.left = self.remaining
        elif isinstance(result, (bytes, str)) or not hasattr(result, "__iter__"):
            raise _wrong_result(result)
        elif type(result) is tuple:
            return self.send_list(list(result))
        self.send_each(result)

    def send_each(self, chunks) -> None:
        """Each chunk is on its way before the next one is asked for, which is not done when the
        client has gone."""
        alone = hasattr(chunks, "__len__") and len(chunks) == 1
        for chunk in chunks:
            if not isinstance(chunk, bytes):
                raise _wrong_chunk(chunk)
            if alone:
                self.add_content_length(len(chunk))
            if chunk:
                self.push(chunk, False)
                if self.silent:
                    break  # the client has all that it will get
            if self.sink.cancelled():
                return self.abandon()
        self.push(b"", True)

    def add_content_length(self, length: int) -> None:
        """For a body that is one chunk: we know how long it is where the application did not say."""
        if self.remaining is not None or self.sent or self.head is None or self.bodiless:
            return
        if self.to_head and not length:
            return  # the application left the body out itself; the length of GET's is unknown
        self.head += b"Content-Length: %d\r\n" % length
        self.remaining = length

    def push(self, chunk: bytes, end: bool) -> None:
        """Sends a chunk, before the first one the head; never more than Content-Length.

        A wrong length is a 500 as long as the head has not left. A body that has reached its Content-Length is complete, and the end leaves with it: one
        system call for the many frameworks that return an iterator and give its length.
        """
        if self.ended:
            self.cut = self.cut or self.note_overrun(chunk)
            return
        head = None
        if not self.sent:
            if self.head is None:
                raise AssertionError(
                    "start_response was not called before the first bytes of the body"
                    if chunk
                    else "the application ended without calling start_response"
                )
            self.check_length(len(chunk), end)
            head = self.head + b"\r\n"
            self.sent = True
        missing = 0
        if self.silent:
            chunk, end = b"", True
        elif self.remaining is not None:
            if len(chunk) > self.remaining:
                self.cut = self.note_overrun(chunk[self.remaining :])
                chunk = chunk[: self.remaining]
            missing = self.remaining = self.remaining - len(chunk)
            end = end or not missing
        self.ended = end
        if not (end and missing):
            self.sink.send(head, chunk, end)
            return
        self.sink.send(head, chunk, False)
        self.sink.log("the body ended %d bytes before its Content-Length\n" % missing)
        self.sink.torn()

    def check_length(self, length: int, whole: bool) -> None:
        """Raises where a body of so many bytes, or more if it is not whole, has another Content-Length
        and the client can still be told."""
        declared = self.remaining
        if self.sent or self.silent or declared is None:
            return
        if length > declared or (whole and length < declared):
            raise ValueError(
                "the body has %d bytes%s, its Content-Length says %d"
                % (length, "" if whole else " or more", declared)
            )

    def note_overrun(self, rest: bytes) -> bool:
        """A fault of the application, told once a request."""
        if rest and not self.silent and not self.cut:
            self.sink.log("the body is longer than its Content-Length, the rest was cut off\n")
        return bool(rest)

    def fail(self, fault: BaseException, environ: dict, debug: bool) -> None:
        """Ends a response that the application could not."""
        if isinstance(fault, ConnectionAbortedError) and self.sink.cancelled():
            return self.abandon()  # by our write(), or a framework that looked itself
        text = describe(fault, environ)
        self.sink.log(text)
        if self.ended:
            return
        self.ended = True
        if self.sent:
            self.sink.torn()
            return
        head, page = error_page(text if debug else "")
        self.sink.send(head, b"" if self.to_head else page, True)

    def abandon(self) -> None:
        """Ends a response whose client has gone; the server drops what is sent."""
        if self.ended:
            return
        self.ended = True
        if self.sent:
            self.sink.torn()
        else:
            self.sink.send(*error_page(""), True)


def error_page(details: str):
    """Head and body of the 500 for an application that failed before its first byte."""
    page = "<!DOCTYPE html>\n<title>Internal Server Error</title>\n<h1>Internal Server Error</h1>\n"
    page += "<p>The application failed. The reason is in the server's log.</p>\n"
    if details:
        page += "<pre>%s</pre>\n" % html.escape(details)
    body = page.encode("utf-8", "backslashreplace")
    head = (
        "Status: 500 Internal Server Error\r\nContent-Type: text/html; charset=utf-8\r\n"
        "Cache-Control: no-store\r\nContent-Length: %d\r\n\r\n" % len(body)
    )
    return head.encode("ascii"), body


def describe(fault: BaseException, environ: dict, what: str = "failed") -> str:
    """The log text: which request, then the traceback from the application's first frame on."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_PACKAGE):
        trace = trace.tb_next
    lines = traceback.format_exception(type(fault), fault, trace)
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    where = "%s %s" % (environ.get("REQUEST_METHOD"), ascii(path)[1:-1])
    return "%s: the application %s\n%s" % (where, what, "".join(lines))


def _wrong_chunk(chunk) -> TypeError:
    advice = ": encode it, for example with .encode('utf-8')" if isinstance(chunk, str) else ""
    return TypeError("a chunk of the body must be bytes, not %s%s" % (type(chunk).__name__, advice))


def _wrong_result(result) -> TypeError:
    if isinstance(result, (bytes, str)):
        return TypeError(
            "the application returned %s itself, not an iterable of bytes: put it in a list, [body]"
            % type(result).__name__
        )
    return TypeError(
        "the application returned %s, not an iterable of bytes"
        % ("None" if result is None else type(result).__name__)
    )
