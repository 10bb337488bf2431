"""An application's mistakes: each is a 500 and a line in the log that names it, never a broken
200.
"""

import re
import socket
import urllib.parse

import pytest

from harness import client, fronts
from harness.waiting import eventually

STATUS = "expected a status like '200 OK', got "

#: What the page is told, and what the log has to say about it.
MISTAKES = {
    "/status_str": {
        "None": "the status must be str, not NoneType",
        "200": "the status must be str, not int",
        "b'200 OK'": "the status must be str, not bytes",
        "'OK'": STATUS + "'OK'",
        "''": STATUS + "''",
        "'99 Low'": STATUS + "'99 Low'",
        "'100 Continue'": STATUS + "'100 Continue'",
        "'2000 High'": STATUS + "'2000 High'",
        r"'200 OK\r\nX-Injected: 1'": STATUS,
        r"'200 OK\n'": STATUS,
        "'200 日本'": "the status has characters beyond latin-1",
    },
    "/header": {
        r"('X-Bad', 'a\r\nX-Injected: 1')": r"'\r' in the value of X-Bad",
        r"('X-Bad', 'a\nX-Injected: 1')": r"'\n' in the value of X-Bad",
        r"('X-Bad', 'a\rb')": r"'\r' in the value of X-Bad",
        r"('X-Bad', 'a\0b')": r"'\x00' in the value of X-Bad",
        r"('X-Bad\r\nX-Injected', 'a')": "is no header name",
        "('X Bad', 'a')": "'X Bad' is no header name",
        "('X-Bad:', 'a')": "'X-Bad:' is no header name",
        "('', 'a')": "'' is no header name",
        "('X-Bad', 1)": "the value of X-Bad must be str, not int",
        "('X-Bad', b'a')": "the value of X-Bad must be str, not bytes",
        "('X-Bad', None)": "the value of X-Bad must be str, not NoneType",
        "(b'X-Bad', 'a')": "a header name must be str, not bytes",
        "('X-Bad', '日本')": "X-Bad has characters beyond latin-1",
        "('X-Bad',)": "ValueError: ",
        "('Connection', 'close')": "Connection is a hop-by-hop header",
        "('Transfer-Encoding', 'chunked')": "Transfer-Encoding is a hop-by-hop header",
        "('keep-alive', '5')": "keep-alive is a hop-by-hop header",
        "('Upgrade', 'x')": "Upgrade is a hop-by-hop header",
        "('Content-Length', 'many')": "Content-Length is 'many', not a number of bytes",
        "('Content-Length', '-1')": "Content-Length is '-1', not a number of bytes",
    },
    "/return": {
        "None": "the application returned None, not an iterable of bytes",
        "'text'": "the application returned str itself",
        "b'bytes'": "the application returned bytes itself",
        "17": "the application returned int, not an iterable of bytes",
        "['text']": "a chunk of the body must be bytes, not str",
        "[None]": "a chunk of the body must be bytes, not NoneType",
        "[b'bytes', 'text']": "a chunk of the body must be bytes, not str",
        "('text',)": "a chunk of the body must be bytes, not str",
        "{'text': 1}": "a chunk of the body must be bytes, not str",
    },
    "/yield": {
        "'text'": "a chunk of the body must be bytes, not str",
        "None": "a chunk of the body must be bytes, not NoneType",
        "7": "a chunk of the body must be bytes, not int",
    },
}
WHOLE_PAGES = {
    "/headers_dict": "headers must be a list, not dict",
    "/write_str": "write() takes bytes, not str",
    "/never_started": "start_response was not called",
    "/never_started_and_empty": "without calling start_response",
    "/started_after_first_chunk": "start_response was not called before the first bytes",
    "/started_twice": "start_response was called a second time without exc_info",
    "/started_twice_after_failure": "start_response was called a second time without exc_info",
    # What is known before a byte has left is a 500 as well.
    "/length?length=10&chunks=[11]": "the body has 11 bytes, its Content-Length says 10",
    "/length?length=10&chunks=[6,6]": "the body has 12 bytes, its Content-Length says 10",
    "/length?length=10&chunks=[9]": "the body has 9 bytes, its Content-Length says 10",
    "/length?length=10&chunks=[4,5]": "the body has 9 bytes, its Content-Length says 10",
    "/length?length=10&chunks=[]": "the body has 0 bytes, its Content-Length says 10",
    "/length?length=10&chunks=(11,)": "the body has 11 bytes or more, its Content-Length says 10",
    "/length?length=200000&chunks=[100000,50000]": "the body has 150000 bytes, its Content-Length",
    "/length?length=10&chunks=()": "the body has 0 bytes, its Content-Length says 10",
}


