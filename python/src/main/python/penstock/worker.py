"""A worker: a process forked from the zygote that answers requests, one at a time in each thread.

All workers of a generation take requests from one datagram queue; the kernel gives each to exactly
one thread. Each thread answers on a stream of its own, on which the server can also reach it alone.

A request on the queue:

    +------------+------+---------+----------------+---------------------+------------
    | request id | kind | 3 x 0   | environ length | environ (a marshal- | inline body
    | u64 little | u8   |         | u32 little     | ed dict of str)     |
    +------------+------+---------+----------------+---------------------+------------
"""

import io
import mmap
import os
import select
import sys
import threading
from marshal import loads
from signal import set_wakeup_fd as wakeup_on_signal
from struct import Struct

from penstock import frames
from penstock.light import signal, socket
from penstock.streams import Errors, FilePart, FileWrapper
from penstock.wsgi import handle

REQUEST_HEADER = Struct("<QBxxxI")
INLINE, SPOOLED, ASK = 0, 1, 2
#: A queued request has at most 16 KiB; what is larger comes by the stream.
LONGEST_DATAGRAM = 65536
SLOT_SIZE = 64
#: Used of it: the id that the thread took last, and the id whose client has gone.
SLOT_BYTES = 16
#: Wakes one waiter a request, not all (Linux 4.5; some Pythons lack the name).
_EXCLUSIVE = getattr(select, "EPOLLEXCLUSIVE", 1 << 28)
_SPOOL_PAYLOAD = Struct("<QQ")
#: How many requests a busy thread takes before it looks at its stream. Power of two.
_LOOK_EVERY = 16
#: Having found the queue empty, a thread waits before it looks for so many requests: looking in vain
#: costs a system call and an exception.
_WAIT_FIRST = 8
#: A response up to this size leaves in one system call.
_ONE_SEND = 65536

# When a thread ends: not, once the queue is empty, after the current request.
STAY, WHEN_EMPTY, NOW = 0, 1, 2

_pack = frames.HEADER.pack
_END_HEADER = _pack(frames.END, 8)


class Stream:
    """A thread's own connection to the server: the sink of its responses (see `wsgi`)."""

    def __init__(self, connection, gone):
        self.connection = connection
        self.request = bytes(8)  # the id of the current request, as it came
        self._gone = gone  # 8 bytes that the server writes: the id whose client has gone
        self._lock = threading.Lock()  # wsgi.errors writes from other threads too

    def send(self, head, body: bytes, end: bool) -> None:
        parts = []
        if head is not None:
            parts += (_pack(frames.HEAD, 8 + len(head)), self.request, head)
        if body and len(body) <= _ONE_SEND:
            parts += (_pack(frames.BODY, len(body)), body)
        elif body:
            self._send_large(parts, body)
            parts = []
        if end:
            parts += (_END_HEADER, self.request)
        if parts:
            self.send_all(b"".join(parts))

    def torn(self) -> None:
        self.send_all(frames.pack(frames.TORN, self.request))

    def cancelled(self) -> bool:
        """Whether the current request's client has gone. Costs no system call."""
        return self._gone == self.request

    def log(self, text: str) -> None:
        self.send_all(frames.pack(frames.ERRORS, text.encode("utf-8", "backslashreplace")))

    def want(self) -> None:
        """Asks for what the queue had no room for."""
        self.send_all(frames.pack(frames.WANT, self.request))

    def receive(self, flags: int = 0) -> frames.Frame:
        """The server's next frame. Does not return when the server has gone."""
        try:
            frame = frames.receive(self.connection, flags)
        except ConnectionError:
            frame = None
        if frame is None:
            os._exit(0)
        return frame

    def send_all(self, data: bytes) -> None:
        try:
            with self._lock:
                self.connection.sendall(data)
        except ConnectionError:
            os._exit(0)  # nobody is left to answer to

    def _send_large(self, parts: list, body: bytes) -> None:
        view = memoryview(body)
        for start in range(0, len(body), frames.MAX_BODY):
            piece = view[start : start + frames.MAX_BODY]
            parts.append(_pack(frames.BODY, len(piece)))
            self.send_all(b"".join(parts + [piece]))
            parts = []


