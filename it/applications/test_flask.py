"""A Flask application: a form with a session, uploads, files, server-sent events."""

import hashlib
import http.client
import json

import pytest

from harness import places
from harness.waiting import eventually

FILE = b"\0\xff\r\n" * 1_000_000


@pytest.fixture(scope="module")
def site(project):
    with project("flask").served("board:application") as site:
        yield site


def test_a_form_a_session_and_a_flashed_message(site):
    browser = site.browser()

    browser.post("board", entry="Größe 日本 <b>")
    page = browser.post("board", entry="the second")

    assert browser.url == site.url + "/board"
    assert "<li>Größe 日本 &lt;b&gt;</li><li>the second</li>" in page.text
    assert "<p>added</p>" in page.text
    assert "<p>added</p>" not in browser.get("board").text
    assert {site.mount + "/board", site.url + "/board"} <= set(browser.urls)


def test_a_forged_session_is_none(site):
    browser = site.browser()
    browser.post("board", entry="secret")
    browser.cookies["session"] = browser.cookies["session"][:-3] + "AAA"

    assert "secret" not in browser.get("board").text


def test_an_upload_of_4_megabytes(site):
    answer = site.browser().upload("upload", {"title": "Größe"}, {"file": ("a b.bin", FILE)})

    assert json.loads(answer.body) == {
        "name": "a b.bin",
        "sha256": hashlib.sha256(FILE).hexdigest(),
        "title": "Größe",
    }


@pytest.mark.parametrize("size", [1, 5_000, 4_000_000])
def test_a_chunked_upload_without_a_length(site, size):
    blocks = [FILE[start : min(size, start + 50_000)] for start in range(0, size, 50_000)]

    answer = site.fetch("/raw", "POST", iter(blocks))

    assert json.loads(answer.body)["sha256"] == hashlib.sha256(FILE[:size]).hexdigest()


def test_a_file_and_a_part_of_it(site):
    whole = site.fetch("/file")
    part = site.fetch("/file", headers={"Range": "bytes=10-29"})
    fresh = site.fetch("/file", headers={"If-None-Match": whole.headers["ETag"]})

    assert whole.body.startswith(b'"""A Flask application')
    assert (part.status, part.body) == (206, whole.body[10:30])
    assert (fresh.status, fresh.body) == (304, b"")


def test_server_sent_events_arrive_one_by_one(site, folder):
    seen = places.writable(folder / "seen")
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    try:
        connection.request("GET", site.mount + "/events?folder=%s" % seen)
        answer = connection.getresponse()
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        for number in range(5):
            event = b"data: event %d\n\n" % number
            assert answer.read(len(event)) == event
            (seen / str(number)).touch()
        assert answer.read() == b""
    finally:
        connection.close()


def test_an_exception_is_flasks_500_and_its_traceback_is_in_the_log(site):
    answer = site.fetch("/broken")

    assert answer.status == 500
    assert "LookupError" not in answer.text
    eventually(lambda: "LookupError: broken on purpose" in site.log(), what="the traceback")
