"""PEP 3333: what the application answers. start_response, write(), the body, wsgi.file_wrapper."""

import http.client
import socket
import urllib.parse

import pytest

from apps.letter import DIGITS
from harness import client, fronts
from harness.waiting import eventually

BODILESS = ["204 No Content", "304 Not Modified"]


def test_cookies_stay_separate_and_in_order(site):
    answer = site.fetch("/cookies")

    assert answer.headers.get_all("Set-Cookie") == ["b=2", "a=1; Path=/", "b=3"]
    assert answer.headers["X-Between"] == "x"


def test_start_response_checks_when_it_is_called(site):
    answer = site.fetch("/check_at_call")

    assert (answer.status, answer.body) == (418, b"caught")


def test_what_is_written_comes_before_what_is_returned(site):
    assert site.fetch("/use_write").body == b"one two three four"


def test_a_generator_may_call_start_response(site):
    answer = site.fetch("/start_late")

    assert (answer.status, answer.body) == (201, b"from a generator")


def test_exc_info_replaces_a_head_that_has_not_left(site):
    answer = site.fetch("/replace_head")

    assert (answer.status, answer.body) == (503, b"replaced")
    assert answer.headers["X-Second"] and not answer.headers["X-First"]


def test_an_empty_chunk_does_not_send_the_head(site):
    answer = site.fetch("/replace_head_after_empty_chunk")

    assert (answer.status, answer.body) == (503, b"replaced")


def test_exc_info_is_raised_again_when_the_head_has_left(site, meeting):
    url = site.url + "/replace_sent_head?seen=%s" % meeting

    whole = client.ends_whole(url, b"first", meeting.touch)

    fault = "LookupError: after the head has left"
    eventually(lambda: fault in site.log(), what="in the log: " + fault)
    assert not whole or site.way == fronts.FCGID, "see test_mistakes.py"


def test_a_head_without_a_body_leaves_at_the_end(site):
    answer = site.fetch("/start_only")

    assert (answer.status, answer.body, answer.headers["X-Only"]) == (202, b"", "yes")


@pytest.mark.parametrize("page", ["/chunks", "/written_chunks"])
def test_a_chunk_arrives_before_the_next_one_is_made(site, meeting, page):
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    try:
        connection.request("GET", site.mount + page + "?seen=%s" % meeting)
        answer = connection.getresponse()
        assert answer.read(5) == b"first"
        meeting.touch()
        assert answer.read() == b"second"
    finally:
        connection.close()


def test_a_body_of_one_chunk_gets_its_length(site):
    answer = site.fetch("/one_chunk")

    assert answer.body == b"its length is known"
    # mod_proxy_fcgi keeps the length to itself when it passes each chunk on.
    assert answer.headers["Content-Length"] == (None if site.way == fronts.PROXY_FCGI else "19")


def test_the_body_is_iterated_on_the_thread_that_called(site):
    assert site.fetch("/threads").body == b"same"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status", BODILESS)
def test_a_status_without_a_body_has_none(site, method, status):
    path = "/any_body?" + urllib.parse.urlencode({"status": status})

    assert on_one_connection(site, [(method, path)]) == [(int(status[:3]), b"")]


def test_head_has_no_body(site):
    path = "/any_body?" + urllib.parse.urlencode({"status": "200 OK"})

    assert on_one_connection(site, [("HEAD", path), ("HEAD", "/one_chunk")]) == [(200, b"")] * 2


def on_one_connection(site, requests):
    """Status and body of each; and that the connection is in order after them."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    answers = []
    try:
        for method, path in [*requests, ("GET", "/")]:
            connection.request(method, site.mount + path)
            answer = connection.getresponse()
            answers.append((answer.status, answer.read()))
    finally:
        connection.close()
    assert answers.pop() == (200, b"hello")
    return answers


@pytest.mark.parametrize("page", ["body", "error", "str"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_body_is_closed_once(site, meeting, page, method):
    site.fetch("/close_after_%s?closed=%s" % (page, meeting), method)

    eventually(lambda: meeting.exists() and meeting.read_text(), what="a close()")
    site.fetch("/")
    assert meeting.read_text() == "closed\n"


def test_the_body_is_closed_when_the_client_has_gone(site, meeting):
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as connection:
        path = site.mount + "/close_after_disconnect?closed=%s" % meeting
        connection.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path.encode())
        assert connection.recv(100)

    eventually(meeting.exists, seconds=30, what="a close()")


def test_a_file_is_sent_from_its_current_offset(site):
    assert site.fetch("/file_from_offset").body == DIGITS[5:]


def test_a_file_is_sent_as_far_as_its_content_length(site):
    before = len(site.log())
    answer = site.fetch("/file_range")

    assert (answer.status, answer.body) == (206, DIGITS[300_007:700_007])
    assert on_one_connection(site, [("GET", "/file_range")]) == [(206, DIGITS[300_007:700_007])]
    assert "Content-Length" not in site.log()[before:], "no fault of the application"


def test_a_file_without_a_descriptor_is_sent(site):
    assert site.fetch("/file_without_descriptor").body == DIGITS


def test_middleware_may_iterate_over_a_file(site):
    assert site.fetch("/file_through_middleware").body == DIGITS[5:].replace(b"0", b"-")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_file_is_closed(site, meeting, method):
    site.fetch("/file_closed?closed=%s" % meeting, method)

    eventually(lambda: meeting.exists() and meeting.read_text() == "closed\n", what="a close()")
