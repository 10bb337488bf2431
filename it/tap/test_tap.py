"""`penstock tap` between real web servers and real applications: everything passes, one line for
each request, no fault where there is none, and the known ones where they are.
"""

import concurrent.futures
import hashlib
import json
import socket
import stat
import struct
import subprocess

import pytest

from penstock.demo.apache import Apache

from harness import client, places, tapped, webservers
from harness.applications import php_fpm
from harness.probe import BIG, Gate, Probe
from harness.served import Served
from harness.tapped import Tapped, faults
from harness.waiting import eventually

HAPROXY = """
fcgi-app application
    docroot /nowhere
    option keep-conn
    option mpxs-conns
    option max-reqs 50

backend penstock
    use-fcgi-app application
    server one unix@{address} proto fcgi
"""
SECRETS = ("c00kie-value", "p4ssword", "b34rer", "k3y-value", "t0ken-value")


@pytest.fixture(scope="module")
def served(quickstart, shared_folder):
    """Penstock with the probe, on a socket that anyone may use."""
    probe = Probe(shared_folder / "project")
    address = shared_folder / "fcgi.sock"
    arguments = ["probe:application", "--workers", "2", "--set", "fcgi_mode=0666"]
    with Served(
        quickstart, shared_folder, *arguments, fcgi=[address], directory=probe.directory
    ) as server:
        server.address = address
        yield server


@pytest.fixture
def tap(quickstart, folder, running):
    """A function: a tap in front of `to`, with these options."""
    return lambda to, *options: running(Tapped(quickstart, folder / "tap", to, *options))


def nginx(folder, tap, directives):
    """nginx that asks the tap for everything."""
    passed = "include fastcgi_params; %s fastcgi_pass unix:%s;" % (directives, tap.address)
    return webservers.nginx(folder, "location / { %s }" % passed)


@pytest.fixture
def apache(apache_with, folder):
    """A function: an Apache whose mod_proxy_fcgi connects to `address`."""
    started = []

    def start(address, reuse=" enablereuse=on"):
        started.append(
            Apache(
                apache_with("proxy", "proxy_fcgi"),
                folder / "apache",
                places.writable(folder / "htdocs"),
                modules=("proxy", "proxy_fcgi"),
                directives='ProxyPass "/" "unix:%s|fcgi://localhost/"%s\n' % (address, reuse),
            )
        )
        return started[-1].start()

    yield start
    for each in started:
        each.stop()


def test_apache_and_penstock_say_nothing_wrong(tap, apache, served):
    tap = tap(served.address, "--json")
    url = apache(tap.address).url

    for path in ("/", "/a/b?c=d", "/"):
        assert client.fetch(url + path).body == b"hello"

    requests = tap.requests(3)
    assert [(each["status"], each["method"], each["uri"]) for each in requests] == [
        (200, "GET", "/"),
        (200, "GET", "/a/b?c=d"),
        (200, "GET", "/"),
    ]
    assert all(each["bytesOut"] == 5 and each["end"] == "complete" for each in requests)
    assert all(each["keepsConnection"] and each["role"] == "responder" for each in requests)
    assert all(0 <= each["firstByteMs"] <= each["totalMs"] for each in requests)
    assert [each["faults"] for each in requests] == [[], [], []]
    tap.stop()
    assert tap.strays() == []
    assert "3 requests, 0 with faults" in tap.said()


def test_connections_that_are_not_kept_pass_with_their_end(tap, apache, served):
    tap = tap(served.address, "--json")
    url = apache(tap.address, reuse="").url

    assert [client.fetch(url + "/").body for _ in range(5)] == [b"hello"] * 5

    assert [each["connection"] for each in tap.requests(5)] == [1, 2, 3, 4, 5]
    tap.stop()
    assert tap.strays() == []


