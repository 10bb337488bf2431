"""Django with its admin: log in, add and change, upload; static files, streams, paths."""

import hashlib
import json
import re

import pytest

from harness import client, places
from harness.waiting import eventually

FILE = b"\0\xff\r\n" * 1_000_000


@pytest.fixture(scope="module")
def site(project):
    django = project("django")
    places.writable(django.directory / "media")
    django.run("python", "-m", "shop.prepare")
    with django.served("shop.wsgi:application") as site:
        site.files = django.directory
        yield site


@pytest.fixture
def admin(site):
    """A browser that is logged in."""
    browser = site.browser()
    page = log_in(browser)
    assert browser.url == site.url + "/admin/" and "Site administration" in page.text
    return browser


def log_in(browser, password="not a secret"):
    page = browser.get("admin/")
    assert "/admin/login/?next=" in browser.url
    token = client.hidden(page, "csrfmiddlewaretoken")
    target = client.hidden(page, "next")
    return browser.post(
        browser.url, csrfmiddlewaretoken=token, next=target, username="admin", password=password
    )


def save(browser, path, name, photo=None):
    """Fill in the admin's form for an item; the page that comes then."""
    token = client.hidden(browser.get(path), "csrfmiddlewaretoken")
    fields = {"csrfmiddlewaretoken": token, "name": name, "_save": "Save"}
    return browser.upload(path, fields, {"photo": photo} if photo else {})


def test_a_wrong_password_is_refused(site):
    page = log_in(site.browser(), password="wrong")

    assert page.status == 200 and "Please enter the correct username" in page.text


def test_an_object_is_added_listed_and_changed(site, admin):
    page = save(admin, "admin/shop/item/add/", "Größe 日本 <b>")
    assert admin.url == site.url + "/admin/shop/item/"
    assert "was added successfully" in page.text

    (link,) = re.findall(r'href="([^"]+/change/)">Größe 日本 &lt;b&gt;</a>', page.text)[:1]
    assert link.startswith(site.mount + "/admin/shop/item/")
    page = save(admin, link, "another name")

    assert "was changed successfully" in page.text
    assert re.search(r'<a href="[^"]+">another name</a>', page.text)
    assert "another name" in admin.get("admin/shop/item/").text


def test_an_upload_of_4_megabytes_comes_back_the_same(site, admin):
    save(admin, "admin/shop/item/add/", "with a photo", ("photo.bin", FILE))

    (item,) = set(re.findall(r"/(\d+)/change/\">with a photo", admin.get("admin/shop/item/").text))
    page = admin.get("admin/shop/item/%s/change/" % item)
    (photo,) = re.findall(r'href="([^"]*media/photos[^"]*)"', page.text)

    assert photo.startswith(site.mount + "/media/photos/photo")
    assert admin.open(photo).body == FILE


def test_a_form_without_its_token_is_refused(admin):
    assert admin.post("admin/shop/item/add/", name="forged", _save="Save").status == 403


def test_the_session_lasts_through_all_workers_and_ends_with_the_logout(site, admin):
    pages = [admin.get("admin/") for _ in range(6)]
    assert all("Site administration" in page.text for page in pages)

    token = client.hidden(pages[-1], "csrfmiddlewaretoken")
    admin.post("admin/logout/", csrfmiddlewaretoken=token)

    admin.get("admin/")
    assert "/admin/login/" in admin.url


def test_every_style_and_script_of_the_admin_comes_whole(site, admin):
    page = admin.get("admin/shop/item/add/")
    links = set(re.findall(r'(?:href|src)="([^"]+\.(?:css|js))"', page.text))

    assert len(links) > 5 and all(link.startswith(site.mount + "/static/") for link in links)
    for link in links:
        assert admin.open(link).body == (site.files / link[len(site.mount) + 1 :]).read_bytes()


def test_a_static_file_that_has_not_changed_is_not_sent(site):
    whole = site.fetch("/static/admin/css/base.css")
    fresh = site.fetch(
        "/static/admin/css/base.css",
        headers={"If-Modified-Since": whole.headers["Last-Modified"]},
    )

    assert (whole.status, fresh.status, fresh.body) == (200, 304, b"")


@pytest.mark.parametrize("size", [1, 5_000, 4_000_000])
def test_a_chunked_upload_without_a_length(site, size):
    blocks = [FILE[start : min(size, start + 50_000)] for start in range(0, size, 50_000)]

    answer = site.fetch("/raw", "POST", iter(blocks))

    assert json.loads(answer.body)["sha256"] == hashlib.sha256(FILE[:size]).hexdigest()


def test_a_stream_arrives_one_by_one(site, meeting):
    assert client.ends_whole(site.url + "/stream?seen=%s" % meeting, b"first", meeting.touch)


@pytest.mark.parametrize(
    "sent, rest",
    [
        ("plain", "plain"),
        ("a%20b/%C3%A4", "a b/ä"),
        ("p%2525", "p%25"),
        ("semi;colon&", "semi;colon&"),
    ],
)
def test_links_are_below_the_mount_whatever_the_path(site, sent, rest):
    # Django takes SCRIPT_URL or REDIRECT_URL, where Apache sets one, for the whole path.
    seen = json.loads(site.fetch("/where/" + sent).body)

    assert (seen["rest"], seen["path"]) == (rest, site.mount + "/where/" + rest)
    assert client.fetch("http://127.0.0.1:%d%s" % (site.port, seen["link"])).status == 200
    assert seen["uri"].startswith(site.url + "/where/")
    assert seen["link"].startswith(site.mount + "/where/")


def test_an_exception_is_djangos_500_and_its_traceback_is_in_the_log(site):
    answer = site.fetch("/broken")

    assert answer.status == 500
    assert "LookupError" not in answer.text
    eventually(lambda: "LookupError: broken on purpose" in site.log(), what="the traceback")
