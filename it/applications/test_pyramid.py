"""A Pyramid application out of an INI file: a form with CSRF tokens, a template, static files, a
stream.
"""

import re
import urllib.parse

import pytest

from harness import client

FILE = b"\0\xff\r\n" * 100_000


@pytest.fixture(scope="module")
def site(project):
    with project("pyramid").served(ini="production.ini") as site:
        yield site


def test_a_form_with_a_token_a_file_and_a_session(site):
    browser = site.browser()
    path = "notes/" + urllib.parse.quote("Größe & co")

    token = client.hidden(browser.get(path), "csrf_token")
    browser.upload(path, {"csrf_token": token, "note": "日本 <b>"}, {"file": ("f", FILE)})
    page = browser.upload(path, {"csrf_token": token, "note": "two"}, {})

    assert browser.url == site.url + "/notes/Gr%C3%B6%C3%9Fe%20&%20co"
    assert "<h1>Größe &amp; co</h1>" in page.text
    assert re.findall("<li>(.*?)</li>", page.text) == ["日本 &lt;b&gt;", "two"]
    assert "<p>400000 bytes</p>" in page.text


def test_a_form_without_its_token_is_refused(site):
    assert site.browser().post("notes/x", note="forged").status == 400


def test_static_files_are_linked_below_the_mount_and_come_whole(site):
    browser = site.browser()
    browser.get("notes/x")
    (link,) = [url for url in browser.urls if url.endswith("note.txt")]

    assert link == site.url + "/files/note.txt"
    assert browser.open(link).body == b"0123456789 a file that Pyramid serves\n"


def test_a_part_of_a_file(site):
    whole = site.fetch("/source")
    part = site.fetch("/source", headers={"Range": "bytes=10-29"})

    assert whole.body.startswith(b'"""A Pyramid application')
    assert (part.status, part.body) == (206, whole.body[10:30])


def test_a_stream_arrives_one_by_one(site, meeting):
    assert client.ends_whole(site.url + "/stream?seen=%s" % meeting, b"first", meeting.touch)


def test_a_page_that_is_not_there_is_the_applications_404(site):
    answer = site.fetch("/no/such/page")

    assert answer.status == 404 and "/no/such/page" in answer.text