class WorkerThread:
    """Takes requests from the queue and answers them, until it is retired."""

    def __init__(self, application, queue, connection, slot, stop, constants, debug=False):
        self.application = application
        self.queue = queue
        self.slot = slot[:8]  # the server reads it, too
        self.stream = Stream(connection, slot[8:])
        self.errors = Errors(self.stream.log)
        self.constants = dict(constants)
        self.constants["wsgi.errors"] = self.errors
        self.constants["penstock.cancelled"] = self.stream.cancelled
        self.stop = stop  # a pipe that is closed when all threads shall end
        self.debug = debug
        self.leaving = STAY
        self.postponed = []  # frames
        self.buffer = memoryview(bytearray(LONGEST_DATAGRAM))
        self.epoll = select.epoll()
        self.epoll.register(queue.fileno(), select.EPOLLIN | _EXCLUSIVE)
        self.epoll.register(connection.fileno(), select.EPOLLIN)
        self.epoll.register(stop, select.EPOLLIN)

    def run(self) -> None:
        """The loop. While requests wait for it, it makes two system calls each: receive and send."""
        receive, buffer, no_wait = self.queue.recv_into, self.buffer, socket.MSG_DONTWAIT
        taken = 0
        wait_first = 0  # so many requests are waited for before the queue is looked at unasked again
        while self.leaving != NOW:
            if wait_first and not self.leaving:
                self.wait(-1)
                if self.leaving == NOW:
                    # The wake-up may have been for a request that nobody else was woken for.
                    self.leaving = WHEN_EMPTY
            try:
                size = receive(buffer, 0, no_wait)
            except BlockingIOError:
                if self.leaving:
                    return
                wait_first = _WAIT_FIRST
                continue
            self.answer(buffer[:size])
            if wait_first:
                wait_first -= 1
                continue
            taken += 1
            if not taken % _LOOK_EVERY:
                self.wait(0)

    def wait(self, seconds: float) -> None:
        """Waits for a request, a frame or the end; looks at the last two."""
        own = self.stream.connection.fileno()
        for descriptor, _ in self.epoll.poll(seconds):
            if descriptor == own:
                self.obey(self.stream.receive())
            elif descriptor == self.stop:
                self.leaving = NOW
            elif descriptor != self.queue.fileno():
                os.read(descriptor, 512)  # some signal, whose handler has run by now

    def obey(self, frame: frames.Frame) -> None:
        """A frame that came unasked, while no request is being answered."""
        if frame.type == frames.RETIRE:
            self.leaving = max(self.leaving, WHEN_EMPTY if frame.payload == b"\1" else NOW)
        elif frame.type == frames.REQUEST:
            self.answer(memoryview(frame.payload), by_stream=True)

    def answer(self, request: memoryview, by_stream: bool = False) -> None:
        """One request, from its first byte to its last. By the stream, a spooled body follows
        unasked."""
        self.slot[:] = request[:8]  # before anything else: if we die now, the server knows of what
        self.stream.request = bytes(request[:8])
        _, kind, environ_length = REQUEST_HEADER.unpack_from(request)
        if kind == ASK:
            self.stream.want()
            request, by_stream = memoryview(self.wait_for(frames.REQUEST).payload), True
            _, kind, environ_length = REQUEST_HEADER.unpack_from(request)
        if kind == SPOOLED:
            if not by_stream:
                self.stream.want()
            body = self.open_spooled()
        else:
            body = io.BytesIO(request[16 + environ_length :])
        environ = loads(request[16:])  # and ignores the body behind it
        environ.update(self.constants)
        if "wsgi.url_scheme" not in environ:
            environ["wsgi.url_scheme"] = "http"
        environ["wsgi.input"] = body
        if "penstock.input_length" in environ:
            split(environ, body)
        handle(self.application, environ, self.stream, self.debug)
        if self.errors.pending:
            self.errors.flush()
        if kind == SPOOLED:
            body.close()
        while self.postponed:
            self.obey(self.postponed.pop(0))

    def wait_for(self, frame_type: int) -> frames.Frame:
        """The frame about the current request that we need; others may come before it."""
        while True:
            frame = self.stream.receive()
            if frame.type == frame_type and frame.payload[:8] == self.stream.request:
                return frame
            if frame.type == frames.REQUEST:
                self.postponed.append(frame)  # for this worker alone: the next one
            else:
                self.obey(frame)

    def open_spooled(self):
        """A body that the server has in a file, which has no name: only its descriptor."""
        (descriptor,) = self.wait_for(frames.SPOOL).descriptors
        os.lseek(descriptor, 0, os.SEEK_SET)
        return open(descriptor, "rb")


def split(environ: dict, body) -> None:
    """A filter's body (FastCGI 6.4): what came on STDIN, and behind it the file."""
    length = int(environ.pop("penstock.input_length"))
    if isinstance(body, io.BytesIO):
        whole = body.getvalue()
        parts = io.BytesIO(whole[:length]), io.BytesIO(whole[length:])
    else:
        descriptor = body.fileno()
        end = os.fstat(descriptor).st_size
        parts = [
            io.BufferedReader(FilePart(descriptor, *part)) for part in ((0, length), (length, end))
        ]
    environ["wsgi.input"], environ["fcgi.data"] = parts


class Worker:
    """One process of `threads` worker threads; the first is the main thread.

    Made in the zygote's child right after the fork.
    """

    def __init__(self, application, queue, slots, connections, first_slot, alone, debug):
        # A signal may come just before a thread begins to wait. So the handler closes a pipe that
        # all threads watch, and the interpreter writes to one that the main thread watches, where
        # Python runs handlers.
        self.stop_reader, self.stop_writer = os.pipe()
        self.wake_reader, self.wake_writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        end = SLOT_SIZE * (first_slot + len(connections))
        memory = memoryview(mmap.mmap(slots, end))
        constants = {
            "wsgi.version": (1, 0),
            "wsgi.multithread": len(connections) > 1,
            "wsgi.multiprocess": not alone,
            "wsgi.run_once": False,
            "wsgi.file_wrapper": FileWrapper,
            "wsgi.input_terminated": True,
        }
        self.threads = []
        for number, connection in enumerate(connections):
            start = SLOT_SIZE * (first_slot + number)
            slot = memory[start : start + SLOT_BYTES]
            self.threads.append(
                WorkerThread(
                    application, queue, connection, slot, self.stop_reader, constants, debug
                )
            )

    def run(self) -> int:
        """Answers requests until the server retires all threads or a signal says so."""
        self.threads[0].epoll.register(self.wake_reader, select.EPOLLIN)
        wakeup_on_signal(self.wake_writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        others = []
        for number, thread in enumerate(self.threads[1:], 2):
            other = threading.Thread(target=thread.run, name="penstock-%d" % number)
            other.start()
            others.append(other)
        self.threads[0].run()
        for other in others:
            other.join()
        sys.stdout.flush()
        return 0

    def stop(self, *_) -> None:
        """Signal handler: every thread finishes its request; who waits is woken by the pipe."""
        for thread in self.threads:
            thread.leaving = NOW
        if self.stop_writer is not None:
            os.close(self.stop_writer)
            self.stop_writer = None
