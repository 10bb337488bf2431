"""A FastCGI client for what no web server would send: one request (`request`), or a connection with
any number of them, interleaved, in any role (`Connection`). Section 3 of the specification.

Record: version 1, type, request id (16 bits), content length (16), padding length (8),
reserved (8); then the content.
"""

import socket
import struct

HEADER = struct.Struct(">BBHHBx")
BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR, DATA = 1, 2, 3, 4, 5, 6, 7, 8
GET_VALUES, GET_VALUES_RESULT, UNKNOWN_TYPE = 9, 10, 11
RESPONDER, AUTHORIZER, FILTER = 1, 2, 3
COMPLETE, CANT_MPX_CONN, OVERLOADED, UNKNOWN_ROLE = 0, 1, 2, 3


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


class Answer:
    """What came for one request, up to its END_REQUEST."""

    def __init__(self):
        self.stdout = self.stderr = b""
        self.app_status = self.protocol_status = None

    @property
    def body(self):
        return self.stdout.partition(b"\r\n\r\n")[2]


class Connection:
    """One connection to a FastCGI application; use as a context manager."""

    def __init__(self, address, timeout=30):
        self.socket = socket.socket(
            socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX
        )
        self.socket.settimeout(timeout)
        self.socket.connect(address if isinstance(address, tuple) else str(address))
        self.stream = self.socket.makefile("rb")
        self.answers = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.socket.close()

    def begin(self, number, variables, role=RESPONDER, keep=True):
        """BEGIN_REQUEST and all parameters."""
        start = _record(BEGIN, struct.pack(">HB5x", role, int(keep)), number)
        pairs = b"".join(_pair(*item) for item in variables.items())
        self.socket.sendall(start + _stream(PARAMS, pairs, number))

    def send(self, kind, content=b"", number=0):
        """One record."""
        self.socket.sendall(_record(kind, content, number))

    def stream_in(self, kind, content, number):
        """A whole stream of STDIN or DATA, with its end."""
        self.socket.sendall(_stream(kind, content, number))

    def get(self, number, path="/", keep=True, **variables):
        """A whole responder's request without a body."""
        self.begin(number, environ(path, **variables), keep=keep)
        self.send(STDIN, b"", number)

    def receive(self):
        """The next record as (kind, number, content), or None at the end."""
        header = self.stream.read(HEADER.size)
        if not header:
            return None
        _, kind, number, length, padding = HEADER.unpack(header)
        return kind, number, self.stream.read(length + padding)[:length]

    def await_start(self, number):
        """Reads until the answer to a request has begun."""
        while number not in self.answers:
            self._keep(*self.receive())

    def answer(self, number):
        """The answer to one request; what comes of others meanwhile is kept for them."""
        while True:
            answer = self.answers.setdefault(number, Answer())
            if answer.protocol_status is not None:
                return self.answers.pop(number)
            record = self.receive()
            assert record, "the connection ended in the middle of an answer"
            self._keep(*record)

    def _keep(self, kind, number, content):
        answer = self.answers.setdefault(number, Answer())
        if kind == STDOUT:
            answer.stdout += content
        elif kind == STDERR:
            answer.stderr += content
        elif kind == END:
            answer.app_status, answer.protocol_status = struct.unpack(">IB3x", content)


def _record(kind, content, number=1):
    return HEADER.pack(1, kind, number, len(content), 0) + content


def _stream(kind, content, number=1):
    blocks = [content[start : start + 65528] for start in range(0, len(content), 65528)]
    return b"".join(_record(kind, block, number) for block in blocks) + _record(kind, b"", number)


def _pair(name, value):
    name, value = name.encode("latin-1"), value.encode("latin-1")
    return _length(name) + _length(value) + name + value


def _length(data):
    return bytes([len(data)]) if len(data) < 128 else struct.pack(">I", len(data) | 1 << 31)
