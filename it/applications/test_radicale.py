"""Radicale, a CalDAV server, by the requests that calendar programs make: the methods and headers
that no browser sends.
"""

import base64
import re
import xml.etree.ElementTree as ElementTree

import pytest

# Apache keeps the Authorization header from applications unless it is told otherwise.
DIRECTIVES = '<Location "/app">\nCGIPassAuth On\n</Location>\n'
DAV, CALDAV = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"

EVENT = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//penstock//it//EN
BEGIN:VEVENT
UID:{uid}
DTSTAMP:20261101T120000Z
DTSTART:202611{day}T120000Z
DTEND:202611{day}T130000Z
SUMMARY:Größe 日本
END:VEVENT
END:VCALENDAR
"""
MAKE_CALENDAR = """<?xml version="1.0"?>
<C:mkcalendar xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:set><D:prop>
<D:displayname>Größe</D:displayname></D:prop></D:set></C:mkcalendar>"""
NAMES = """<?xml version="1.0"?>
<D:propfind xmlns:D="DAV:"><D:prop><D:displayname/><D:getetag/></D:prop></D:propfind>"""
QUERY = """<?xml version="1.0"?>
<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:">
<D:prop><D:getetag/><C:calendar-data/></D:prop>
<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">
<C:time-range start="20261110T000000Z" end="20261111T000000Z"/>
</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"""


@pytest.fixture(scope="module")
def site(project):
    with project("radicale").served("calendars:application", directives=DIRECTIVES) as site:
        yield site


class User:
    def __init__(self, site, name, password):
        self.site = site
        self.credentials = base64.b64encode(("%s:%s" % (name, password)).encode()).decode()

    def request(self, method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers["Authorization"] = "Basic " + self.credentials
        return self.site.fetch(path, method, body and body.encode(), headers)

    def put(self, path, day, **headers):
        event = EVENT.format(uid=path.rpartition("/")[2], day=day).replace("\n", "\r\n")
        return self.request("PUT", path, event, Content_Type="text/calendar", **headers)


@pytest.fixture
def alice(site, request):
    return User(site, "alice", "rabbit hole")


@pytest.fixture
def calendar(alice, request):
    """The path of a calendar that is new."""
    path = "/alice/" + re.sub("[^a-z]", "-", request.node.name) + "/"
    assert alice.request("MKCALENDAR", path, MAKE_CALENDAR).status == 201
    return path


def hrefs(answer):
    assert answer.status == 207, answer
    return [href.text for href in ElementTree.fromstring(answer.body).iter(DAV + "href")]


def test_without_a_password_there_is_a_challenge(site):
    answer = site.fetch("/alice/", "PROPFIND")

    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert User(site, "alice", "wrong").request("PROPFIND", "/alice/").status == 401


def test_a_user_sees_only_what_is_theirs(site, alice, calendar):
    assert User(site, "bob", "builder").request("PROPFIND", calendar).status == 403


def test_options_tell_what_the_server_can_do(alice):
    answer = alice.request("OPTIONS", "/alice/")

    assert answer.status == 200
    assert "calendar-access" in answer.headers["DAV"] and "REPORT" in answer.headers["Allow"]


def test_events_are_put_found_fetched_and_deleted(site, alice, calendar):
    assert alice.put(calendar + "nine.ics", "09").status == 201
    assert alice.put(calendar + "ten.ics", "10").status == 201

    listed = alice.request("PROPFIND", calendar, NAMES, Depth="1")
    assert set(hrefs(listed)) >= {
        site.mount + calendar,
        site.mount + calendar + "nine.ics",
        site.mount + calendar + "ten.ics",
    }
    assert "Größe" in listed.text

    found = alice.request("REPORT", calendar, QUERY, Depth="1")
    assert hrefs(found) == [site.mount + calendar + "ten.ics"]
    assert "SUMMARY:Größe 日本" in found.text

    fetched = alice.request("GET", calendar + "ten.ics")
    assert fetched.headers["Content-Type"].startswith("text/calendar")
    assert "SUMMARY:Größe 日本" in fetched.text
    assert alice.request("DELETE", calendar + "ten.ics").status == 200
    assert alice.request("GET", calendar + "ten.ics").status == 404


def test_a_change_needs_the_right_etag(alice, calendar):
    etag = alice.put(calendar + "a.ics", "09").headers["ETag"]

    assert alice.put(calendar + "a.ics", "10", If_Match='"another"').status == 412
    assert alice.put(calendar + "a.ics", "10", If_Match=etag).status in (201, 204)
    assert alice.put(calendar + "a.ics", "11", If_None_Match="*").status == 412


def test_an_event_is_moved(site, alice, calendar):
    alice.put(calendar + "from.ics", "09")

    moved = alice.request(
        "MOVE", calendar + "from.ics", Destination=site.url + calendar + "to.ics"
    )

    assert moved.status == 201, moved
    assert alice.request("GET", calendar + "to.ics").status == 200
    assert alice.request("GET", calendar + "from.ics").status == 404


def test_a_calendar_of_500_events_comes_whole(alice, calendar):
    event = EVENT.partition("BEGIN:VEVENT")[2].partition("END:VCALENDAR")[0]
    events = ["BEGIN:VEVENT" + event.format(uid="e%d" % number, day="09") for number in range(500)]
    whole = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n%sEND:VCALENDAR\n" % "".join(events)

    put = alice.request("PUT", calendar, whole.replace("\n", "\r\n"), Content_Type="text/calendar")

    assert put.status == 201, put
    assert alice.request("GET", calendar).text.count("BEGIN:VEVENT") == 500
