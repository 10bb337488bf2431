"""PEP 3333, rule by rule: `wsgi.handle` with a sink that writes down what it gets."""

import io
import sys

import pytest

from penstock.streams import Errors, FileWrapper
from penstock.wsgi import handle

OK = "200 OK"


class Sink:
    """What leaves, in order: ("send", head, body, end), ("torn",), and apart from it the log."""

    def __init__(self):
        self.events = []
        self.text = ""
        self.client_gone_after = None  # so many events

    def cancelled(self):
        return self.client_gone_after is not None and len(self.events) >= self.client_gone_after

    def send(self, head, body, end):
        self.events.append(("send", head, bytes(body), end))

    def torn(self):
        self.events.append(("torn",))

    def log(self, text):
        self.text += text

    @property
    def head(self):
        return self.events[0][1].decode("latin-1")

    @property
    def status(self):
        return self.head.split("\r\n")[0]

    @property
    def body(self):
        return b"".join(event[2] for event in self.events if event[0] == "send")

    @property
    def whole(self):
        """It ended, once, and in order."""
        return [event[0] == "send" and event[3] for event in self.events].count(True) == 1 and (
            self.events[-1][0] == "send" and self.events[-1][3]
        )


def call(application, method="GET", debug=False, client_gone_after=None):
    sink = Sink()
    sink.client_gone_after = client_gone_after
    environ = {"REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": "/p"}
    handle(application, environ, sink, debug)
    return sink


def respond(*chunks, status=OK, headers=()):
    """An application that gives these chunks in a list."""

    def application(environ, start_response):
        start_response(status, list(headers))
        return list(chunks)

    return application


def generate(*chunks, status=OK, headers=()):
    """The same as a generator."""

    def application(environ, start_response):
        start_response(status, list(headers))
        yield from chunks

    return application


def assert_500(sink, fault):
    assert sink.status == "Status: 500 Internal Server Error"
    assert sink.whole
    assert fault in sink.text, sink.text
    assert sink.text.startswith("GET /p: the application failed\n")
    assert b"Traceback" not in sink.body


def test_one_chunk_gets_a_content_length():
    sink = call(respond(b"hello", headers=[("Content-Type", "text/plain")]))
    head = b"Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n"
    assert sink.events == [("send", head, b"hello", True)]


@pytest.mark.parametrize("sequence", [list, tuple])
def test_a_short_list_leaves_in_one_piece(sequence):
    def application(environ, start_response):
        start_response(OK, [])
        return sequence([b"a", b"", b"b"])

    assert call(application).events == [("send", b"Status: 200 OK\r\n\r\n", b"ab", True)]


def test_an_empty_body_has_length_nought():
    assert call(respond()).head.endswith("Content-Length: 0\r\n\r\n")


def test_headers_keep_their_order_and_repetitions():
    headers = [("Set-Cookie", "a=1"), ("X-A", "caf\xe9"), ("Set-Cookie", "b=2")]
    head = "Status: 200 OK\r\nSet-Cookie: a=1\r\nX-A: caf\xe9\r\nSet-Cookie: b=2\r\n"
    assert call(respond(b"", b"", headers=headers)).head == head + "\r\n"


def test_each_chunk_is_on_its_way_before_the_next_is_asked_for():
    sink = Sink()
    seen = []

    def application(environ, start_response):
        start_response(OK, [])
        for chunk in (b"", b"one", b"two"):
            yield chunk
            seen.append(len(sink.events))

    handle(application, {"REQUEST_METHOD": "GET"}, sink)
    assert seen == [0, 1, 2], "an empty chunk sends nothing, not even the head"
    assert sink.body == b"onetwo" and sink.whole


def test_a_body_with_its_length_ends_in_one_piece():
    sink = call(generate(b"hello", headers=[("Content-Length", "5")]))
    assert len(sink.events) == 1 and sink.whole


def test_start_response_may_come_with_the_first_iteration():
    assert call(generate(b"late")).body == b"late"


