"""The echo application for WSGI: `python echo.py SOCKET` serves it with flup, `echo:application` with
Penstock, and as a CGI program it is run by fcgiwrap.
"""

import os
import sys
from urllib.parse import parse_qs


def application(environ, start_response):
    query = parse_qs(environ.get("QUERY_STRING", ""))
    start_response(
        "200 OK", [("Content-Type", "text/plain"), ("X-One", environ.get("HTTP_X_ONE", ""))]
    )
    length = total = 0
    # By CONTENT_LENGTH, as PEP 3333 has it; wsgiref's CGI input has no end of its own.
    left = int(environ.get("CONTENT_LENGTH") or 0)
    while left > 0:
        block = environ["wsgi.input"].read(min(65536, left))
        if not block:
            break
        left -= len(block)
        length += len(block)
        total += sum(block)
    environ["wsgi.errors"].write("said on stderr\n")
    environ["wsgi.errors"].flush()
    yield b"x" * int(query.get("late", ["0"])[0])
    yield ("%s %d %d\n" % (environ["REQUEST_METHOD"], length, total)).encode("ascii")


if __name__ == "__main__":
    if os.environ.get("GATEWAY_INTERFACE"):
        from wsgiref.handlers import CGIHandler

        CGIHandler().run(application)
    else:
        from flup.server.fcgi import WSGIServer

        WSGIServer(application, bindAddress=sys.argv[1], debug=False).run()
