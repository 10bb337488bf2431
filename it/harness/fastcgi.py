"""A FastCGI client for one request, for what no web server would send. Section 3 of the
specification.

Record: version 1, type, request id (16 bits), content length (16), padding length (8),
reserved (8); then the content.
"""

import socket
import struct

HEADER = struct.Struct(">BBHHBx")
BEGIN, END, PARAMS, STDIN, STDOUT, STDERR = 1, 3, 4, 5, 6, 7
RESPONDER = 1


def request(address, environ, body=b"", timeout=30):
    """The bytes of STDOUT in answer to one request; `address` is a Unix path or (host, port)."""
    family = socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX
    with socket.socket(family) as connection:
        connection.settimeout(timeout)
        connection.connect(address if isinstance(address, tuple) else str(address))
        connection.sendall(_record(BEGIN, struct.pack(">HB5x", RESPONDER, 0)))
        connection.sendall(_stream(PARAMS, b"".join(_pair(*item) for item in environ.items())))
        connection.sendall(_stream(STDIN, body))
        return _answer(connection.makefile("rb"))


def environ(path="/", method="GET", **more):
    """What a web server sends at least; a value None leaves the variable out."""
    base = {
        "GATEWAY_INTERFACE": "CGI/1.1",
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "REQUEST_URI": path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
    }
    return {name: value for name, value in dict(base, **more).items() if value is not None}


def _answer(stream):
    output = []
    while True:
        header = stream.read(HEADER.size)
        assert len(header) == HEADER.size, "the connection ended in the middle of an answer"
        _, kind, _, length, padding = HEADER.unpack(header)
        content = stream.read(length + padding)[:length]
        if kind == STDOUT:
            output.append(content)
        elif kind == END:
            return b"".join(output)


def _record(kind, content):
    return HEADER.pack(1, kind, 1, len(content), 0) + content


def _stream(kind, content):
    blocks = [content[start : start + 65528] for start in range(0, len(content), 65528)]
    return b"".join(_record(kind, block) for block in blocks) + _record(kind, b"")


def _pair(name, value):
    name, value = name.encode("latin-1"), value.encode("latin-1")
    return _length(name) + _length(value) + name + value


def _length(data):
    return bytes([len(data)]) if len(data) < 128 else struct.pack(">I", len(data) | 1 << 31)