def test_write_sends_before_the_iterable():
    def application(environ, start_response):
        write = start_response(OK, [])
        write(b"")
        write(b"written ")
        return [b"returned"]

    sink = call(application)
    assert sink.body == b"written returned"
    assert "Content-Length" not in sink.head
    assert sink.whole


def test_write_takes_bytes_only():
    assert_500(call(lambda e, start: start(OK, [])("text")), "write() takes bytes, not str")


@pytest.mark.parametrize(
    "status, fault",
    [
        (200, "the status must be str, not int"),
        (b"200 OK", "the status must be str, not bytes"),
        ("OK", "expected a status like '200 OK'"),
        ("200 OK\r\nX: y", "expected a status"),
        ("2000 OK", "expected a status"),
        ("101 Switching", "expected a status"),
        ("200 \u20ac", "the status has characters beyond latin-1"),
    ],
)
def test_a_wrong_status_is_named(status, fault):
    assert_500(call(respond(b"", status=status)), fault)


@pytest.mark.parametrize(
    "name, value, fault",
    [
        (b"X", "y", "a header name must be str, not bytes"),
        ("X", b"y", "the value of X must be str, not bytes"),
        ("X", 1, "the value of X must be str, not int"),
        ("X", None, "the value of X must be str, not NoneType"),
        ("X", "a\r\nb: c", "in the value of X"),
        ("X", "a\nb", "in the value of X"),
        ("X", "a\rb", "in the value of X"),
        ("X", "a\0b", "in the value of X"),
        ("X\r\nY", "z", "is no header name"),
        ("X Y", "z", "is no header name"),
        ("X:", "z", "is no header name"),
        ("", "z", "is no header name"),
        ("X", "\u20ac", "X has characters beyond latin-1"),
        ("Connection", "close", "Connection is a hop-by-hop header"),
        ("transfer-encoding", "chunked", "transfer-encoding is a hop-by-hop header"),
        ("Content-Length", "five", "Content-Length is 'five', not a number"),
        ("Content-Length", "-5", "not a number of bytes"),
    ],
)
def test_a_wrong_header_is_named(name, value, fault):
    assert_500(call(respond(b"", headers=[("A", "b"), (name, value)])), fault)


def test_a_line_break_in_a_value_cannot_make_up_for_a_missing_one():
    headers = [("A", "x\r"), ("B", "y\n")]
    assert_500(call(respond(headers=headers)), "in the value of A")


def test_headers_must_be_a_list():
    assert_500(call(respond_raw(OK, {"A": "b"})), "headers must be a list, not dict")
    assert_500(call(respond_raw(OK, None)), "headers must be a list, not NoneType")


def respond_raw(*arguments):
    def application(environ, start_response):
        start_response(*arguments)
        return [b""]

    return application


def test_str_subclasses_are_str():
    class Text(str):
        pass

    assert "X: y\r\n" in call(respond(b"", headers=[(Text("X"), Text("y"))])).head
    assert_500(call(respond(b"", headers=[("X", Text("y\r\nz"))])), "in the value of X")


def test_a_status_header_gives_way_to_the_status():
    assert call(respond(b"", b"", headers=[("Status", "404 no")])).head == "Status: 200 OK\r\n\r\n"


@pytest.mark.parametrize(
    "result, fault",
    [
        (None, "the application returned None, not an iterable of bytes"),
        (b"bytes", "returned bytes itself, not an iterable of bytes: put it in a list"),
        ("text", "returned str itself"),
        (5, "returned int, not an iterable"),
        (["text"], "a chunk of the body must be bytes, not str: encode it"),
        ([b"good", "text"], "must be bytes, not str"),
        ([None], "must be bytes, not NoneType"),
        ([bytearray(b"x")], "must be bytes, not bytearray"),
        (iter(["text"]), "must be bytes, not str"),
    ],
)
def test_a_wrong_result_is_named(result, fault):
    def application(environ, start_response):
        start_response(OK, [])
        return result

    assert_500(call(application), fault)


