"""FastCGI records as no web server would send them, and many connections at once."""

import contextlib
import resource
import selectors
import socket
import struct

BEGIN, ABORT, PARAMS, STDIN, GET_VALUES = 1, 2, 4, 5, 9


def record(kind, content=b"", request=1, length=None):
    """A record; `length` is what its header claims."""
    claimed = len(content) if length is None else length
    return struct.pack(">BBHHBx", 1, kind, request, claimed, 0) + content


def begin(request=1, keep=True):
    return record(BEGIN, struct.pack(">HB5x", 1, keep), request)


def pair(name, value):
    return struct.pack(">II", len(name) | 1 << 31, len(value) | 1 << 31) + name + value


def head(path=b"/", method=b"GET", request=1, query=b""):
    """BEGIN and all variables."""
    pairs = {
        b"REQUEST_METHOD": method,
        b"SCRIPT_NAME": b"",
        b"PATH_INFO": path,
        b"REQUEST_URI": path + (b"?" + query if query else b""),
        b"QUERY_STRING": query,
        b"SERVER_NAME": b"localhost",
        b"SERVER_PORT": b"80",
        b"SERVER_PROTOCOL": b"HTTP/1.1",
    }
    content = b"".join(pair(*item) for item in pairs.items())
    return begin(request) + record(PARAMS, content, request) + record(PARAMS, b"", request)


def allow_descriptors(wanted):
    """Raises the soft limit of open files as far as it goes; returns how many there may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft = max(soft, wanted if hard == resource.RLIM_INFINITY else min(wanted, hard))
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return soft


class Crowd:
    """Many connections to one address, closed at the end of the `with` block."""

    def __init__(self, address):
        self.address = address
        self.connections = []
        self._end = contextlib.ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._end.close()

    def connect(self, count=1):
        for _ in range(count):
            unix = not isinstance(self.address, tuple)
            connection = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
            self._end.enter_context(connection)
            connection.settimeout(30)
            connection.connect(str(self.address) if unix else self.address)
            self.connections.append(connection)
        return self.connections[-1]

    def send(self, data):
        """To each of them; returns how many are still open."""
        open_ones = 0
        for connection in self.connections:
            with contextlib.suppress(ConnectionError):
                connection.sendall(data)
                open_ones += 1
        return open_ones

    def closed(self):
        """How many the server has closed; what it has sent before is dropped."""
        with selectors.DefaultSelector() as selector:
            for connection in self.connections:
                selector.register(connection, selectors.EVENT_READ)
            return sum(is_at_end(key.fileobj) for key, _ in selector.select(0))


def is_at_end(connection):
    connection.setblocking(False)
    try:
        while connection.recv(65536):
            pass
        return True
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
    finally:
        connection.settimeout(30)


def read_to_end(connection):
    """All that the server still sends; a reset is an end."""
    received = b""
    with contextlib.suppress(ConnectionError):
        for block in iter(lambda: connection.recv(65536), b""):
            received += block
    return received
