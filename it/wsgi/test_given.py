"""PEP 3333: what the application is given. The environ, wsgi.input and wsgi.errors."""

import http.client
import io
import json
import urllib.parse

import pytest

from apps.letter import follow
from harness import fronts
from harness.waiting import eventually

BODY = b"".join(b"line %d of the body\n" % number for number in range(20))
#: Larger than what is kept in memory, so it comes to the worker as a file.
SPOOLED = b"".join(b"line %d\n" % number for number in range(40_000)) + b"the last has no end"


def given(site, headers=None, path="/environ", **request):
    answer = site.fetch(path, headers=headers, **request)
    assert answer.status == 200, answer
    return json.loads(answer.body)


def raw(site, *headers):
    """The CGI variables for headers as given: pairs, which may be repeated or empty."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    try:
        connection.putrequest("GET", site.mount + "/environ")
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        return json.loads(answer.read())["cgi"]
    finally:
        connection.close()


def test_the_environ_is_a_dict_and_every_cgi_value_a_str_of_latin_1(site):
    seen = given(site, {"X-Name": "Größe 日本".encode()}, "/environ?name=Gr%C3%B6%C3%9Fe")

    assert seen["type"] == "dict"
    assert {seen["types"][name] for name in seen["cgi"]} == {"str"}
    assert all(ord(character) < 256 for value in seen["cgi"].values() for character in value)
    assert seen["cgi"]["HTTP_X_NAME"].encode("latin-1") == "Größe 日本".encode()
    assert seen["cgi"]["QUERY_STRING"] == "name=Gr%C3%B6%C3%9Fe"


def test_server_and_paths_are_always_there_and_the_root_is_empty(site):
    seen = given(site)["cgi"]

    assert (seen["SERVER_NAME"], seen["SERVER_PORT"]) == ("127.0.0.1", str(site.port))
    assert (seen["SCRIPT_NAME"], seen["PATH_INFO"]) == (site.mount, "/environ")
    assert seen["SERVER_PROTOCOL"] == "HTTP/1.1"
    assert seen["REQUEST_METHOD"] == "GET"


def test_what_the_client_did_not_say_is_absent(site):
    seen = given(site)["cgi"]

    assert "CONTENT_TYPE" not in seen and "REMOTE_USER" not in seen
    assert seen.get("CONTENT_LENGTH") in (None, "0"), "mod_fcgid says 0"
    assert [
        name for name, value in seen.items() if not value and name.startswith(("CONTENT_", "HTTP_"))
    ] == []


def test_an_empty_content_type_is_absent(site):
    assert "CONTENT_TYPE" not in raw(site, ("Content-Type", ""))


def test_the_wsgi_keys_have_their_types_and_tell_the_truth(site):
    seen = given(site)

    assert seen["wsgi"]["wsgi.version"] == [1, 0]
    assert seen["types"]["wsgi.version"] == "tuple"
    assert seen["wsgi"]["wsgi.url_scheme"] == "http"
    assert seen["wsgi"]["wsgi.multithread"] is False
    assert seen["wsgi"]["wsgi.multiprocess"] is True
    assert seen["wsgi"]["wsgi.run_once"] is False
    assert seen["wsgi"]["wsgi.input_terminated"] is True
    assert seen["callable"]


def test_a_header_with_an_underscore_cannot_pass_for_another(site):
    seen = raw(site, ("X-User", "true"), ("X_User", "forged"), ("X_Other", "forged"))

    assert seen["HTTP_X_USER"] == "true"
    assert "HTTP_X_OTHER" not in seen


def test_a_proxy_header_does_not_become_the_applications_proxy(site):
    assert "HTTP_PROXY" not in given(site, {"Proxy": "http://evil.example"})["cgi"]


def test_repeated_headers_are_one_list(site):
    assert raw(site, ("X-List", "a"), ("X-List", "b"))["HTTP_X_LIST"] == "a, b"


def test_repeated_cookie_headers_are_joined_as_cookies_are(site):
    if site.way != fronts.HTTP:
        pytest.skip("Apache joins them with a comma, like any other header, before it passes them")
    assert raw(site, ("Cookie", "a=1"), ("Cookie", "b=2"))["HTTP_COOKIE"] == "a=1; b=2"


def test_the_redirections_of_apache_do_not_move_the_application(site):
    # Django takes SCRIPT_URL or REDIRECT_URL, where there is one, for the path of the request.
    seen = given(site)["cgi"]

    for name in ("SCRIPT_URL", "REDIRECT_URL"):
        assert seen.get(name, site.mount + "/environ") == site.mount + "/environ"


STEPS = {
    "read": [("read",), ("read",), ("read", 5), ("readline",)],
    "read-n": [("read", 5), ("read", 0), ("read", 7), ("read", 10_000_000), ("read", 1)],
    "readline": [("readline",), ("readline", 3), ("readline", 100), ("readline", 0), ("readline",)],
    "readlines": [("readlines", 40), ("readlines",), ("readlines",)],
    "iteration": [("next",), ("next",), ("iterate",), ("iterate",), ("read",)],
    "mixed": [
        ("readline", 4),
        ("read", 3),
        ("next",),
        ("readlines", 10),
        ("readline",),
        ("iterate",),
        ("read",),
        ("readline",),
        ("readlines",),
    ],
}


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
@pytest.mark.parametrize("body", [BODY, SPOOLED], ids=["in-memory", "in-a-file"])
@pytest.mark.parametrize("sent", ["with-length", "chunked"])
def test_the_input_reads_like_a_file(site, steps, body, sent):
    path = "/read?" + urllib.parse.urlencode({"steps": repr(steps)})
    blocks = [body[start : start + 30_000] for start in range(0, len(body), 30_000)]

    answer = site.fetch(path, "POST", body if sent == "with-length" else iter(blocks))

    like = io.BytesIO(body)
    assert answer.status == 200, answer
    seen = json.loads(answer.body)
    assert seen["given"] == [follow(like, *step).decode("latin-1") for step in steps]
    assert seen["content_length"] == str(len(body))


@pytest.mark.parametrize("size", [100, 1_000_000])
def test_a_body_that_is_not_read_leaves_the_connection_in_order(site, size):
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    try:
        for _ in range(3):
            connection.request("POST", site.mount + "/", b"GET / HTTP/1.1\r\n\r\n" * (size // 18))
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b"hello")
    finally:
        connection.close()


def test_errors_take_any_text(site):
    assert site.fetch("/errors").body == b"hello"

    for line in ("Größe 日本 \\ud800 written", "one line", "another line", "without an end"):
        eventually(lambda: line in site.log(), what="in the log: " + line)