@pytest.mark.parametrize("result", [[], [b"x"], iter([b"x"]), iter([])])
def test_start_response_that_was_never_called_is_named(result):
    assert_500(call(lambda environ, start_response: result), "start_response")


def test_a_second_call_is_an_error_even_after_a_failed_first():
    def application(environ, start_response):
        try:
            start_response("bad", [])
        except ValueError:
            start_response(OK, [])
        return [b"x"]

    assert_500(call(application), "a second time without exc_info")


def test_exc_info_replaces_headers_that_have_not_left():
    def application(environ, start_response):
        start_response(OK, [("X", "first")])
        yield b""
        try:
            raise ValueError("late")
        except ValueError:
            start_response("503 Sorry", [("X", "second")], sys.exc_info())
        yield b"page"

    sink = call(application)
    assert sink.head == "Status: 503 Sorry\r\nX: second\r\n\r\n"
    assert sink.body == b"page" and sink.whole


def test_exc_info_is_raised_when_the_headers_have_left():
    def application(environ, start_response):
        start_response(OK, [])
        yield b"begin"
        try:
            raise ValueError("too late")
        except ValueError:
            start_response("500 No", [], sys.exc_info())

    sink = call(application)
    assert sink.events[-1] == ("torn",)
    assert "ValueError: too late" in sink.text


@pytest.mark.parametrize("fault", [ValueError, SystemExit, KeyboardInterrupt, GeneratorExit])
def test_whatever_is_raised_ends_this_request_only(fault):
    def application(environ, start_response):
        raise fault("because")

    assert_500(call(application), "%s: because" % fault.__name__)


def test_the_traceback_starts_with_the_application():
    sink = call(respond_raw("bad", []))
    lines = sink.text.splitlines()
    assert lines[1] == "Traceback (most recent call last):"
    assert "respond_raw" in lines[2] or "in application" in lines[2]


def test_debug_puts_the_traceback_on_the_page():
    def application(environ, start_response):
        raise ValueError("<because>")

    sink = call(application, debug=True)
    assert b"ValueError: &lt;because&gt;" in sink.body


def test_a_fault_after_the_head_tears_the_response():
    sink = call(generate(b"begin", None))
    assert [event[0] for event in sink.events] == ["send", "torn"]
    assert "must be bytes, not NoneType" in sink.text


def test_a_fault_after_the_complete_body_is_only_logged():
    sink = call(generate(b"hello", None, headers=[("Content-Length", "5")]))
    assert sink.whole
    assert "must be bytes, not NoneType" in sink.text


@pytest.mark.parametrize("chunks", [[b"123", b"456789"], [b"12345", b"6", b"7"]])
def test_no_more_than_content_length_is_sent(chunks):
    sink = call(generate(*chunks, headers=[("Content-Length", "5")]))
    assert sink.body == b"12345"
    assert sink.whole
    assert sink.text == "the body is longer than its Content-Length, the rest was cut off\n"


LARGE = b"x" * 50_000


@pytest.mark.parametrize(
    "application, length, fault",
    [
        (respond(b"123456789"), 5, "the body has 9 bytes, its Content-Length says 5"),
        (respond(b"123", b"456"), 5, "the body has 6 bytes, its Content-Length says 5"),
        (respond(b"123"), 5, "the body has 3 bytes, its Content-Length says 5"),
        (respond(), 5, "the body has 0 bytes, its Content-Length says 5"),
        (respond(LARGE, LARGE), 5, "the body has 100000 bytes, its Content-Length says 5"),
        (respond(LARGE, LARGE), 100_001, "the body has 100000 bytes, its Content-Length says 1"),
        (generate(b"123456"), 5, "the body has 6 bytes or more, its Content-Length says 5"),
        (generate(), 5, "the body has 0 bytes, its Content-Length says 5"),
    ],
)
def test_a_wrong_length_is_a_500_while_the_head_has_not_left(application, length, fault):
    def measured(environ, start_response):
        def start(status, headers):
            return start_response(status, [*headers, ("Content-Length", str(length))])

        return application(environ, start)

    sink = call(measured)
    assert sink.status == "Status: 500 Internal Server Error" and sink.whole
    assert b"123" not in sink.body
    assert fault in sink.text