def test_10_megabytes_pass_unchanged_both_ways(tap, apache, served):
    tap = tap(served.address, "--json")
    url = apache(tap.address).url

    up = client.fetch(url + "/digest", "POST", BIG.content())
    down = client.fetch(url + "/download?size=%d" % BIG.size)

    assert json.loads(up.body)["sha256"] == BIG.sha256()
    assert hashlib.sha256(down.body).hexdigest() == BIG.sha256()
    requests = tap.requests(2)
    assert [(each["bytesIn"], faults(each)) for each in requests] == [(BIG.size, []), (0, [])]
    assert requests[1]["bytesOut"] == BIG.size


def test_a_recording_shows_the_same_lines_and_holds_no_secret(
    tap, apache, served, quickstart, folder
):
    recording = folder / "bug.tap"
    tap = tap(served.address, "--full", "--records", "--record", recording)
    url = apache(tap.address).url
    headers = {
        "Cookie": "session=c00kie-value",
        "Proxy-Authorization": "Bearer b34rer",
        "X-Api-Key": "k3y-value",
    }

    client.fetch(url + "/?token=t0ken-value&page=7", headers=headers)
    client.fetch(url + "/cookies")
    form = dict(headers, **{"Content-Type": "application/x-www-form-urlencoded"})
    client.fetch(url + "/digest", "POST", b"user=me&password=p4ssword", form)
    client.fetch(url + "/error")
    eventually(lambda: tap.shown().count("/1 responder") >= 4, 20, "four requests")
    tap.stop()

    content = recording.read_bytes()
    assert content.startswith(b"penstock-tap 1 masked ")
    for secret in SECRETS:
        assert secret.encode() not in content and secret not in tap.shown()
    assert b"HTTP_X_API_KEY" in content and b"page=7" in content
    assert b"Set-Cookie: ***" in content
    assert stat.S_IMODE(recording.stat().st_mode) == 0o600
    assert tapped.read(quickstart, recording, "--full", "--records") == tap.shown()
    assert tapped.read(quickstart, recording, "--status", "5xx").count("\n") == 1


def test_keep_secrets_keeps_them_and_says_so(tap, apache, served, folder):
    recording = folder / "bug.tap"
    tap = tap(served.address, "--record", recording, "--keep-secrets")
    url = apache(tap.address).url

    client.fetch(url + "/", headers={"Cookie": "session=c00kie-value"})
    tap.lines(1)

    assert "SECRETS" in tap.stop()
    content = recording.read_bytes()
    assert content.startswith(b"penstock-tap 1 with-secrets ") and b"c00kie-value" in content


def test_a_recording_that_is_full_ends_and_the_traffic_goes_on(tap, apache, served, folder):
    recording = folder / "bug.tap"
    tap = tap(served.address, "--record", recording, "--max-size", "100K")
    url = apache(tap.address).url

    assert len(client.fetch(url + "/download?size=1000000").body) == 1000000
    assert client.fetch(url + "/").body == b"hello"
    tap.lines(2)

    assert "has reached its largest size, 100K (--max-size)" in tap.stop()
    assert recording.stat().st_size <= 100 * 1024


def test_nginx_and_php_fpm(tap, folder, running):
    folder.joinpath("page.php").write_text("<?php setcookie('a', 'b'); echo 'from php';")
    tap = tap(running(php_fpm(folder, children=1)).socket, "--json")
    script = "fastcgi_param SCRIPT_FILENAME %s;" % (folder / "page.php")
    url = running(nginx(folder, tap, script)).url

    assert client.fetch(url + "/page").body == b"from php"
    assert client.fetch(url + "/page", "POST", b"x" * 100_000).body == b"from php"

    requests = tap.requests(2)
    assert [(each["status"], each["uri"], faults(each)) for each in requests] == [
        (200, "/page", []),
        (200, "/page", []),
    ]
    assert requests[1]["bytesIn"] == 100_000
    # A 200 of PHP's has no Status header, which is allowed.
    assert "NO_STATUS" in [fault["fault"] for fault in requests[0]["faults"]]


