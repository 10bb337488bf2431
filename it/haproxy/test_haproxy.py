"""HAProxy with an `fcgi-app`: connections are kept, and with `mpxs-conns` many requests share one.

`option get-values` has HAProxy ask for our limits at the start of each connection.
"""

import contextlib
import hashlib
import http.client
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import webservers
from harness.waiting import eventually

SECTIONS = """
fcgi-app penstock
    docroot /
    path-info ^(/.*)()$
    option keep-conn
    {options}

backend penstock
    use-fcgi-app penstock
    server penstock {address} proto fcgi
"""
MULTIPLEXED = "option mpxs-conns\n    option get-values"


def haproxy(folder, address, options=MULTIPLEXED):
    sections = SECTIONS.format(address=address, options=options)
    return webservers.haproxy(folder, sections)


@pytest.fixture(scope="module")
def served(quickstart, shared_folder):
    with webservers.streams(quickstart, shared_folder, workers=4) as served:
        yield served


@pytest.fixture(scope="module")
def front(served, shared_folder):
    with haproxy(shared_folder, shared_folder / "fcgi.sock") as front:
        yield front


#: HAProxy 2.6's pages for what fails in itself when many meet on a connection (its issue 2568); it then
#: begins one request more than the limit, which we refuse.
OWN_FAILURES = {
    500: b"An internal server error occurred.",
    502: b"The server returned an invalid or incomplete response.",
    503: b"This request is one too many on its connection",
}


def fetch(front, *arguments):
    """Asks again where HAProxy failed by itself."""
    for _ in range(10):
        with contextlib.suppress(http.client.IncompleteRead):
            answer = front.fetch(*arguments)
            if answer.status not in OWN_FAILURES or OWN_FAILURES[answer.status] not in answer.body:
                return answer
    raise AssertionError("HAProxy fails again and again")


def connections(served):
    return served.status()["server"]["connections"]


def asking(front, path):
    """A client that has sent a request and reads nothing."""
    connection = socket.create_connection(("127.0.0.1", front.port))
    connection.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode())
    return connection


def test_requests_that_come_at_once_share_a_connection(front, served, shared_folder):
    started = [shared_folder / ("share-%d" % number) for number in range(4)]
    front.fetch("/")  # the first connection has told its limits
    pages = ["/busy?started=%s&left=%s.left&for=2" % (file, file) for file in started]
    with ThreadPoolExecutor(4) as clients:
        answers = [clients.submit(front.fetch, page) for page in pages]
        eventually(lambda: all(file.exists() for file in started))
        assert served.status()["in_flight"] == 4
        assert connections(served) == 1
        assert [answer.result().body for answer in answers] == [b"done"] * 4


def test_many_large_and_small_answers_and_uploads_at_once_arrive_whole(front):
    body = bytes(range(256)) * 4096

    def one(number):
        if number % 3 == 0:
            answer = fetch(front, "/large?size=3000000")
            return len(answer.body) == 3_000_000 and hashlib.sha256(answer.body).hexdigest()
        if number % 3 == 1:
            answer = fetch(front, "/digest", "POST", body)
            return answer.body.decode() == "%d %s" % (len(body), hashlib.sha256(body).hexdigest())
        return fetch(front, "/").body == b"hello"

    with ThreadPoolExecutor(16) as clients:
        answers = list(clients.map(one, range(96)))

    assert len(set(answers[::3])) == 1 and answers[0]
    assert answers[1::3] == [True] * 32
    assert answers[2::3] == [True] * 32


def test_an_answer_that_fails_halfway_is_never_whole_and_takes_nobody_along(
    served, shared_folder
):
    """HAProxy 2.6 lets the client wait for the rest, up to its `timeout server`, when the end comes
    alone."""
    started, left = shared_folder / "half-started", shared_folder / "half-left"
    (shared_folder / "half").mkdir()
    with haproxy(shared_folder / "half", shared_folder / "fcgi.sock") as front:
        fetch(front, "/")  # HAProxy knows from now on how many requests a connection takes
        with ThreadPoolExecutor(1) as other:
            answer = other.submit(front.fetch, "/busy?started=%s&left=%s&for=60" % (started, left))
            eventually(started.exists)
            with pytest.raises((http.client.IncompleteRead, TimeoutError)):
                front.fetch("/ends-early?size=10000", timeout=2)
            left.with_name(left.name + ".go").touch()
            assert answer.result().body == b"done"


def test_a_client_that_goes_is_told_to_the_application(front, served, shared_folder):
    started, closed = shared_folder / "started", shared_folder / "closed"
    with asking(front, "/endless?started=%s&closed=%s" % (started, closed)) as client:
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
        assert not closed.exists()

    eventually(closed.exists)
    eventually(lambda: served.status()["in_flight"] == 0)
    assert front.fetch("/").body == b"hello"


def test_a_client_that_goes_before_the_answer_leaves_the_connection_to_the_others(
    front, served, shared_folder
):
    started, left = shared_folder / "gone-started", shared_folder / "gone-left"
    with asking(front, "/busy?started=%s&left=%s&for=1" % (started, left)):
        eventually(started.exists)
    assert front.fetch("/").body == b"hello"
    eventually(left.exists)
    assert [front.fetch("/").body for _ in range(10)] == [b"hello"] * 10


def test_a_client_that_reads_slowly_does_not_hold_our_workers(front, served):
    with asking(front, "/large?size=30000000"):
        eventually(lambda: served.status()["in_flight"] == 0)
        assert served.status()["server"]["connections"] >= 1


def test_nothing_of_this_was_an_error(front, served):
    lines = webservers.complaints(served)
    assert [line for line in lines if "in the middle" not in line and "Traceback" not in line] == []


def test_without_multiplexing_there_is_a_connection_for_each(served, shared_folder):
    (shared_folder / "plain").mkdir()
    address = shared_folder / "fcgi.sock"
    with haproxy(shared_folder / "plain", address, options="no option mpxs-conns") as front:
        assert [front.fetch("/").body for _ in range(20)] == [b"hello"] * 20
        assert front.fetch("/large?size=10000000").status == 200
        # With mpxs-conns HAProxy would not read anybody's answer now (docs/servers.md).
        with asking(front, "/large?size=30000000"):
            eventually(lambda: served.status()["in_flight"] == 0)
            assert [front.fetch("/").body for _ in range(5)] == [b"hello"] * 5


def test_more_requests_than_a_connection_may_have_are_kept_back_by_haproxy(
    quickstart, folder
):
    settings = {"max_requests_per_connection": 2}
    with webservers.streams(quickstart, folder, workers=4, **settings) as served:
        with haproxy(folder, folder / "fcgi.sock") as front, ThreadPoolExecutor(12) as clients:
            answers = list(clients.map(lambda _: fetch(front, "/large?size=200000").status, range(48)))
        assert answers == [200] * 48
        assert webservers.complaints(served) == []
