"""Checks what an application gives to start_response and writes the response's head (PEP 3333).

On the way of every response, so what was found right once (status lines, header names) is kept;
values are checked together, and looked at one by one only when something is wrong.
"""

import re
from typing import NamedTuple, Optional

#: Between two hops of HTTP only; an application has no say in them.
HOP_BY_HOP = frozenset(
    [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "trailers",
        "transfer-encoding",
        "upgrade",
    ]
)
#: Responses that have no body (RFC 9110, 6.4.1).
BODILESS = frozenset([204, 304])

_STATUS = re.compile(r"[2-5][0-9][0-9]( [^\x00-\x1f\x7f]*)?")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LENGTH = re.compile(r"[0-9]{1,18}")

# An application that invents names without end must not fill the memory.
_MOST_KEPT = 1000
_codes: dict = {}  # status -> its number
_names: dict = {}  # header name -> ORDINARY, LENGTH or LEFT_OUT
_ORDINARY, _CONTENT_LENGTH, _LEFT_OUT = 1, 2, 3


class Head(NamedTuple):
    block: bytes  # the lines, each with its CR LF, without the empty line at the end
    bodiless: bool
    length: Optional[int]  # of Content-Length


def make_head(status: str, headers) -> Head:
    """Raises TypeError or ValueError that name the fault; else what goes to the server."""
    code = _codes.get(status) if type(status) is str else None
    if code is None:
        code = _check_status(status)
    if not isinstance(headers, (list, tuple)):
        raise TypeError("start_response: headers must be a list, not %s" % _kind(headers))
    length = None
    lines = ["Status: " + status]
    for name, value in headers:
        kind = _names.get(name) or _check_name(name)
        if type(value) is not str:
            _check_value(name, value)
        if kind == _CONTENT_LENGTH:
            length = _parse_length(value, length)
        if kind != _LEFT_OUT:
            lines.append(name + ": " + value)
    lines.append("")
    text = "\r\n".join(lines)
    breaks = len(lines) - 1
    if text.count("\n") != breaks or text.count("\r") != breaks or "\0" in text:
        for name, value in headers:
            _check_value(name, value)
    try:
        return Head(text.encode("latin-1"), code in BODILESS, length)
    except UnicodeEncodeError:
        raise ValueError(_not_latin1(status, headers)) from None


def _check_status(status) -> int:
    if not isinstance(status, str):
        raise TypeError("start_response: the status must be str, not %s" % _kind(status))
    if not _STATUS.fullmatch(status):
        raise ValueError("start_response: expected a status like '200 OK', got %r" % status)
    if len(_codes) < _MOST_KEPT:
        _codes[status] = int(status[:3])
    return int(status[:3])


def _check_name(name) -> int:
    if not isinstance(name, str):
        raise TypeError("start_response: a header name must be str, not %s" % _kind(name))
    if not _NAME.fullmatch(name):
        raise ValueError("start_response: %r is no header name" % name)
    lower = name.lower()
    if lower in HOP_BY_HOP:
        raise ValueError("start_response: %s is a hop-by-hop header, the server's own" % name)
    # A Status header (CGI's) would contradict the status that the application just gave.
    kind = {"content-length": _CONTENT_LENGTH, "status": _LEFT_OUT}.get(lower, _ORDINARY)
    if len(_names) < _MOST_KEPT:
        _names[name] = kind
    return kind


def _check_value(name: str, value) -> None:
    if not isinstance(value, str):
        raise TypeError(
            "start_response: the value of %s must be str, not %s" % (name, _kind(value))
        )
    for bad in "\r\n\0":
        if bad in value:
            raise ValueError("start_response: %r in the value of %s: %r" % (bad, name, value))


def _parse_length(value: str, earlier: Optional[int]) -> int:
    if not _LENGTH.fullmatch(value):
        raise ValueError("start_response: Content-Length is %r, not a number of bytes" % value)
    length = int(value)
    if earlier is not None and earlier != length:
        raise ValueError("start_response: two Content-Lengths, %d and %d" % (earlier, length))
    return length


def _not_latin1(status, headers) -> str:
    for name, value in [("the status", status), *headers]:
        if any(ord(character) > 255 for character in value):
            return "start_response: %s has characters beyond latin-1: %r" % (name, value)
    return "start_response: characters beyond latin-1"


def _kind(value) -> str:
    return type(value).__name__