def test_a_client_that_goes_away_is_no_fault(tap, served, folder, running):
    tap = tap(served.address, "--json")
    gate = Gate(folder)
    root = "fastcgi_param PATH_INFO $uri; fastcgi_param SCRIPT_NAME '';"
    port = running(nginx(folder, tap, root)).port

    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % gate.path.encode())
        eventually(gate.started.exists, what="the request in the application")

    (request,) = tap.requests(1)
    gate.open()
    assert (request["end"], faults(request)) == ("web server closed", [])


def test_what_flup_does_wrong_is_shown(tap, apache, folder, quickstart):
    """It answers GET_VALUES with nothing, and closes without a word when its threads are busy."""
    address = folder / "flup.sock"
    program = (
        "from probe import application; from flup.server.fcgi import WSGIServer;"
        "WSGIServer(application, bindAddress=%r, umask=0, maxSpare=1, maxThreads=1).run()" % str(address)
    )
    probe = Probe(folder / "project")
    gate = Gate(folder)
    command = [quickstart.command("python"), "-c", program]
    flup = subprocess.Popen([str(word) for word in command], cwd=probe.directory)
    try:
        eventually(address.exists, 20, "flup's socket")
        tap = tap(address, "--json")
        url = apache(tap.address, reuse="").url
        assert client.fetch(url + "/").body == b"hello"

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            # Without PATH_INFO, which Apache does not send here, the probe knows its pages by this.
            held = pool.submit(client.fetch, url + gate.path, headers={"X-Probe": "gate"})
            eventually(gate.started.exists, what="a request in flup's only thread")
            assert client.fetch(url + "/refused").status == 503
            gate.open()
            assert held.result().status == 200
        by_uri = {each["uri"].partition("?")[0]: each for each in tap.requests(3)}
        assert faults(by_uri["/"]) == faults(by_uri["/gate"]) == []
        assert "CLOSED_WITHOUT_END" in faults(by_uri["/refused"])

        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(tap.address))
            connection.sendall(struct.pack(">BBHHBx", 1, 9, 0, 16, 0) + b"\x0e\0FCGI_MAX_CONNS")
            connection.settimeout(10)
            assert connection.recv(1000)
        eventually(lambda: "VALUES_EMPTY" in tap.shown(), what="the empty answer")
    finally:
        gate.open()
        flup.kill()
        flup.wait()


def test_requests_that_haproxy_puts_on_one_connection_are_told_apart(
    tap, served, folder, running
):
    tap = tap(served.address, "--json")
    url = running(webservers.haproxy(folder, HAPROXY.format(address=tap.address))).url

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        sizes = [1000 + 7 * number for number in range(40)]
        paths = ["/download?size=%d" % size for size in sizes]
        bodies = list(pool.map(lambda path: client.fetch(url + path).body, paths))

    assert [len(body) for body in bodies] == sizes
    requests = tap.requests(40)
    assert sorted(each["bytesOut"] for each in requests) == sizes
    assert all(each["uri"].endswith("size=%d" % each["bytesOut"]) for each in requests)
    assert [faults(each) for each in requests] == [[]] * 40
    tap.stop()
    assert tap.strays() == []


def test_an_application_that_is_not_there(tap, apache, folder):
    tap = tap(folder / "nobody.sock", "--json")
    url = apache(tap.address).url

    assert client.fetch(url + "/").status == 503
    tap.stop()
    assert [fault["fault"] for fault in tap.strays()][:1] == ["NOBODY_LISTENS"]


def test_count_ends_it(tap, apache, served):
    tap = tap(served.address, "--count", "2")
    url = apache(tap.address, reuse="").url

    assert [client.fetch(url + "/").status for _ in range(2)] == [200, 200]

    assert tap.process.wait(20) == 0
    assert len(tap.lines(2)) == 2
    assert not tap.address.exists()
