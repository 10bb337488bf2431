"""Caddy's FastCGI transport: it writes the whole request before it reads, and never keeps a
connection.
"""

import contextlib
import hashlib
import socket

import pytest

from harness import webservers
from harness.waiting import eventually

CONFIGURATION = """
{{
    admin off
    auto_https off
    http_port {port}
}}
http://127.0.0.1:{port} {{
    reverse_proxy unix/{address} {{
        transport fastcgi {{
            root /
        }}
    }}
}}
"""


@pytest.fixture(scope="module")
def served(quickstart, shared_folder):
    with webservers.streams(quickstart, shared_folder, max_request_body="20M") as served:
        yield served


@pytest.fixture(scope="module")
def front(served, shared_folder):
    address = shared_folder / "fcgi.sock"
    with webservers.WebServer("caddy", shared_folder, CONFIGURATION, address=address) as front:
        yield front


def test_answers_of_any_size_and_uploads_arrive_whole(front):
    body = bytes(range(256)) * 65536
    assert [front.fetch("/").body for _ in range(20)] == [b"hello"] * 20
    assert len(front.fetch("/large?size=20000000").body) == 20_000_000
    expected = "%d %s" % (len(body), hashlib.sha256(body).hexdigest())
    assert front.fetch("/digest", "POST", body).text == expected


def test_a_body_of_a_multiple_of_caddys_records_ends_once(front):
    body = b"x" * (3 * 65500)
    expected = "%d %s" % (len(body), hashlib.sha256(body).hexdigest())
    assert front.fetch("/digest", "POST", body).text == expected


def test_an_answer_that_comes_before_the_body_was_read_deadlocks_nobody(front):
    assert front.fetch("/early", "POST", bytes(16_000_000)).status == 200


def test_a_body_over_the_limit_is_drained_and_gets_its_413(front):
    answer = front.fetch("/digest", "POST", bytes(30_000_000))
    assert answer.status == 413 and "max_request_body" in answer.text


def test_a_body_beyond_what_is_drained_costs_the_answer_and_nothing_else(quickstart, folder):
    limits = {"max_request_body": "1M", "drain_bytes": "1M"}
    with webservers.streams(quickstart, folder, **limits) as served:
        address = folder / "fcgi.sock"
        with webservers.WebServer("caddy", folder, CONFIGURATION, address=address) as front:
            with contextlib.suppress(ConnectionError):  # Caddy answers, and reads no further
                front.fetch("/digest", "POST", bytes(30_000_000))
            eventually(lambda: '"status":502' in front.log())
            assert front.fetch("/").body == b"hello"
        assert "drain_bytes = 1048576" in served.output()


def test_a_chunked_upload_arrives_whole(front):
    answer = front.fetch("/digest", "POST", iter([b"x" * 70_000, b"y"]))
    assert answer.text.startswith("70001 ")


def test_a_client_that_goes_is_told_to_the_application(front, served, shared_folder):
    started, closed = shared_folder / "started", shared_folder / "closed"
    path = "/endless?started=%s&closed=%s" % (started, closed)
    with socket.create_connection(("127.0.0.1", front.port)) as client:
        client.sendall(b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % path.encode())
        eventually(started.exists)

    eventually(closed.exists)
    eventually(lambda: served.status()["in_flight"] == 0)
    assert front.fetch("/").body == b"hello"


def test_nothing_of_this_was_an_error(front, served):
    # The 413 is told; it is the visitor's fault.
    assert [line for line in webservers.complaints(served) if "413" not in line] == []
