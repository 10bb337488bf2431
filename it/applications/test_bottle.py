"""A Bottle application: forms, cookies, uploads, files, a stream."""

import hashlib
import json

import pytest

from harness import client

FILE = b"\0\xff\r\n" * 100_000


@pytest.fixture(scope="module")
def site(project):
    with project("bottle").served("notes:application") as site:
        yield site


def test_a_form_and_its_signed_cookie(site):
    browser = site.browser()

    browser.post("notes", note="Größe 日本 <b>")
    page = browser.post("notes", note="the second")

    assert browser.url == site.url + "/notes"
    assert "<li>Größe 日本 &lt;b&gt;</li>\n<li>the second</li>" in page.text
    assert 'action="%s/notes"' % site.mount in page.text


def test_an_upload(site):
    answer = site.browser().upload("upload", {}, {"file": ("file.bin", FILE)})

    assert json.loads(answer.body) == {
        "name": "file.bin",
        "sha256": hashlib.sha256(FILE).hexdigest(),
    }


def test_a_chunked_upload_without_a_length(site):
    answer = site.fetch("/raw", "POST", iter([FILE[:10], FILE[10:]]))

    assert json.loads(answer.body)["sha256"] == hashlib.sha256(FILE).hexdigest()


def test_a_file_and_a_part_of_it(site):
    whole = site.fetch("/files/notes.py")
    part = site.fetch("/files/notes.py", headers={"Range": "bytes=10-29"})
    fresh = site.fetch(
        "/files/notes.py", headers={"If-Modified-Since": whole.headers["Last-Modified"]}
    )

    assert whole.body.startswith(b'"""A Bottle application')
    assert (part.status, part.body) == (206, whole.body[10:30])
    assert (fresh.status, fresh.body) == (304, b"")


def test_a_stream_arrives_one_by_one(site, meeting):
    assert client.ends_whole(site.url + "/stream?seen=%s" % meeting, b"first", meeting.touch)


def test_an_error_page_is_the_applications(site):
    answer = site.fetch("/teapot")

    assert answer.status == 418
    assert "Größe" in answer.text
