"""Requests of every kind through mod_fcgid, as a WSGI application sees them and as the client sees
the answers.
"""

import hashlib
import json

import pytest

from harness import client, scripts
from harness.fcgid import FcgidSite
from harness.probe import BIG, Probe, facts


@pytest.fixture(scope="module")
def site(apache_with, quickstart, shared_folder):
    probe = Probe(shared_folder / "project")
    script = scripts.recipe(quickstart.command("python"), probe.directory)
    with FcgidSite(apache_with("fcgid"), shared_folder, script, static=True) as site:
        yield site


def test_an_upload_of_10_megabytes_arrives_whole(site):
    body = BIG.content()

    answer = json.loads(site.fetch("/digest", "POST", body).body)

    assert answer == {"length": BIG.size, "sha256": BIG.sha256(), "content_length": str(BIG.size)}


def test_a_chunked_upload_arrives_whole(site):
    blocks = [b"a" * 1000, b"b" * 100_000, b"c"]
    request = b"POST %s/digest HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    request += b"Transfer-Encoding: chunked\r\n\r\n"
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(block), block) for block in blocks)

    answer = client.send_raw(
        site.apache.port, request % site.mount.encode() + chunks + b"0\r\n\r\n"
    )

    whole = b"".join(blocks)
    assert hashlib.sha256(whole).hexdigest().encode() in answer, answer
    assert b'"length": %d' % len(whole) in answer


def test_a_download_of_10_megabytes_arrives_whole(site):
    answer = site.fetch("/download?size=%d" % BIG.size)

    assert answer.headers["Content-Length"] == str(BIG.size)
    assert hashlib.sha256(answer.body).hexdigest() == BIG.sha256()


def test_head_has_the_headers_of_get_and_no_body(site):
    answer = site.fetch("/download?size=1000", "HEAD")

    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Content-Length"] == "1000"


def test_without_a_body_the_input_is_empty(site):
    # mod_fcgid always sets CONTENT_LENGTH; cli/test_serve.py has the requests without it.
    seen = json.loads(site.fetch("/digest").body)

    assert seen["length"] == 0
    assert seen["content_length"] in (None, "0")


def test_an_empty_body_is_an_empty_input(site):
    assert json.loads(site.fetch("/digest", "POST", b"").body)["length"] == 0


@pytest.mark.parametrize(
    "sent, path",
    [
        ("/plain", b"/plain"),
        ("/with%20space", b"/with space"),
        ("/Gr%C3%B6%C3%9Fe/%E6%97%A5%E6%9C%AC", "/Größe/日本".encode()),
        ("/latin1-%E9", b"/latin1-\xe9"),
        ("/percent-%2525", b"/percent-%25"),
        ("/semi;colon=1&amp", b"/semi;colon=1&amp"),
        ("/plus+plus", b"/plus+plus"),
        ("/slash/", b"/slash/"),
        ("/", b"/"),
    ],
)
def test_a_path_arrives_decoded_once_as_its_bytes(site, sent, path):
    seen = raw_facts(site, sent)["environ"]

    assert seen["PATH_INFO"].encode("latin-1") == path, seen
    assert seen["SCRIPT_NAME"] == site.mount


def test_the_mount_without_its_slash_redirects_to_the_one_with_it(site):
    answer = client.fetch(site.url)

    assert (answer.status, answer.location) == (301, site.url + "/")


@pytest.mark.parametrize(
    "query", ["a=1&b=2", "name=Gr%C3%B6%C3%9Fe", "raw=\xe9\xff", "a=b?c=d", "x=%2525", ""]
)
def test_a_query_string_arrives_as_it_was_sent(site, query):
    assert raw_facts(site, "/environ?" + query)["environ"].get("QUERY_STRING", "") == query


def test_a_request_line_stays_readable_for_the_application(site):
    seen = facts(site.url, "/environ?a=%20b")["environ"]

    assert seen["REQUEST_URI"] == site.mount + "/environ?a=%20b"
    assert seen["REQUEST_METHOD"] == "GET"
    assert seen["SERVER_NAME"] == "127.0.0.1"
    assert seen["SERVER_PORT"] == str(site.apache.port)


def test_cookies_come_and_go_one_by_one(site):
    answer = site.fetch("/cookies", headers={"Cookie": "a=1; b=2"})

    assert answer.body == b"a=1; b=2"
    assert answer.headers.get_all("Set-Cookie") == ["one=1; Path=/", "two=2; Path=/"]


def test_an_error_in_the_application_is_a_500_with_the_traceback_in_the_log_only(site):
    answer = site.fetch("/error")

    assert answer.status == 500
    assert "LookupError" not in answer.text
    assert "LookupError: raised by the probe" in site.log()


def test_the_next_request_after_an_error_is_served(site):
    site.fetch("/error")

    assert site.fetch("/").body == b"hello"


def test_a_body_that_the_application_does_not_read_disturbs_nothing(site):
    assert site.fetch("/", "POST", BIG.content()).body == b"hello"
    assert site.fetch("/").body == b"hello"


def test_static_files_come_from_apache_with_the_recipes_rule(site):
    (site.home / "static").mkdir(exist_ok=True)
    (site.home / "static" / "note.txt").write_text("from the disk")

    assert site.fetch("/static/note.txt").body == b"from the disk"
    assert site.fetch("/static/missing.txt").status == 404


def raw_facts(site, target):
    """/environ's answer to a request line with these very bytes, at a path that the application
    does not know.
    """
    path, _, query = target.partition("?")
    request = (
        "GET %s%s%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\nX-Probe: environ\r\n\r\n"
    )
    wanted = request % (site.mount, path, "?" + query if query else "", site.apache.port)
    answer = client.send_raw(site.apache.port, wanted.encode("latin-1"))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b" 200 " in head.split(b"\r\n")[0], answer[:500]
    return json.loads(body)
