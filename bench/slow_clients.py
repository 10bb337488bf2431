"""Thousands of slow clients in one process of one thread: each does one small thing every ten seconds.

    python slow_clients.py http|fcgi ADDRESS COUNT SECONDS

A third sends the request's head byte by byte, a third its body, a third asks for a large answer and reads it a kilobyte
at a time. Whoever is cut off comes back at its next turn, as an attacker would. Says `ready` when all have connected
once, ends after SECONDS or at the end of its standard input, and then prints what happened as one line of JSON.

Turns come round by the clock, so there is nothing to wait for: every call on a socket is one that does not block.
"""

import json
import os
import select
import socket
import struct
import sys
import time
from collections import Counter
from itertools import cycle

INTERVAL_SECONDS = 10
BODY = 100_000
RECEIVE_BUFFER = 4096
CONNECT_SECONDS = 5
KINDS = ('head', 'body', 'read')


def http(kind):
    """(what is sent at once, what is sent byte by byte)"""
    if kind == 'read':
        return b'GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n', b''
    head = b'POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n' % BODY
    if kind == 'head':
        return head[:20], head[20:] + b'X-Slow: ' + b'y' * 1000
    return head + b'\r\n', b'x' * BODY


def fcgi(kind):
    """The same as FastCGI records of a connection that may be kept."""
    path = '/large' if kind == 'read' else '/upload'
    variables = {'REQUEST_METHOD': 'GET' if kind == 'read' else 'POST', 'SCRIPT_NAME': '', 'PATH_INFO': path,
                 'REQUEST_URI': path, 'QUERY_STRING': '', 'SERVER_NAME': 'localhost', 'SERVER_PORT': '80',
                 'SERVER_PROTOCOL': 'HTTP/1.1', 'CONTENT_LENGTH': '0' if kind == 'read' else str(BODY)}
    pairs = b''.join(bytes((len(name), len(value))) + f'{name}{value}'.encode() for name, value in variables.items())
    begin, parameters = record(1, struct.pack('>HB5x', 1, 1)), record(4, pairs) + record(4, b'')
    if kind == 'read':
        return begin + parameters + record(5, b''), b''
    if kind == 'head':
        return begin, parameters
    return begin + parameters, record(5, b'x' * 60_000)


def record(kind, content):
    return struct.pack('>BBHHBx', 1, kind, 1, len(content), 0) + content


class Client:
    """One of them: connects when it has no connection, else takes the next small step."""

    def __init__(self, address, kind, texts, counts):
        self.address, self.kind, self.counts = address, kind, counts
        self.first, self.rest = texts
        self.connection, self.sent = None, 0

    def turn(self):
        try:
            if self.connection is None:
                self._connect()
            elif self.kind == 'read':
                self._read()
            else:
                self._send()
        except BlockingIOError:
            return
        except OSError as error:
            self.counts['cut off' if self.connection else f'not connected ({error.strerror or error})'] += 1
            self.close()

    def _connect(self):
        is_path = isinstance(self.address, str)
        connection = socket.socket(socket.AF_UNIX if is_path else socket.AF_INET)
        try:
            if self.kind == 'read':
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            connection.settimeout(CONNECT_SECONDS)
            connection.connect(self.address)
            connection.sendall(self.first)
            connection.setblocking(False)
        except BaseException:
            connection.close()
            raise
        self.connection, self.sent = connection, 0
        self.counts['connected'] += 1

    def _read(self):
        if self.connection.recv(1024):
            self.counts['kilobytes read'] += 1
        else:
            self._ended()

    def _send(self):
        """A sender that has an answer already (a 408, a 413) is through."""
        try:
            if not self.connection.recv(1024, socket.MSG_PEEK):
                self._ended()
                return
            self.counts['answered early'] += 1
            self.close()
            return
        except BlockingIOError:
            pass
        if self.sent < len(self.rest):
            self.sent += self.connection.send(self.rest[self.sent:self.sent + 1])
            self.counts['bytes sent'] += 1

    def _ended(self):
        self.counts['cut off'] += 1
        self.close()

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


def main(protocol, address, count, seconds):
    counts = Counter()
    if ':' in address:
        host, port = address.split(':')
        address = host, int(port)
    texts = {kind: protocol(kind) for kind in KINDS}
    clients = [Client(address, kind, texts[kind], counts) for kind, _ in zip(cycle(KINDS), range(count))]
    deadline = time.monotonic() + seconds
    for client in clients:
        client.turn()
    print('ready', flush=True)
    turns, begin, done = cycle(clients), time.monotonic(), 0
    while time.monotonic() < deadline and not _orphaned():
        for _ in range(int((time.monotonic() - begin) * count / INTERVAL_SECONDS) - done):
            next(turns).turn()
            done += 1
    counts['open at the end'] = sum(client.connection is not None for client in clients)
    usage = os.times()
    print(json.dumps({**counts, 'cpu_seconds': round(usage.user + usage.system, 2)}), flush=True)


def _orphaned():
    """Waits a moment; whether standard input has ended: whoever started us has gone or wants the end."""
    return bool(select.select([sys.stdin], [], [], 0.02)[0])


if __name__ == '__main__':
    main({'http': http, 'fcgi': fcgi}[sys.argv[1]], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
