"""nginx before a `penstock serve`: it closes the connection at once when its client goes, and with
`fastcgi_keep_conn on` it keeps it.
"""

import hashlib
import socket

import pytest

from harness import webservers
from harness.waiting import eventually

UPSTREAM = """
upstream kept {{
    server unix:{address};
    keepalive 8;
}}
"""
LOCATIONS = """
location / {{
    include fastcgi_params;
    fastcgi_pass unix:{address};
}}
location /kept/ {{
    include fastcgi_params;
    fastcgi_param REQUEST_URI $uri?$args;
    fastcgi_keep_conn on;
    rewrite ^/kept/(.*)$ /$1 break;
    fastcgi_pass kept;
}}
location /unbuffered/ {{
    include fastcgi_params;
    fastcgi_param REQUEST_URI $uri?$args;
    fastcgi_buffering off;
    fastcgi_request_buffering off;
    rewrite ^/unbuffered/(.*)$ /$1 break;
    fastcgi_pass unix:{address};
}}
"""
PREFIXES = ("", "/kept", "/unbuffered")


@pytest.fixture(scope="module")
def served(quickstart, shared_folder):
    settings = {"stderr_to_server": "on", "max_request_body": "5M", "abort_timeout": "1s"}
    with webservers.streams(quickstart, shared_folder, **settings) as served:
        yield served


@pytest.fixture(scope="module")
def front(served, shared_folder):
    address = shared_folder / "fcgi.sock"
    locations = LOCATIONS.format(address=address)
    with webservers.nginx(shared_folder, locations, UPSTREAM.format(address=address)) as front:
        yield front


@pytest.fixture(params=PREFIXES, ids=("closed", "kept", "unbuffered"))
def prefix(request):
    return request.param


def asking(front, path):
    connection = socket.create_connection(("127.0.0.1", front.port))
    connection.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode())
    return connection


def test_answers_of_any_size_and_uploads_arrive_whole(front, prefix):
    body = bytes(range(256)) * 16384
    assert [front.fetch(prefix + "/").body for _ in range(20)] == [b"hello"] * 20
    assert len(front.fetch(prefix + "/large?size=20000000").body) == 20_000_000
    expected = "%d %s" % (len(body), hashlib.sha256(body).hexdigest())
    assert front.fetch(prefix + "/digest", "POST", body).text == expected
    assert front.fetch(prefix + "/early", "POST", body).status == 200


def test_only_the_kept_connections_stay(front, served):
    front.fetch("/")
    eventually(lambda: served.status()["server"]["connections"] <= 8)
    front.fetch("/kept/")
    assert served.status()["server"]["connections"] >= 1


def test_a_body_over_the_limit_is_a_413(front, prefix):
    answer = front.fetch(prefix + "/digest", "POST", b"x" * 6_000_000)
    assert answer.status == 413 and "max_request_body" in answer.text


def test_a_client_that_goes_is_told_to_the_application(front, served, folder, prefix):
    started, closed = folder / "started", folder / "closed"
    folder.chmod(0o777)
    path = prefix + "/endless?started=%s&closed=%s" % (started, closed)
    before = webservers.complaints(served)
    with asking(front, path):
        eventually(started.exists)
        assert not closed.exists()

    eventually(closed.exists)
    eventually(lambda: served.status()["in_flight"] == 0)
    assert front.fetch(prefix + "/").body == b"hello"
    assert webservers.complaints(served) == before


def test_a_worker_that_works_for_nobody_is_replaced_and_nobody_else_notices(front, served, folder):
    started, left = folder / "started", folder / "left"
    with asking(front, "/busy?started=%s&left=%s&for=60" % (started, left)):
        eventually(lambda: started.exists() and started.read_text())
        pid = int(started.read_text())
        assert pid in [worker["pid"] for worker in served.status()["workers"]]

    def replaced():
        pids = [worker["pid"] for worker in served.status()["workers"]]
        return pid not in pids and len(pids) == 2

    eventually(replaced)
    assert not left.exists()
    assert "/busy" in [line for line in served.output().splitlines() if "abort_timeout" in line][-1]
    assert front.fetch("/").body == b"hello"


def test_requests_whose_clients_have_gone_leave_the_queue(front, served, folder):
    gates = [(folder / ("s%d" % number), folder / ("l%d" % number)) for number in range(2)]
    held = [asking(front, "/busy?started=%s&left=%s&for=60" % gate) for gate in gates]
    eventually(lambda: all(started.exists() for started, _ in gates))
    never = folder / "never"
    queued = [asking(front, "/busy?started=%s&left=%s&for=0" % (never, never)) for _ in range(20)]
    eventually(lambda: served.status()["in_flight"] == 22)
    for connection in queued:
        connection.close()
    eventually(lambda: served.status()["in_flight"] == 2)
    for _, left in gates:
        left.with_name(left.name + ".go").touch()
    eventually(lambda: all(left.exists() for _, left in gates))
    assert front.fetch("/").body == b"hello"
    assert not never.exists()
    for connection in held:
        connection.close()


def test_the_web_server_logs_what_the_application_complains_of(front):
    assert front.fetch("/complain?text=the-roof-leaks").body == b"complained"
    eventually(lambda: "FastCGI sent in stderr: \"the-roof-leaks" in front.log())
