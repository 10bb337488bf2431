"""A real `penstock serve` under peers that mean harm: others are served meanwhile, everything is
counted, the log stays readable, and the server's memory bounded.
"""

import contextlib
import re
import struct
import subprocess

import pytest

from penstock.demo.apache import free_port

from harness import fastcgi
from harness.probe import Probe
from harness.processes import Process
from harness.served import Served
from harness.waiting import eventually
from hostile.attack import (
    ABORT,
    BEGIN,
    GET_VALUES,
    PARAMS,
    STDIN,
    Crowd,
    allow_descriptors,
    begin,
    head,
    pair,
    read_to_end,
    record,
)

#: What the JVM may take in all: 128 MB of heap, 80 MB of code and classes, threads, buffers.
MOST_MEMORY = 400 * 1024 * 1024

SHORT = {
    "head_timeout": "1s",
    "body_timeout": "1s",
    "response_timeout": "2s",
    "min_progress": "1000",
}


class Victim(Served):
    """The probe by FastCGI, on a TCP port or a Unix socket, with settings of the test."""

    def __init__(self, project, folder, unix=False, **settings):
        self.address = folder / "fcgi.sock" if unix else ("127.0.0.1", free_port())
        words = [word for item in settings.items() for word in ("--set", "%s=%s" % item)]
        super().__init__(
            project,
            folder,
            "probe:application",
            *words,
            "--workers=2",
            fcgi=[self.address],
            directory=Probe(folder / "project").directory,
        )

    def serves(self):
        """Whether an ordinary web server gets its answer."""
        return fastcgi.request(self.address, fastcgi.environ()).endswith(b"hello")

    def reached(self, setting):
        return self.status()["front"]["limits_reached"].get(setting, 0)

    def memory(self):
        return Process(self.process.pid).memory()[0]

    def assert_well(self):
        """Nobody was locked out, nothing of ours went wrong, and it is not much that is held."""
        assert self.serves()
        assert not re.search(r"\bERROR\b|Exception|\tat |Traceback", self.output())
        assert self.memory() < MOST_MEMORY


@pytest.fixture
def victim(quickstart, folder, running):
    return lambda **settings: running(Victim(quickstart, folder, **settings))


def test_ten_thousand_idle_connections_are_held_and_others_served(victim):
    # Both ends have a descriptor for each, and the server starts with the limit of this process.
    count = min(10_000, allow_descriptors(12_000) - 500)
    served = victim(max_connections=count + 100)
    assert served.serves()
    before = served.memory()

    with Crowd(served.address) as crowd:
        crowd.connect(count)
        eventually(lambda: served.status()["server"]["connections"] >= count, 30)
        print("%d idle connections, %d bytes each" % (count, (served.memory() - before) / count))
        for _ in range(20):
            assert served.serves()
        held = (served.memory() - before) / count
        assert crowd.closed() == 0
    assert held < 8192, "bytes for each connection"
    eventually(lambda: served.status()["server"]["connections"] < 10, 30)
    served.assert_well()


def test_more_idle_connections_than_places_lock_nobody_out(victim):
    served = victim(max_connections=50)
    with Crowd(served.address) as crowd:
        for _ in range(5):
            crowd.connect(100)
            assert served.serves()
        assert crowd.closed() >= 450
    assert served.status()["front"]["closed_for_new_ones"] >= 450
    assert served.reached("max_connections") > 0
    assert served.output().count("(max_connections)") < 100
    served.assert_well()


def test_without_descriptors_it_goes_on_when_there_are_some_again(victim, quickstart, folder):
    served = victim(max_connections=5000)
    assert served.serves()  # Loading needs descriptors, too.
    subprocess.run(["prlimit", "--pid", str(served.process.pid), "--nofile=200:200"], check=True)
    with Crowd(served.address) as crowd:
        crowd.connect(400)
        assert served.serves()
    assert served.output().count("cannot accept") < 30
    served.assert_well()


BEGINNINGS = {
    "variables": begin(),
    "record of variables": begin() + record(PARAMS, length=60_000),
    "question": record(GET_VALUES, request=0, length=1000),
    "header": b"\x01\x09\x00\x00\x03\x00",
}


@pytest.mark.parametrize("start", list(BEGINNINGS.values()), ids=BEGINNINGS)
def test_slow_loris_on_the_variables_is_cut_off_in_time(victim, start):
    served = victim(**SHORT)
    with Crowd(served.address) as crowd:
        crowd.connect(100)
        crowd.send(start)

        def trickled():
            assert served.serves()
            crowd.send(record(PARAMS, b"\x01") if start == begin() else b"\x00")
            return crowd.closed() == 100

        eventually(trickled, 20)
    assert served.reached("head_timeout") == 100
    assert served.output().count("(head_timeout)") < 20
    assert "closed a connection from 127.0.0.1:" in served.output()
    served.assert_well()