def cases():
    for page, values in MISTAKES.items():
        for value, fault in values.items():
            yield pytest.param(
                page + "?" + urllib.parse.urlencode({"value": value}), fault, id=page + " " + value
            )
    for path, fault in WHOLE_PAGES.items():
        yield pytest.param(path, fault, id=path)


@pytest.mark.parametrize("path, fault", cases())
def test_a_mistake_is_a_500_and_the_log_names_it(site, path, fault):
    before = len(site.log())

    answer = site.fetch(path)

    assert answer.status == 500, answer
    assert b"broken" not in answer.body and "X-Injected" not in answer.headers
    eventually(lambda: fault in site.log()[before:], what="in the log: " + fault)


@pytest.mark.parametrize("page", ["/header?value=('X-Bad',1)", "/raise?fault=LookupError"])
def test_the_log_names_the_applications_file_and_line(site, page):
    before = len(site.log())

    site.fetch(page)

    place = re.compile(r'File "[^"]+/letter\.py", line \d+, in (header|raise_)\n')
    eventually(lambda: place.search(site.log()[before:]), what="the application's file and line")


#: Headers, the second chunk, and what the log has to say about it.
LATE = [
    ([], "text", "a chunk of the body must be bytes, not str"),
    ([], None, "a chunk of the body must be bytes, not NoneType"),
    ([("Content-Length", "2000")], b"short", "the body ended 1990 bytes before its Content-Length"),
]


@pytest.mark.parametrize("headers, then, fault", LATE)
def test_a_mistake_after_the_head_has_left_is_no_whole_answer(site, meeting, headers, then, fault):
    before = len(site.log())
    path = "/fail_after_first_chunk?" + urllib.parse.urlencode(
        {"headers": repr(headers), "then": repr(then), "seen": meeting}
    )

    whole = client.ends_whole(site.url + path, b"first", meeting.touch)

    eventually(lambda: fault in site.log()[before:], what="in the log: " + fault)
    # mod_fcgid adds Apache's own 500 page and ends in order; only a length then tells the client.
    assert not whole or (site.way == fronts.FCGID and not headers)


def test_a_body_that_grows_too_long_is_cut_at_its_length(site):
    before = len(site.log())

    answer = site.fetch("/length?length=10&chunks=(4,4,4,4)")

    assert (answer.status, answer.body) == (200, b"x" * 10)
    fault = "the body is longer than its Content-Length, the rest was cut off"
    eventually(lambda: fault in site.log()[before:], what="in the log: " + fault)
    assert site.log()[before:].count(fault) == 1


def test_a_fault_in_close_is_logged_after_a_whole_answer(site):
    assert site.fetch("/raise_in_close").body == b"whole"
    eventually(lambda: "LookupError: raised in close" in site.log(), what="the fault in the log")


@pytest.mark.parametrize(
    "fault", ["ValueError", "SystemExit", "KeyboardInterrupt", "GeneratorExit", "BaseException"]
)
def test_whatever_is_raised_is_a_500_and_the_worker_lives(site, fault):
    site.fetch("/")
    workers = {process.pid for process in site.workers()}

    assert [site.fetch("/raise?fault=" + fault).status for _ in range(4)] == [500] * 4

    assert site.fetch("/").body == b"hello"
    assert {process.pid for process in site.workers()} == workers
    eventually(lambda: fault + ": raised on purpose" in site.log(), what="the fault in the log")


def test_a_client_that_stops_in_the_middle_of_its_body_harms_nobody(site):
    request = b"POST %s/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf"
    for _ in range(4):
        half_sent(site.port, request % site.mount.encode())

    assert client.fetch(site.url + "/").body == b"hello"


def half_sent(port, request):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request)
