"""The Penstock server's side of zygote and workers, as small as a test needs it."""

import itertools
import json
import marshal
import os
import select
import socket
import struct
import subprocess
import sys
import tempfile

from penstock import frames

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.dirname(os.path.abspath(frames.__file__))
#: For every wait of a test: only a test that fails takes that long.
PATIENCE = 10


class Answer:
    """What a worker sent for one request."""

    def __init__(self):
        self.head = None
        self.body = b""
        self.log = ""
        self.torn = False
        self.types = []

    @property
    def status(self):
        return self.head.split("\r\n")[0][len("Status: ") :]

    @property
    def headers(self):
        lines = self.head.split("\r\n\r\n")[0].split("\r\n")[1:]
        return [tuple(line.split(": ", 1)) for line in lines]


class Stream:
    """The server's end of one worker thread's stream."""

    def __init__(self, descriptor):
        self.socket = socket.socket(fileno=descriptor)
        self.socket.settimeout(PATIENCE)

    def fileno(self):
        return self.socket.fileno()

    def send(self, frame_type, payload=b"", descriptors=()):
        rights = [
            (
                socket.SOL_SOCKET,
                socket.SCM_RIGHTS,
                struct.pack("%di" % len(descriptors), *descriptors),
            )
        ]
        self.socket.sendmsg([frames.pack(frame_type, payload)], rights if descriptors else [])

    def receive(self):
        return frames.receive(self.socket)

    def answer(self, wanted=None):
        """Reads to END or TORN; `wanted` answers a WANT."""
        answer = Answer()
        while True:
            frame = self.receive()
            assert frame is not None, "the worker ended within a response: " + answer.log
            answer.types.append(frame.type)
            if frame.type == frames.HEAD:
                answer.id = struct.unpack_from("<Q", frame.payload)[0]
                answer.head = frame.payload[8:].decode("latin-1")
            elif frame.type == frames.BODY:
                answer.body += frame.payload
            elif frame.type == frames.ERRORS:
                answer.log += frame.payload.decode("utf-8")
            elif frame.type == frames.WANT:
                wanted(self)
            else:
                answer.torn = frame.type == frames.TORN
                assert struct.unpack("<Q", frame.payload)[0] == answer.id
                return answer


def request(number, environ, kind=0, body=b""):
    """A request as it stands in the queue."""
    complete = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/", "QUERY_STRING": ""}
    complete.update(environ)
    data = marshal.dumps(complete, 2)
    return struct.pack("<QBxxxI", number, kind, len(data)) + data + body


class FakeServer:
    """Starts a zygote and speaks with it over the real sockets."""

    def __init__(self, folder):
        self.folder = folder
        self.control = os.path.join(folder, "control")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.control)
        self.listener.listen(5)
        self.listener.settimeout(PATIENCE)
        self.zygote = None
        self.connection = None
        self.streams = []
        self.numbers = itertools.count(1)
        self.queue, self.queue_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.slots = tempfile.TemporaryFile()
        self.slots.truncate(4096)

    def start(self, target, **assignment):
        """Starts the zygote; returns its first frame, LOADED or FAILED."""
        command = [sys.executable, "-X", "utf8", os.path.join(PACKAGE, "zygote.py")]
        command.append("penstock: zygote " + "test" + " " * 60)
        pipe = subprocess.PIPE
        self.zygote = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
        given = {
            "control": self.control,
            "token": "secret",
            "name": "test",
            "generation": 1,
            "directory": HERE,
            "python_path": [],
            "target": target,
            "debug": False,
        }
        given.update(assignment)
        self.zygote.stdin.write(json.dumps(given).encode())
        self.zygote.stdin.close()
        self.connection = self.listener.accept()[0]
        self.connection.settimeout(PATIENCE)
        word = b"zygote\0secret\0\0"
        assert self.connection.recv(len(word), socket.MSG_WAITALL) == word
        return self.receive()

    def load(self, target, **assignment):
        """Starts a zygote that must load; `target` may be the spec of a callable."""
        if isinstance(target, str):
            target = {"kind": "callable", "spec": target}
        frame = self.start(target, **assignment)
        assert frame.type == frames.LOADED, frame.payload.decode()
        equipment = (self.queue_end.fileno(), self.slots.fileno())
        frames.send_json(self.connection, frames.EQUIP, {}, equipment)
        return frame.json

    def fork(self, worker=1, threads=1, slot=0, **more):
        """A worker process; returns its pid and streams."""
        order = dict(worker=worker, slot=slot, threads=threads, **more)
        frames.send_json(self.connection, frames.FORK, order)
        frame = self.receive()
        assert frame.type == frames.FORKED, frame
        assert frame.json["worker"] == worker and len(frame.descriptors) == threads
        streams = [Stream(descriptor) for descriptor in frame.descriptors]
        self.streams += streams
        return frame.json["pid"], streams

    def receive(self):
        return frames.receive(self.connection)

    def post(self, environ, kind=0, body=b""):
        """Puts a request into the queue; returns its id."""
        number = next(self.numbers)
        self.queue.send(request(number, environ, kind, body))
        return number

    def ask(self, path="/", body=b"", kind=0, wanted=None, **environ):
        """One request from its beginning to its end, by any of the workers."""
        self.post(dict(environ, PATH_INFO=path), kind, body)
        return self.ready().answer(wanted)

    def ready(self, patience=PATIENCE):
        """A stream on which a worker has sent something."""
        found, _, _ = select.select(self.streams, [], [], patience)
        assert found, "no worker answered: " + self.state()
        return found[0]

    def state(self):
        if self.zygote.poll() is None:
            return "the zygote runs"
        return self.zygote.stderr.read().decode()

    def close(self):
        for end in [self.connection, self.listener, self.queue, self.queue_end, self.slots]:
            if end is not None:
                end.close()
        for stream in self.streams:
            stream.socket.close()
        if self.zygote is not None:
            try:
                self.zygote.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.zygote.kill()
                self.zygote.wait()
            self.zygote.stdout.close()
            self.zygote.stderr.close()
