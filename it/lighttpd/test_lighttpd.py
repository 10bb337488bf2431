"""lighttpd's mod_fastcgi with a socket of ours: it buffers the request, never keeps a connection, and
does not tell when its client goes.
"""

import hashlib
import socket

import pytest

from harness import webservers
from harness.waiting import eventually

DIRECTIVES = """
fastcgi.server = ("/" => ((
    "socket" => "{address}",
    "check-local" => "disable",
    "fix-root-scriptname" => "enable"
)))
"""


@pytest.fixture(scope="module")
def served(quickstart, shared_folder):
    with webservers.streams(quickstart, shared_folder, max_request_body="5M") as served:
        yield served


@pytest.fixture(scope="module")
def front(served, shared_folder):
    directives = DIRECTIVES.format(address=shared_folder / "fcgi.sock")
    with webservers.lighttpd(shared_folder, ["mod_fastcgi"], directives) as front:
        yield front


def test_answers_of_any_size_and_uploads_arrive_whole(front):
    body = bytes(range(256)) * 16384
    assert [front.fetch("/").body for _ in range(20)] == [b"hello"] * 20
    assert len(front.fetch("/large?size=20000000").body) == 20_000_000
    expected = "%d %s" % (len(body), hashlib.sha256(body).hexdigest())
    assert front.fetch("/digest", "POST", body).text == expected
    assert front.fetch("/early", "POST", body).status == 200


def test_a_body_over_the_limit_is_a_413(front):
    answer = front.fetch("/digest", "POST", bytes(6_000_000))
    assert answer.status == 413 and "max_request_body" in answer.text


def test_a_client_that_goes_leaves_the_server_in_order(front, served, shared_folder):
    started, left = shared_folder / "started", shared_folder / "left"
    path = "/busy?started=%s&left=%s&for=1" % (started, left)
    with socket.create_connection(("127.0.0.1", front.port)) as client:
        client.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode())
        eventually(started.exists)

    eventually(left.exists)
    eventually(lambda: served.status()["server"]["connections"] == 0)
    assert front.fetch("/").body == b"hello"


def test_nothing_of_this_was_an_error(front, served):
    assert [line for line in webservers.complaints(served) if "413" not in line] == []
