"""An HTTP client that hides nothing: one request, one answer, no redirects followed, and a browser
on top of it.
"""

import http.client
import re
import socket
import urllib.parse
from http.cookies import SimpleCookie

TIMEOUT_S = 30


class Response:
    """An answer: `status`, `headers` (an email.message.Message), `body` as bytes."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def text(self):
        return self.body.decode("utf-8")

    @property
    def location(self):
        return self.headers["Location"]

    def __repr__(self):
        return "<%s %s %r>" % (self.status, dict(self.headers.items()), self.body[:600])


def fetch(url, method="GET", body=None, headers=None, timeout=TIMEOUT_S):
    """One request on a connection of its own; a body that is an iterator is sent in chunks."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        target = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
        connection.request(method, target, body=body, headers=headers or {})
        answer = connection.getresponse()
        return Response(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def send_raw(port, request, timeout=TIMEOUT_S):
    """Send bytes that a decent client would not send; returns all that came back."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def ends_whole(url, first, then, timeout=TIMEOUT_S):
    """Whether an answer that begins with `first` ends in order; `then` is called when that has come."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        target = urllib.parse.urlunsplit(("", "", parts.path, parts.query, ""))
        connection.request("GET", target, headers={"Connection": "close"})
        answer = connection.getresponse()
        assert (answer.status, answer.read(len(first))) == (200, first)
        then()
        answer.read()
        return True
    except (http.client.IncompleteRead, ConnectionError):
        return False
    finally:
        connection.close()


class Browser:
    """Follows redirects, keeps cookies, and remembers every URL that it was given on the way."""

    def __init__(self, base):
        self.base = base
        self.cookies = {}
        self.urls = []

    def get(self, path):
        return self.open(path)

    def post(self, path, **fields):
        return self.open(path, fields)

    def open(self, path, fields=None, method=None):
        """The last answer after at most five redirects; `self.url` is where it came from."""
        url, body = urllib.parse.urljoin(self.base + "/", path), None
        if fields is not None:
            body = urllib.parse.urlencode(fields)
        for _ in range(6):
            response = self._once(url, method or ("POST" if body is not None else "GET"), body)
            self.url = url
            if response.status not in (301, 302, 303, 307, 308):
                return response
            self.urls.append(response.location)
            url, body, method = urllib.parse.urljoin(url, response.location), None, None
        raise AssertionError("redirected again and again: %s" % self.urls[-6:])

    def _once(self, url, method, body):
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        if self.cookies:
            headers["Cookie"] = "; ".join("%s=%s" % pair for pair in self.cookies.items())
        response = fetch(url, method, body, headers)
        for line in response.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.coded_value
        self.urls += urls_in(response)
        return response


_ATTRIBUTE = re.compile(r"""(?:href|src|action|hx-get|hx-post)\s*=\s*["']([^"']*)["']""")


def urls_in(response):
    """Links, form actions and sources of an HTML page."""
    if not (response.headers.get_content_type() or "").startswith("text/html"):
        return []
    return [
        url.replace("&amp;", "&")
        for url in _ATTRIBUTE.findall(response.body.decode("utf-8", "replace"))
    ]
