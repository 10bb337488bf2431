"""What a gate must do behind any web server; the folders say how each of them is set up.

A test class of a folder takes these over (`class TestGet(gates.Requests)`) and gives the fixture
`front`, a `Front`.
"""

import contextlib
import hashlib
import http.client
import json
import socket
import urllib.parse

import pytest

from penstock.demo.apache import Apache, free_port

from harness import client, places
from harness.probe import BIG, Gate, Probe
from harness.served import Served
from harness.waiting import eventually

MAX_BODY = 20_000_000
SETTINGS = ("--workers", "2", "--set", "fcgi_mode=0666", "--set", "max_request_body=%d" % MAX_BODY)


class Front:
    """A web server before a `penstock serve`.

    `root` and `mounted` are the URLs of the same application at `/` and below `/pre/fix`.
    """

    def __init__(self, root, mounted, served, folder):
        self.root = root
        self.mounted = mounted
        self.served = served
        self.folder = folder


def probe(project, folder, **listeners):
    """A `penstock serve` of the probe with these listeners: `scgi=[address]`."""
    directory = Probe(folder / "project").directory
    return Served(
        project, folder, "probe:application", *SETTINGS, directory=directory, **listeners
    )


@contextlib.contextmanager
def behind_apache(apache_with, project, protocol, transport):
    """The probe behind mod_proxy_scgi or mod_proxy_uwsgi with plain `ProxyPass`, over `unix` or `tcp`,
    at `/` and at a prefix: a Front.
    """
    modules = ("proxy", "proxy_" + protocol)
    installation = apache_with(*modules)
    with places.folder() as folder:
        socket_file, tcp = folder / (protocol + ".sock"), ("127.0.0.1", free_port())
        target = "%s://127.0.0.1:%d/" % (protocol, tcp[1])
        if transport == "unix":
            target = "unix:%s|%s://localhost/" % (socket_file, protocol)
        apache = Apache(
            installation,
            folder / "apache",
            places.writable(folder / "htdocs"),
            modules=modules,
            directives='ProxyPass "/pre/fix/" "%s"\nProxyPass "/" "%s"\n' % (target, target),
        )
        with probe(project, folder, **{protocol: [socket_file, tcp]}) as served:
            try:
                url = apache.start().url
                yield Front(url, url + "/pre/fix", served, folder)
            finally:
                apache.stop()


class Requests:
    """Ordinary requests, large ones, and what goes wrong."""

    #: mod_proxy_scgi and mod_proxy_uwsgi refuse a body of unknown length themselves.
    chunked_upload_is = 200
    #: Whether the web server lets go at once when its client does.
    tells_of_an_abort = True

    @pytest.mark.parametrize("mount", ["root", "mounted"])
    @pytest.mark.parametrize(
        "sent, path",
        [
            ("/", "/"),
            ("/a/b", "/a/b"),
            ("/with%20space", "/with space"),
            ("/Gr%C3%B6%C3%9Fe/", "/Größe/"),
            ("/p%2525", "/p%25"),
            ("/x/pre/fix", "/x/pre/fix"),
        ],
    )
    def test_script_name_and_path_info_are_right(self, front, mount, sent, path):
        url = getattr(front, mount)
        seen = json.loads(client.fetch(url + sent, headers={"X-Probe": "environ"}).body)["environ"]

        prefix = "" if mount == "root" else "/pre/fix"
        assert seen["SCRIPT_NAME"] == prefix
        assert seen["PATH_INFO"].encode("latin-1").decode() == path

    def test_a_form_and_10_megabytes_arrive_whole_and_so_do_50_going_out(self, front):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        small = json.loads(client.fetch(front.root + "/digest", "POST", b"a=1&b=2", form).body)
        assert small["sha256"] == hashlib.sha256(b"a=1&b=2").hexdigest()
        assert small["content_length"] == "7"

        large = json.loads(client.fetch(front.root + "/digest", "POST", BIG.content()).body)
        assert large["sha256"] == BIG.sha256()

        download = client.fetch(front.root + "/download?size=50000000")
        assert (download.status, len(download.body)) == (200, 50_000_000)
        assert download.body == (bytes(range(256)) * 195_313)[:50_000_000]

    def test_head_redirect_and_not_found_are_passed_on(self, front):
        head = client.fetch(front.root + "/download?size=1000", "HEAD")
        assert (head.status, head.body) == (200, b"")

        moved = client.fetch(front.root + "/status?code=302+Found&to=http://other.example/x")
        assert (moved.status, moved.location) == (302, "http://other.example/x")

        missing = client.fetch(front.root + "/status?code=404+Not+Found")
        assert (missing.status, missing.body) == (404, b"as told")
        assert client.fetch(front.root + "/error").status == 500

    def test_two_cookies_stay_two(self, front):
        answer = client.fetch(front.root + "/cookies", headers={"Cookie": "a=b"})
        assert answer.headers.get_all("Set-Cookie") == ["one=1; Path=/", "two=2; Path=/"]
        assert answer.body == b"a=b"

    def test_a_browser_keeps_its_connection_to_the_web_server(self, front):
        parts = urllib.parse.urlsplit(front.root)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        for path in ("/", "/environ", "/"):
            connection.request("GET", parts.path + path)
            first = connection.sock
            assert connection.getresponse().read()
            assert connection.sock is first
        connection.close()

    def test_a_chunked_upload_arrives_whole_or_is_refused(self, front):
        blocks = [b"x" * 70_000, b"y"]
        answer = client.fetch(front.root + "/digest", "POST", iter(blocks))
        assert answer.status == self.chunked_upload_is
        if answer.status == 200:
            expected = hashlib.sha256(b"".join(blocks)).hexdigest()
            assert json.loads(answer.body)["sha256"] == expected

    def test_a_body_over_max_request_body_is_a_413(self, front):
        answer = client.fetch(front.root + "/digest", "POST", b"x" * (MAX_BODY + 1))
        assert answer.status == 413
        assert "max_request_body" in answer.text
        assert client.fetch(front.root + "/").body == b"hello"

    def test_a_client_that_goes_away_leaves_no_connection_behind(self, front):
        gate = Gate(front.folder, "abort")
        parts = urllib.parse.urlsplit(front.root + gate.path)
        request = "GET %s?%s HTTP/1.1\r\nHost: x\r\n\r\n" % (parts.path, parts.query)
        with socket.create_connection((parts.hostname, parts.port)) as connection:
            connection.sendall(request.encode())
            eventually(gate.started.exists)
            assert front.served.status()["server"]["connections"] == 1
        if self.tells_of_an_abort:
            self._eventually_no_connection(front)
            assert front.served.status()["in_flight"] == 1
        gate.open()
        self._eventually_no_connection(front)
        eventually(lambda: front.served.status()["in_flight"] == 0)

    def _eventually_no_connection(self, front):
        eventually(lambda: front.served.status()["server"]["connections"] == 0)

    def test_nothing_was_logged_as_an_error_of_ours(self, front):
        """The last of the class: what its tests have done is all ordinary."""
        lines = front.served.output().splitlines()
        assert [line for line in lines if "fault of ours" in line] == []
        assert [line for line in lines if "closed a connection" in line] == []
