"""The built-in HTTP listener, for development: no web server at all."""

import hashlib
import json

import pytest

from penstock.demo.apache import free_port

from harness import client, project
from harness.probe import BIG, Probe, facts
from harness.served import Served


@pytest.fixture(scope="module")
def probe(quickstart, shared_folder):
    directory = Probe(shared_folder / "project").directory
    arguments = ["probe:application", "--workers", "2"]
    with Served(
        quickstart, shared_folder, *arguments, http=free_port(), directory=directory
    ) as served:
        yield served


@pytest.fixture(scope="module")
def site(quickstart, shared_folder):
    folder = shared_folder / "quickstart"
    folder.mkdir()
    ini = project.copy_of(quickstart, folder / "project")
    with Served(quickstart, folder, ini, http=free_port()) as served:
        yield served


def test_the_quickstart_works(site):
    assert client.fetch(site.url + "/").location == site.url + "/demo"
    browser = client.Browser(site.url)
    browser.get("/demo/protected")
    came_from = [link for link in browser.urls if "/login_handler" in link and "came_from" in link][
        -1
    ]

    answer = browser.post(came_from, login="manager", password="managepass")

    assert (answer.status, browser.url) == (200, site.url + "/demo/protected")
    assert client.fetch(site.url + "/css/style.css").headers.get_content_type() == "text/css"


@pytest.mark.parametrize(
    "sent, path",
    [
        ("/", "/"),
        ("/with%20space", "/with space"),
        ("/Gr%C3%B6%C3%9Fe", "/Größe"),
        ("/question%3Fmark", "/question?mark"),
        ("/p%2525", "/p%25"),
        ("/plus+", "/plus+"),
    ],
)
def test_paths_are_decoded_once(probe, sent, path):
    seen = json.loads(client.fetch(probe.url + sent, headers={"X-Probe": "environ"}).body)[
        "environ"
    ]

    assert (seen["SCRIPT_NAME"], seen["PATH_INFO"].encode("latin-1").decode()) == ("", path)
    assert seen["REQUEST_URI"] == sent


def test_the_environ_names_server_client_and_protocol(probe):
    seen = facts(probe.url)["environ"]

    assert seen["SERVER_NAME"] == "127.0.0.1"
    assert seen["SERVER_PORT"] == str(probe.http)
    assert seen["REMOTE_ADDR"] == "127.0.0.1"
    assert seen["SERVER_PROTOCOL"] == "HTTP/1.1"
    assert seen["wsgi.url_scheme"] == "http"


def test_uploads_and_downloads_of_10_megabytes_arrive_whole(probe):
    upload = json.loads(client.fetch(probe.url + "/digest", "POST", BIG.content()).body)
    download = client.fetch(probe.url + "/download?size=%d" % BIG.size)

    assert upload["sha256"] == BIG.sha256()
    assert hashlib.sha256(download.body).hexdigest() == BIG.sha256()


def test_a_chunked_upload_arrives_whole(probe):
    answer = client.fetch(probe.url + "/digest", "POST", iter([b"x" * 70_000, b"y"]))

    assert json.loads(answer.body)["sha256"] == hashlib.sha256(b"x" * 70_000 + b"y").hexdigest()


def test_head_has_the_headers_of_get_and_no_body(probe):
    answer = client.fetch(probe.url + "/download?size=1000", "HEAD")

    assert (answer.status, answer.headers["Content-Length"], answer.body) == (200, "1000", b"")


def test_a_connection_is_kept_for_the_next_request(probe):
    request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    answer = client.send_raw(probe.http, request + request + last)

    assert answer.count(b"HTTP/1.1 200") == 3 and answer.count(b"hello") == 3, answer


def test_cookies_stay_separate(probe):
    answer = client.fetch(probe.url + "/cookies", headers={"Cookie": "a=1; b=2"})

    assert answer.headers.get_all("Set-Cookie") == ["one=1; Path=/", "two=2; Path=/"]
