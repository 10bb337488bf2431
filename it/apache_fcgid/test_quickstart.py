"""The recipe, verbatim: a quickstart project under mod_fcgid with the two files, and no
`dispatch.fcgi` in any URL.
"""

from urllib.parse import urlsplit

import pytest

from harness import project, scripts
from harness.fcgid import FcgidSite

FORMS = {
    "ours": lambda python, ini: scripts.ours(python, ini),
    "recipe": lambda python, ini: scripts.recipe(python, ini.parent),
}
MOUNTS = {"below": "/app", "root": "/"}


@pytest.fixture(scope="module", params=["ours-below", "ours-root", "recipe-below", "recipe-root"])
def site(request, apache_with, quickstart, shared_folder):
    form, mount = request.param.split("-")
    folder = shared_folder / request.param
    ini = project.copy_of(quickstart, folder / "project")
    script = FORMS[form](quickstart.command("python"), ini)
    with FcgidSite(apache_with("fcgid"), folder, script, mount=MOUNTS[mount]) as site:
        yield site


def test_the_root_redirects_to_the_demo_page(site):
    answer = site.fetch("/")

    assert answer.status == 302
    assert answer.location == site.url + "/demo"


def test_a_page_comes_with_its_links(site):
    answer = site.fetch("/demo")

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert 'href="%s/login"' % site.mount in answer.text


def test_no_url_of_any_page_has_dispatch_fcgi_in_it(site):
    browser = site.browser()
    pages = [
        "/",
        "/demo",
        "/demo/todos",
        "/demo/add",
        "/demo/toggle?todo_id=1",
        "/login",
        "/login?failure=user-not-found",
    ]
    pages += [
        "/demo/protected",
        "/error/document",
        "/no/such/page",
        "/css/style.css",
        "/post_logout",
        "/logout_handler",
    ]
    for page in pages:
        browser.get(site.mount + page)
    log_in(site, browser, came_from=site.mount + "/demo")
    for page in pages:
        browser.get(site.mount + page)

    urls = set(browser.urls)

    assert len(urls) > 10
    assert not [url for url in urls if "dispatch" in url]


def test_every_link_of_the_pages_leads_to_a_page(site):
    browser = site.browser()
    for page in ("/demo", "/login"):
        browser.get(site.mount + page)

    not_pages = ("_handler", "/demo/add", "_debugbar")
    own = [
        url for url in set(browser.urls) if urlsplit(url).netloc in ("", urlsplit(site.url).netloc)
    ]
    links = [url for url in own if not any(part in url for part in not_pages)]
    statuses = {url: site.browser().open(url).status for url in links}

    assert statuses and set(statuses.values()) == {200}, statuses


def test_a_login_goes_back_to_where_it_came_from(site):
    browser = site.browser()

    refused = browser.get(site.mount + "/demo/protected")
    assert urlsplit(browser.url).path == site.mount + "/login", refused
    came_from = [url for url in browser.urls if "came_from=" in url and "/login_handler" in url][-1]
    answer = browser.post(came_from, login="manager", password="managepass")

    assert browser.url == site.url + "/demo/protected"
    assert answer.status == 200


def test_a_wrong_password_leads_to_the_login_page(site):
    browser = site.browser()

    answer = log_in(site, browser, password="wrong")

    assert urlsplit(browser.url).path == site.mount + "/login"
    assert answer.status == 200
    assert browser.get(site.mount + "/demo/protected") and "/login" in browser.url


def test_a_login_lasts_through_its_cookie_and_ends_with_the_logout(site):
    browser = site.browser()
    log_in(site, browser)

    assert "Logout" in browser.get(site.mount + "/demo").text
    assert "Logout" in browser.get(site.mount + "/demo").text
    browser.get(site.mount + "/logout_handler")
    assert "Logout" not in browser.get(site.mount + "/demo").text


def test_a_form_stores_non_ascii_text(site):
    browser = site.browser()

    fragment = browser.post(site.mount + "/demo/add", title="Größe 日本 & <b>")

    assert fragment.status == 200
    assert "Größe 日本 &amp; &lt;b&gt;" in browser.get(site.mount + "/demo").text


def test_a_form_that_is_sent_in_chunks_without_a_length_is_stored(site):
    form = [b"title=sent+", b"in+chunks+", b"x" * 20_000]
    kind = {"Content-Type": "application/x-www-form-urlencoded"}

    fragment = site.fetch("/demo/add", "POST", iter(form), kind)

    assert fragment.status == 200
    assert "sent in chunks " + "x" * 20_000 in site.fetch("/demo").text


def test_a_form_that_is_not_valid_comes_back_with_its_errors(site):
    assert site.browser().post(site.mount + "/demo/toggle", todo_id="not a number").status == 200


@pytest.mark.parametrize(
    "path, kind", [("/css/style.css", "text/css"), ("/img/turbogears_logo.png", "image/png")]
)
def test_the_projects_public_files_come_whole(site, quickstart, path, kind):
    answer = site.fetch(path)

    with open(quickstart.directory + "/quickstart/public" + path, "rb") as file:
        assert answer.body == file.read()
    assert answer.headers.get_content_type() == kind


def test_a_page_that_is_not_there_is_the_applications_404(site):
    answer = site.fetch("/no/such/page")

    assert answer.status == 404
    assert 'href="%s/demo"' % site.mount in answer.text


def test_head_is_answered_like_get_without_a_body(site):
    got, head = site.fetch("/css/style.css"), site.fetch("/css/style.css", "HEAD")

    assert head.status == 200
    assert head.body == b""
    assert head.headers["Content-Length"] == str(len(got.body))
    assert site.fetch("/demo", "HEAD").status == 200


def log_in(site, browser, password="managepass", came_from="/"):
    return browser.post(
        site.mount + "/login_handler?came_from=" + came_from, login="manager", password=password
    )
