"""A CherryPy application: sessions in files, a form, uploads, static files, a stream."""

import hashlib
import json

import pytest

from harness import client

FILE = b"\0\xff\r\n" * 100_000


@pytest.fixture(scope="module")
def site(project):
    with project("cherrypy").served("blog:application") as site:
        yield site


def test_a_form_and_a_session_that_all_workers_know(site):
    browser = site.browser()

    for text in ("Größe 日本", "two", "three", "four"):
        page = browser.post("post", text=text)

    assert browser.url == site.url + "/"
    assert "<li>Größe 日本</li><li>two</li><li>three</li><li>four</li>" in page.text
    assert 'action="%s/post"' % site.mount in page.text
    assert site.browser().get("").text.endswith("<ul></ul>")


def test_what_is_not_allowed_is_the_applications_405(site):
    assert site.fetch("/post?text=x").status == 405


def test_an_upload(site):
    answer = site.browser().upload("upload", {}, {"file": ("file.bin", FILE)})

    assert json.loads(answer.body) == {
        "name": "file.bin",
        "sha256": hashlib.sha256(FILE).hexdigest(),
    }


def test_a_body_that_the_application_reads_itself(site):
    answer = site.fetch("/raw", "POST", FILE)

    assert json.loads(answer.body)["sha256"] == hashlib.sha256(FILE).hexdigest()


def test_a_file_and_parts_of_it(site):
    whole = site.fetch("/files/note.txt")
    part = site.fetch("/files/note.txt", headers={"Range": "bytes=2-5"})
    parts = site.fetch("/files/note.txt", headers={"Range": "bytes=0-1,8-9"})

    assert whole.body == b"0123456789 a file that CherryPy serves\n"
    assert (part.status, part.body) == (206, b"2345")
    assert parts.status == 206 and b"\r\n\r\n01\r\n" in parts.body and b"89\r\n" in parts.body
    assert site.fetch("/files/missing.txt").status == 404


def test_a_stream_arrives_one_by_one(site, meeting):
    assert client.ends_whole(site.url + "/stream?seen=%s" % meeting, b"first", meeting.touch)
