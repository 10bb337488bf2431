"""Apache's mod_authnz_fcgi asks a Python application whether a request may go on. It sends no STDIN
record at all, and gives `Variable-` headers to the next handler.
"""

import pytest

from penstock.demo.apache import Apache, free_port

from harness import client, places, webservers

DIRECTIVES = """
AuthnzFcgiDefineProvider authn Gatekeeper fcgi://127.0.0.1:{tcp}/

<Location "/guarded">
    AuthType Basic
    AuthName "the gate"
    AuthnzFcgiCheckAuthnProvider Gatekeeper Authoritative On RequireBasicAuth Off UserExpr "%{{reqenv:AUTH_METHOD}}"
    Require valid-user
</Location>

ScriptAlias "/guarded/show" "{folder}/show.cgi"
<Directory "{folder}">
    Require all granted
</Directory>
"""

SHOW = """#!/bin/sh
head -c "${CONTENT_LENGTH:-0}" >/dev/null
printf 'Content-Type: text/plain\\r\\n\\r\\n'
env
"""


@pytest.fixture(scope="module")
def served(quickstart, shared_folder):
    (shared_folder / "serve").mkdir()
    tcp = ("127.0.0.1", free_port())
    settings = {"role": "authorizer"}
    served = webservers.streams(quickstart, shared_folder / "serve", addresses=[tcp], **settings)
    with served:
        yield served


@pytest.fixture(scope="module")
def url(apache_with, served, shared_folder):
    modules = ("authnz_fcgi", "cgid", "alias", "authn_core", "authz_core", "authz_user", "auth_basic")
    site = places.writable(shared_folder / "site")
    (site / "show.cgi").write_text(SHOW)
    (site / "show.cgi").chmod(0o755)
    apache = Apache(
        apache_with(*modules[:2]),
        shared_folder / "apache",
        site,
        modules=modules,
        directives=DIRECTIVES.format(tcp=served.addresses[0][1], folder=site),
    )
    try:
        yield apache.start().url
    finally:
        print("--- Apache said\n" + apache.log()[-3000:])
        apache.stop()


def test_who_is_let_in_reaches_the_handler_with_the_authorizers_variables(url):
    answer = client.fetch(url + "/guarded/show", headers={"X-Pass": "yes"})

    assert answer.status == 200
    lines = answer.text.splitlines()
    assert "GREETING=welcome, friend" in lines
    assert "REMOTE_USER=pass" in lines


def test_who_is_not_known_is_asked_for_a_password(url):
    answer = client.fetch(url + "/guarded/show")

    assert answer.status == 401
    # Apache adds one of its own, from AuthName.
    assert 'Basic realm="of the application"' in answer.headers["WWW-Authenticate"]
    assert "the page for whom I do not know" in answer.text


def test_who_is_refused_gets_the_authorizers_page(url):
    answer = client.fetch(url + "/guarded/show", headers={"X-Pass": "never"})

    assert (answer.status, answer.text) == (403, "the page for never")


def test_a_post_that_is_let_in_keeps_its_body(url):
    answer = client.fetch(url + "/guarded/show", "POST", b"x" * 1000, {"X-Pass": "yes"})
    assert answer.status == 200
    assert "CONTENT_LENGTH=1000" in answer.text.splitlines()


def test_nothing_of_this_was_an_error(url, served):
    assert webservers.complaints(served) == []