def test_less_than_content_length_tears_the_response():
    sink = call(generate(b"123", headers=[("Content-Length", "5")]))
    assert sink.body == b"123"
    assert sink.events[-1] == ("torn",) and not sink.whole
    assert "ended 2 bytes before its Content-Length" in sink.text


@pytest.mark.parametrize("make", [respond, generate])
@pytest.mark.parametrize(
    "method, status", [("HEAD", OK), ("GET", "204 No Content"), ("GET", "304 Not Modified")]
)
def test_where_there_is_no_body_none_is_sent(make, method, status):
    sink = call(make(b"some", b"body", status=status), method)
    assert sink.body == b""
    assert sink.status == "Status: " + status
    assert sink.whole and sink.text == ""


def test_head_tells_the_length_of_get():
    assert "Content-Length: 5\r\n" in call(respond(b"hello"), "HEAD").head
    assert "Content-Length" not in call(respond(), "HEAD").head
    assert "Content-Length" not in call(respond(b""), "HEAD").head
    assert "Content-Length: 9\r\n" in call(respond(headers=[("Content-Length", "9")]), "HEAD").head


def test_no_length_is_added_where_there_is_no_body():
    assert "Content-Length" not in call(respond(b"x", status="204 No Content")).head


def test_head_has_no_body_when_the_application_fails():
    def application(environ, start_response):
        raise ValueError

    sink = call(application, "HEAD")
    assert sink.body == b"" and sink.whole


class Closing:
    """An iterable that notes its close()."""

    def __init__(self, chunks, fault=None):
        self.chunks = chunks
        self.fault = fault
        self.closed = 0

    def __iter__(self):
        yield from self.chunks
        if self.fault:
            raise self.fault

    def close(self):
        self.closed += 1


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "closing", [Closing([b"x"]), Closing([b"x"], ValueError()), Closing(["x"]), Closing([])]
)
def test_close_is_always_called(method, closing):
    closing.closed = 0

    def application(environ, start_response):
        start_response(OK, [])
        return closing

    call(application, method)
    assert closing.closed == 1


def test_a_fault_in_close_is_logged():
    class Bad(Closing):
        def close(self):
            raise ValueError("in close")

    def application(environ, start_response):
        start_response(OK, [])
        return Bad([b"x"])

    sink = call(application)
    assert sink.whole and sink.body == b"x"
    assert "failed in close()" in sink.text and "ValueError: in close" in sink.text


class Counted:
    """An iterable with a length, of one chunk, like frameworks' response objects."""

    def __len__(self):
        return 1

    def __iter__(self):
        return iter([b"hello"])


def test_an_iterable_of_length_one_gets_a_content_length():
    def application(environ, start_response):
        start_response(OK, [])
        return Counted()

    assert "Content-Length: 5\r\n" in call(application).head


def file_app(file, *block_size, headers=()):
    def application(environ, start_response):
        start_response(OK, list(headers))
        return FileWrapper(file, *block_size)

    return application


def test_a_file_is_sent_from_its_current_offset_and_closed():
    file = io.BytesIO(b"0123456789")
    file.seek(5)
    sink = call(file_app(file, 2))
    assert sink.body == b"56789" and sink.whole and file.closed


def test_a_file_is_sent_as_far_as_content_length_which_is_no_fault():
    sink = call(file_app(io.BytesIO(b"0123456789"), headers=[("Content-Length", "4")]))
    assert sink.body == b"0123" and sink.whole and sink.text == ""


def test_a_file_that_ends_before_content_length_tears_the_response():
    sink = call(file_app(io.BytesIO(b"01234567"), headers=[("Content-Length", "9")]))
    assert sink.events[-1] == ("torn",)
    assert "ended 1 bytes before its Content-Length" in sink.text


