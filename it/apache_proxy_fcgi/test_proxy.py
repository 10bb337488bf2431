"""The same application behind Apache's mod_proxy_fcgi: `penstock serve` listens, Apache connects.

Over a Unix socket and over TCP, with and without connection reuse, at `/` and at a prefix, with
plain `ProxyPass`.
"""

import hashlib
import json

import pytest

from penstock.demo.apache import Apache, free_port

from harness import client, places, project
from harness.probe import BIG, Probe
from harness.served import Served

TRANSPORTS = ("unix", "tcp")
REUSE = ("", " enablereuse=on")
MOUNTS = ("/", "/pre/fix/")


class Proxied:
    """One `penstock serve` with a Unix and a TCP listener, and an Apache for each way to it."""

    def __init__(self, installation, folder, server):
        self.installation = installation
        self.folder = folder
        self.server = server
        self.apaches = []

    def behind(self, transport, reuse, mount):
        unix, tcp = self.server.addresses
        target = (
            "unix:%s|fcgi://localhost/" % unix if transport == "unix" else "fcgi://%s:%d/" % tcp
        )
        number = len(self.apaches)
        apache = Apache(
            self.installation,
            self.folder / ("apache-%d" % number),
            places.writable(self.folder / "htdocs"),
            modules=("proxy", "proxy_fcgi"),
            directives='ProxyPass "%s" "%s"%s\n' % (mount, target, reuse),
        )
        self.apaches.append(apache)
        return apache.start().url + mount.rstrip("/")


def proxied(apache_with, quickstart, folder, target, *arguments, directory=None):
    unix = folder / "fcgi.sock"
    # Apache's processes are another user's when we are root.
    listeners = [unix, ("127.0.0.1", free_port())]
    arguments = [target, "--workers", "2", "--set", "fcgi_mode=0666", *arguments]
    return Proxied(
        apache_with("proxy", "proxy_fcgi"),
        folder,
        Served(quickstart, folder, *arguments, fcgi=listeners, directory=directory),
    )


@pytest.fixture(scope="module")
def probes(apache_with, quickstart, shared_folder):
    """A function: the probe's URL behind an Apache of that kind."""
    probe = Probe(shared_folder / "project")
    sites = proxied(
        apache_with, quickstart, shared_folder, "probe:application", directory=probe.directory
    )
    urls = {}

    def url(*way):
        if way not in urls:
            urls[way] = sites.behind(*way)
        return urls[way]

    with sites.server:
        yield url
        for apache in sites.apaches:
            apache.stop()


@pytest.fixture(scope="module")
def quickstarts(apache_with, quickstart, shared_folder):
    folder = shared_folder / "quickstart"
    folder.mkdir()
    ini = project.copy_of(quickstart, folder / "project", debug=False)
    sites = proxied(apache_with, quickstart, folder, ini)
    with sites.server:
        yield sites
        for apache in sites.apaches:
            apache.stop()


@pytest.fixture(
    params=[(transport, reuse) for transport in TRANSPORTS for reuse in REUSE], ids="".join
)
def way(request):
    return request.param


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize(
    "sent, path",
    [
        ("/", "/"),
        ("/a/b", "/a/b"),
        ("/with%20space", "/with space"),
        ("/Gr%C3%B6%C3%9Fe/", "/Größe/"),
        ("/p%2525", "/p%25"),
    ],
)
def test_script_name_and_path_info_are_right(probes, way, mount, sent, path):
    url = probes(*way, mount)

    seen = json.loads(client.fetch(url + sent, headers={"X-Probe": "environ"}).body)["environ"]

    assert (seen["SCRIPT_NAME"], seen["PATH_INFO"].encode("latin-1").decode()) == (
        mount.rstrip("/"),
        path,
    )


def test_uploads_and_downloads_of_10_megabytes_arrive_whole(probes, way):
    url = probes(*way, "/")

    assert (
        json.loads(client.fetch(url + "/digest", "POST", BIG.content()).body)["sha256"]
        == BIG.sha256()
    )
    assert (
        hashlib.sha256(client.fetch(url + "/download?size=%d" % BIG.size).body).hexdigest()
        == BIG.sha256()
    )


def test_head_and_errors_and_the_requests_after_them(probes, way):
    url = probes(*way, "/")

    # mod_proxy_fcgi keeps Content-Length to itself here; http/ and apache_fcgid/ look at it.
    head = client.fetch(url + "/download?size=1000", "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert client.fetch(url + "/error").status == 500
    assert [client.fetch(url + "/").body for _ in range(20)] == [b"hello"] * 20


def test_a_chunked_upload_arrives_whole(probes, way):
    url = probes(*way, "/")
    blocks = [b"x" * 70_000, b"y"]

    answer = client.fetch(url + "/digest", "POST", iter(blocks))

    assert json.loads(answer.body)["sha256"] == hashlib.sha256(b"".join(blocks)).hexdigest()


@pytest.mark.parametrize("mount", MOUNTS)
def test_the_quickstart_redirects_and_links_below_its_mount(quickstarts, mount):
    url = quickstarts.behind("unix", " enablereuse=on", mount)
    prefix = mount.rstrip("/")

    assert client.fetch(url + "/").location == url + "/demo"
    assert 'href="%s/login"' % prefix in client.fetch(url + "/demo").text

    browser = client.Browser(url)
    browser.get(prefix + "/demo/protected")
    came_from = [link for link in browser.urls if "/login_handler" in link and "came_from" in link][
        -1
    ]
    assert browser.post(came_from, login="manager", password="managepass").status == 200
    assert browser.url == url + "/demo/protected"
