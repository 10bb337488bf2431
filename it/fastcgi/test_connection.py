"""What no web server sends, by the harness's own client: interleaved requests, aborts, filters."""

import struct

import pytest

from harness import fastcgi, webservers
from harness.fastcgi import Connection
from harness.waiting import eventually


@pytest.fixture(scope="module")
def served(quickstart, shared_folder):
    settings = {
        "role": "responder authorizer filter",
        "max_requests_per_connection": 4,
        "stderr_to_server": "on",
    }
    with webservers.streams(quickstart, shared_folder, **settings) as served:
        yield served


@pytest.fixture
def connection(served):
    with Connection(served.addresses[0]) as connection:
        yield connection


def test_requests_are_interleaved_and_answered_as_they_are_ready(connection, shared_folder):
    path = "?started=%s/i.started&left=%s/i.left&for=1" % (shared_folder, shared_folder)
    connection.get(1, "/busy", QUERY_STRING=path[1:])
    connection.begin(2, fastcgi.environ("/digest", "POST"))
    connection.send(fastcgi.STDIN, b"a", 2)
    connection.get(3)

    assert connection.answer(3).body == b"hello"
    connection.send(fastcgi.STDIN, b"b", 2)
    connection.send(fastcgi.STDIN, b"", 2)
    assert connection.answer(2).body.startswith(b"2 fb8e20fc2e4c3f24")
    assert connection.answer(1).body == b"done"


def test_an_answer_that_nobody_reads_yet_does_not_hold_up_a_small_one(connection):
    connection.get(1, "/large", QUERY_STRING="size=30000000")
    connection.await_start(1)
    connection.get(2)

    assert connection.answer(2).body == b"hello"
    assert len(connection.answers[1].stdout) < 10_000_000
    assert len(connection.answer(1).body) == 30_000_000


def test_an_aborted_answer_ends_and_the_connection_goes_on(connection, shared_folder):
    started, closed = shared_folder / "a.started", shared_folder / "a.closed"
    connection.get(1, "/endless", QUERY_STRING="started=%s&closed=%s" % (started, closed))
    eventually(started.exists)
    connection.send(fastcgi.ABORT, b"", 1)

    assert connection.answer(1).protocol_status == fastcgi.COMPLETE
    eventually(closed.exists)
    connection.get(1)
    assert connection.answer(1).body == b"hello"


def test_one_request_too_many_gets_a_503_and_overloaded(connection):
    for number in range(1, 6):
        connection.begin(number, fastcgi.environ("/digest", "POST"))

    refused = connection.answer(5)
    assert refused.protocol_status == fastcgi.OVERLOADED
    assert refused.stdout.startswith(b"Status: 503 ")
    assert b"max_requests_per_connection = 4" in refused.body


def test_values_are_told_while_requests_are_under_way(connection):
    connection.begin(1, fastcgi.environ("/digest", "POST"))
    name = b"FCGI_MAX_REQS"
    connection.send(fastcgi.GET_VALUES, struct.pack("BB", len(name), 0) + name)
    kind, number, content = connection.receive()
    assert (kind, number, content) == (fastcgi.GET_VALUES_RESULT, 0, b"\x0d\x01" + name + b"4")


def test_an_unknown_management_record_is_named(connection):
    connection.send(77)
    assert connection.receive() == (fastcgi.UNKNOWN_TYPE, 0, b"M" + bytes(7))


def test_an_authorizer_is_asked_without_stdin(connection):
    connection.begin(1, fastcgi.environ(HTTP_X_PASS="yes"), role=fastcgi.AUTHORIZER)
    answer = connection.answer(1)
    assert answer.stdout.startswith(b"Status: 200 OK\r\n")
    assert b"\r\nVariable-GREETING: welcome, friend\r\n" in answer.stdout


@pytest.mark.parametrize("size", [10, 200_000])
def test_a_filter_gets_its_input_and_its_file(connection, size):
    variables = fastcgi.environ(FCGI_DATA_LENGTH=str(size), FCGI_DATA_LAST_MOD="0")
    connection.begin(1, variables, role=fastcgi.FILTER)
    connection.stream_in(fastcgi.STDIN, b"posted", 1)
    connection.stream_in(fastcgi.DATA, b"f" * size, 1)
    assert connection.answer(1).body == b"F" * size + b"posted"


def test_where_the_input_ends_is_not_for_the_web_server_to_say(connection):
    connection.begin(1, fastcgi.environ("/digest", "POST", **{"penstock.input_length": "x"}))
    connection.stream_in(fastcgi.STDIN, b"ab", 1)
    assert connection.answer(1).body.startswith(b"2 ")


def test_complaints_come_on_stderr(connection):
    connection.get(1, "/complain", QUERY_STRING="text=the-roof-leaks")
    answer = connection.answer(1)
    assert (answer.stderr, answer.body) == (b"the-roof-leaks\n", b"complained")


def test_a_request_that_is_not_kept_closes_after_the_others(connection):
    connection.begin(1, fastcgi.environ("/digest", "POST"))
    connection.get(2, keep=False)
    assert connection.answer(2).body == b"hello"
    connection.send(fastcgi.STDIN, b"", 1)
    assert connection.answer(1).body.startswith(b"0 ")
    assert connection.receive() is None