def test_a_file_that_gives_more_than_it_is_asked_for_is_cut():
    file = io.BytesIO(b"0123456789")
    file.read = lambda size: b"0123456789"
    sink = call(file_app(file, headers=[("Content-Length", "12")]))
    assert sink.body == b"012345678901" and sink.whole


def test_a_file_is_not_read_for_head():
    file = io.BytesIO(b"0123456789")
    file.close = lambda: None
    sink = call(file_app(file), "HEAD")
    assert sink.whole and sink.body == b"" and file.tell() == 0


def test_middleware_may_iterate_over_a_file():
    def middleware(environ, start_response):
        return [
            block.upper() for block in file_app(io.BytesIO(b"abcd"), 2)(environ, start_response)
        ]

    assert call(middleware).body == b"ABCD"


def test_a_file_like_object_without_close_will_do():
    class Readable:
        read = staticmethod(iter([b"x", b"y", b""]).__next__)

        def __new__(cls):
            return object.__new__(cls)

    readable = Readable()
    readable.read = lambda size, blocks=iter([b"x", b"y", b""]): next(blocks)
    assert not hasattr(FileWrapper(readable), "close")
    assert call(file_app(readable)).body == b"xy"


def test_errors_sends_whole_lines_and_the_rest_on_flush():
    sent = []
    errors = Errors(sent.append)
    errors.write("one\ntw")
    errors.write("o\nthree")
    assert sent == ["one\n", "two\n"]
    errors.flush()
    errors.flush()
    assert sent == ["one\n", "two\n", "three"]
    errors.writelines(["a\n", "b\n"])
    print("printed", file=errors)
    assert sent[3:] == ["a\n", "b\n", "printed\n"]


def test_errors_bounds_its_messages_and_its_memory():
    sent = []
    errors = Errors(sent.append)
    errors.write("x" * 100_000)
    assert "".join(sent) == "x" * 100_000
    assert max(map(len, sent)) <= 16384
    with pytest.raises(TypeError):
        errors.write(b"bytes")


class Chunks:
    """An iterable that notes how far it was read, and its close()."""

    def __init__(self, chunks):
        self.chunks = iter(chunks)
        self.asked = 0
        self.closed = False

    def __iter__(self):
        return self

    def __next__(self):
        self.asked += 1
        return next(self.chunks)

    def close(self):
        self.closed = True


def giving(chunks):
    def application(environ, start_response):
        start_response(OK, [])
        return chunks

    return application


def test_a_response_whose_client_has_gone_is_closed_at_its_next_chunk():
    chunks = Chunks([b"one", b"two", b"three"])
    sink = call(giving(chunks), client_gone_after=2)
    assert (chunks.asked, chunks.closed) == (2, True)
    assert [event[0] for event in sink.events] == ["send", "send", "torn"]
    assert sink.text == ""


def test_a_response_whose_client_has_gone_is_not_asked_for_ever():
    def empty():
        while True:
            yield b""

    sink = call(giving(empty()), client_gone_after=0)
    assert sink.whole and sink.status.startswith("Status: 500")
    assert sink.text == ""


def test_a_response_that_was_complete_when_its_client_went_stays_so():
    sink = call(respond(b"whole"), client_gone_after=1)
    assert sink.whole


def test_write_tells_the_application_that_the_client_has_gone():
    told = []

    def application(environ, start_response):
        write = start_response(OK, [])
        write(b"one")
        try:
            write(b"two")
        except ConnectionAbortedError as gone:
            told.append(str(gone))
            raise

    sink = call(application, client_gone_after=1)
    assert told == ["the client has gone"]
    assert sink.events[-1] == ("torn",) and sink.text == ""


def test_the_same_exception_of_the_applications_own_is_a_failure_while_the_client_is_there():
    def application(environ, start_response):
        raise ConnectionAbortedError("a database, say")

    sink = call(application)
    assert sink.status.startswith("Status: 500") and "a database, say" in sink.text
