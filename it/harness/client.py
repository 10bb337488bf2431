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

    def upload(self, path, fields, files):
        """A form with files: `files` has a pair of file name and content for each field."""
        return self._follow(path, *multipart(fields, files))

    def open(self, path, fields=None, method=None):
        """The last answer after at most five redirects; `self.url` is where it came from."""
        body = None if fields is None else urllib.parse.urlencode(fields)
        return self._follow(path, body, "application/x-www-form-urlencoded", method)

    def _follow(self, path, body, content_type, method=None):
        url = urllib.parse.urljoin(self.base + "/", path)
        for _ in range(6):
            method = method or ("POST" if body is not None else "GET")
            response = self._once(url, method, body, content_type)
            self.url = url
            if response.status not in (301, 302, 303, 307, 308):
                return response
            self.urls.append(response.location)
            url, body, method = urllib.parse.urljoin(url, response.location), None, None
        raise AssertionError("redirected again and again: %s" % self.urls[-6:])

    def _once(self, url, method, body, content_type):
        headers = {"Content-Type": content_type} if body is not None else {}
        if self.cookies:
            headers["Cookie"] = "; ".join("%s=%s" % pair for pair in self.cookies.items())
        response = fetch(url, method, body, headers)
        for line in response.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.coded_value
        self.urls += urls_in(response)
        return response


def multipart(fields, files):
    """Body and content type of a form with files (RFC 7578)."""
    boundary = "------------------------penstock-it"
    head = 'Content-Disposition: form-data; name="%s"'
    parts = [(head % name, value.encode()) for name, value in fields.items()]
    for name, (file, content) in files.items():
        kind = "Content-Type: application/octet-stream"
        parts.append(((head + '; filename="%s"\r\n%s') % (name, file, kind), content))
    body = b"".join(
        b"--%s\r\n%s\r\n\r\n%s\r\n" % (boundary.encode(), head.encode(), content)
        for head, content in parts
    )
    return body + b"--%s--\r\n" % boundary.encode(), "multipart/form-data; boundary=" + boundary


def hidden(page, name):
    """The value of a hidden field in an HTML page, such as a form's token."""
    for tag in re.findall(r"<input[^>]*>", page.text):
        attributes = dict(re.findall(r"""([\w-]+)\s*=\s*["']([^"']*)["']""", tag))
        if attributes.get("name") == name:
            return attributes["value"]
    raise AssertionError("no field %s in %s" % (name, page))


_ATTRIBUTE = re.compile(r"""(?:href|src|action|hx-get|hx-post)\s*=\s*["']([^"']*)["']""")


def urls_in(response):
    """Links, form actions and sources of an HTML page."""
    if not (response.headers.get_content_type() or "").startswith("text/html"):
        return []
    return [
        url.replace("&amp;", "&")
        for url in _ATTRIBUTE.findall(response.body.decode("utf-8", "replace"))
    ]