def test_slow_loris_on_the_body_is_cut_off(victim):
    served = victim(**SHORT)
    with Crowd(served.address) as crowd:
        crowd.connect(100)
        crowd.send(head(method=b"POST"))

        def trickled():
            assert served.serves()
            crowd.send(record(STDIN, b"x"))
            return crowd.closed() == 100

        eventually(trickled, 20)
    assert served.reached("body_timeout") >= 100
    served.assert_well()


def test_clients_that_read_nothing_are_given_up(victim):
    served = victim(**SHORT)
    with Crowd(served.address) as crowd:
        crowd.connect(20)
        crowd.send(head(b"/download", query=b"size=20000000") + record(STDIN))
        eventually(lambda: served.serves() and served.reached("response_timeout") == 20, 30)
    eventually(lambda: served.status()["server"]["connections"] < 5)
    assert served.status()["in_flight"] == 0
    served.assert_well()


def test_many_clients_that_read_nothing_share_one_memory(victim):
    """300 responses of 2 MB, of which response_memory would hold 1 MB each: over twice the heap.
    By a Unix socket, because a TCP socket of this machine takes 2 MB without being read.
    """
    served = victim(unix=True, max_connections=1000)
    with Crowd(served.address) as crowd:
        crowd.connect(300)
        crowd.send(head(b"/download", query=b"size=2000000") + record(STDIN))
        eventually(lambda: served.status()["in_flight"] == 0, 60, "all answers are out of the workers")
        assert served.serves()
        assert crowd.closed() == 0
    served.assert_well()


GARBAGE = {
    "http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xa5" * 500,
    "version": b"\x02" + record(BEGIN, b"\0" * 8)[1:],
    "begin twice": begin() + begin(),
    "begin of nothing": record(BEGIN),
    "body before variables": begin() + record(STDIN, b"x"),
    "pair that claims too much": begin() + record(PARAMS, b"\x05\x05ab") + record(PARAMS),
    "lengths whose sum overflows": begin()
    + record(PARAMS, struct.pack(">II", 0xFFFFFFFF, 0xFFFFFFFF) + b"x" * 100)
    + record(PARAMS),
    "question that claims too much": record(GET_VALUES, b"\x7f\x00FCGI", request=0),
    "name": begin() + record(PARAMS, pair(b"N" * 9000, b"")) + record(PARAMS),
    "total": begin() + record(PARAMS, b"x" * 60_000) * 5,
    "nobody's records": record(STDIN, b"x" * 1000, request=7) * 1001,
    "aborts of nothing": record(ABORT, request=7) * 1001,
    "management of no known type": record(77, request=0) * 1001,
}


def test_garbage_ends_its_connection_and_nothing_else(victim):
    served = victim()
    with Crowd(served.address) as crowd:
        for garbage in GARBAGE.values():
            connection = crowd.connect()
            with contextlib.suppress(ConnectionError):
                connection.sendall(garbage)
            read_to_end(connection)
            assert served.serves()
    assert served.status()["front"]["protocol_errors"] == len(GARBAGE)
    served.assert_well()


def test_flood_of_garbage_is_few_lines_and_no_memory(victim):
    served = victim()
    with Crowd(served.address) as crowd:
        for _ in range(1500):
            crowd.connect().sendall(GARBAGE["http"])
    eventually(lambda: served.status()["front"]["protocol_errors"] == 1500)
    eventually(lambda: "more like this" in served.output())
    assert served.output().count("HTTP?") < 60
    served.assert_well()


def test_unfinished_requests_do_not_exhaust_the_memory(victim):
    """200 connections with all the requests that they may begin, whose variables never end."""
    served = victim()
    with Crowd(served.address) as crowd:
        crowd.connect(200)
        for request in range(1, 70):
            crowd.send(begin(request) + record(PARAMS, b"x" * 4000, request))
            if request % 10 == 0:
                assert served.serves()
        eventually(lambda: served.reached("request_memory") > 0)
        assert served.serves()
    served.assert_well()


def test_questions_of_a_peer_that_does_not_read_the_answers_end(victim):
    served = victim()
    with Crowd(served.address) as crowd:
        connection = crowd.connect()
        question = record(GET_VALUES, b"\x0e\x00FCGI_MAX_CONNS", request=0) * 1000
        with pytest.raises((ConnectionError, TimeoutError)):
            for _ in range(10_000):
                connection.sendall(question)
        assert served.serves()
    served.assert_well()
