"""Trac: wiki pages, tickets, attachments. It answers through write() and wsgi.file_wrapper."""

import re

import pytest

from harness import client

FILE = b"\0\xff\r\n" * 50_000
MAY = (
    "WIKI_CREATE",
    "WIKI_MODIFY",
    "TICKET_CREATE",
    "TICKET_APPEND",
    "TICKET_CHGPROP",
    "TIMELINE_VIEW",
)


@pytest.fixture(scope="module")
def site(project):
    trac = project("trac")
    environment = trac.directory / "environment"
    trac.run("trac-admin", environment, "initenv", "Größe", "sqlite:db/trac.db")
    trac.run("trac-admin", environment, "permission", "add", "anonymous", *MAY)
    with trac.served("tracker:application") as site:
        yield site


def token(page):
    return client.hidden(page, "__FORM_TOKEN")


def new_ticket(browser, summary):
    """The page of a ticket that was made through the form."""
    form = browser.get("newticket")
    return browser.post(
        "newticket",
        __FORM_TOKEN=token(form),
        field_summary=summary,
        field_description="= A heading =\n[wiki:WikiStart start]",
        field_status="new",
        submit="Create ticket",
    )


def test_the_start_page_and_all_its_styles_come(site):
    browser = site.browser()

    page = browser.get("")

    assert page.status == 200 and "Welcome to Trac" in page.text
    files = [url for url in set(browser.urls) if url.startswith(site.mount + "/chrome/common/")]
    assert len(files) > 5
    assert {browser.open(url).status for url in files} == {200}


def test_a_wiki_page_is_written_read_and_compared(site):
    browser = site.browser()
    for version, text in enumerate(["'''Größe''' 日本 <b>", "something else"]):
        form = browser.get("wiki/NewPage?action=edit")
        saved = browser.post(
            "wiki/NewPage",
            __FORM_TOKEN=token(form),
            action="edit",
            version=str(version),
            text=text,
            comment="",
            author="a tester",
            save="Submit changes",
        )
        assert saved.status == 200 and browser.url == site.url + "/wiki/NewPage"

    assert "something else" in browser.get("wiki/NewPage").text
    first = browser.get("wiki/NewPage?version=1").text
    assert "<strong>Größe</strong> 日本 &lt;b&gt;" in first
    assert "Change History" in browser.get("wiki/NewPage?action=history").text
    assert browser.get("wiki/NewPage?action=diff&version=2").status == 200
    assert browser.get("wiki/NewPage?version=1&format=txt").text.strip() == "'''Größe''' 日本 <b>"


def test_a_form_without_its_token_is_refused(site):
    assert site.browser().post("newticket", field_summary="forged").status == 400


def test_a_ticket_is_made_and_commented(site):
    browser = site.browser()

    page = new_ticket(browser, "Größe 日本 <b>")
    (path,) = re.findall(r"/ticket/\d+", browser.url)
    assert browser.url == site.url + path
    assert "Größe 日本 &lt;b&gt;" in page.text
    assert 'href="%s/wiki/WikiStart"' % site.mount in page.text

    fields = dict(re.findall(r'name="(start_time|view_time)"\s+value="([^"]*)"', page.text))
    fields.update(__FORM_TOKEN=token(page), comment="a comment", action="leave", submit="1")
    page = browser.post(path[1:], **fields)
    assert "a comment" in browser.get(path[1:]).text, page


def test_an_attachment_comes_back_the_same(site):
    browser = site.browser()
    new_ticket(browser, "with an attachment")
    (path,) = re.findall(r"/(ticket/\d+)", browser.url)

    form = browser.get("attachment/%s/?action=new" % path)
    fields = {
        "__FORM_TOKEN": token(form),
        "action": "new",
        "realm": "ticket",
        "id": path.partition("/")[2],
        "description": "",
    }
    browser.upload("attachment/%s/" % path, fields, {"attachment": ("a file.bin", FILE)})

    answer = browser.get("raw-attachment/%s/a%%20file.bin" % path)
    assert answer.body == FILE
    assert browser.get("attachment/%s/a%%20file.bin" % path).status == 200


def test_a_page_that_is_not_there_is_tracs_404(site):
    answer = site.fetch("/no/such/page")

    assert answer.status == 404 and "No handler matched request" in answer.text


def test_nothing_was_reported_as_a_fault(site):
    browser = site.browser()
    assert [browser.get(page).status for page in ("timeline", "report", "search?q=a")] == [200] * 3
    assert "the application failed" not in site.log()
