"""Frames: what zygote and workers exchange with the Penstock server on AF_UNIX stream sockets.

    +------+-----------+----------------+---------
    | type | 3 x 0     | payload length | payload
    | u8   |           | u32 little     |
    +------+-----------+----------------+---------

The zygote's payloads are JSON, the workers' bytes. Descriptors travel by SCM_RIGHTS on a frame's
first byte. The sockets are private to one server, so what comes from it is trusted.
"""

import json
import struct
from typing import Any, NamedTuple, Sequence, Tuple

from penstock.light import socket

HEADER = struct.Struct("<BxxxI")

# zygote -> server
LOADED, FAILED, FORKED, EXITED, SOURCES = 1, 2, 5, 6, 9
# server -> zygote
EQUIP, FORK, ZYGOTE_RETIRE = 3, 4, 8
# both ways: a question and its answer
CHANGED = 7

# worker -> server
HEAD, BODY, END, TORN, ERRORS, WANT = 16, 17, 18, 19, 20, 21
# server -> worker
SPOOL, REQUEST, RETIRE = 32, 33, 34

#: The most bytes of a body in one frame.
MAX_BODY = 1 << 20

_MAX_DESCRIPTORS = 64
_DESCRIPTOR = struct.Struct("=i")


class Frame(NamedTuple):
    type: int
    payload: bytes
    descriptors: Tuple[int, ...] = ()

    @property
    def json(self) -> Any:
        return json.loads(self.payload or b"{}")


def pack(frame_type: int, payload: bytes = b"") -> bytes:
    return HEADER.pack(frame_type, len(payload)) + payload


def send_json(connection, frame_type: int, value: Any, descriptors: Sequence[int] = ()) -> None:
    """Sends one of the zygote's frames."""
    data = pack(frame_type, json.dumps(value).encode("ascii"))
    rights = b"".join(map(_DESCRIPTOR.pack, descriptors))
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)] if rights else []
    sent = connection.sendmsg([data], ancillary)
    if sent < len(data):
        connection.sendall(data[sent:])


def receive(connection, flags: int = 0):
    """The next frame, or None at the end of the stream. `flags` holds for its first byte only,
    so MSG_DONTWAIT raises BlockingIOError only between frames."""
    space = socket.CMSG_SPACE(_MAX_DESCRIPTORS * _DESCRIPTOR.size)
    start, ancillary, _, _ = connection.recvmsg(HEADER.size, space, flags)
    if not start:
        return None
    header = _receive_rest(connection, start, HEADER.size)
    frame_type, length = HEADER.unpack(header)
    payload = _receive_rest(connection, b"", length)
    return Frame(frame_type, payload, _descriptors(ancillary))


def _receive_rest(connection, data: bytes, size: int) -> bytes:
    pieces = [data]
    missing = size - len(data)
    while missing:
        piece = connection.recv(min(missing, MAX_BODY))
        if not piece:
            raise ConnectionResetError("the server ended the connection within a frame")
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


def _descriptors(ancillary) -> Tuple[int, ...]:
    """The descriptors of a recvmsg, close-on-exec as Python's own."""
    import os

    found = []
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            whole = len(data) - len(data) % _DESCRIPTOR.size
            found += [number for (number,) in _DESCRIPTOR.iter_unpack(data[:whole])]
    for number in found:
        os.set_inheritable(number, False)
    return tuple(found)
