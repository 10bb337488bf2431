"""wsgi.errors, wsgi.file_wrapper, and the parts of a filter's body."""

import io
import os
import threading

#: The most characters in one message to the log; an application's dump comes in several.
_MOST_CHARACTERS = 16384


class Errors:
    """wsgi.errors: a text stream whose lines become log lines of the server.

    Made once per worker thread. The application's own threads may write to it as well, and later
    than the request's end. Takes any str, lone surrogates too.
    """

    encoding = "utf-8"
    errors = "backslashreplace"
    closed = False

    def __init__(self, log):
        self._log = log  # function of one str
        self._lock = threading.Lock()
        self.pending = ""  # the beginning of a line

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError("wsgi.errors takes str, not %s" % type(text).__name__)
        with self._lock:
            lines, newline, rest = (self.pending + text).rpartition("\n")
            if len(rest) > _MOST_CHARACTERS:
                lines, newline, rest = lines + newline, rest, ""
            self.pending = rest
        self._send(lines + newline)
        return len(text)

    def writelines(self, lines) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        with self._lock:
            text, self.pending = self.pending, ""
        self._send(text)

    def close(self) -> None:
        """The application must not close it (PEP 3333); what it wrote goes out."""
        self.flush()

    def isatty(self) -> bool:
        return False

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def _send(self, text: str) -> None:
        for start in range(0, len(text), _MOST_CHARACTERS):
            self._log(text[start : start + _MOST_CHARACTERS])


class FileWrapper:
    """wsgi.file_wrapper: the blocks of a file-like object, from its current offset.

    A Content-Length may end before the file does, as for a range; `left` is set to it. Middleware may iterate over it like over any response. It has a close() when the file has one.
    """

    def __init__(self, filelike, block_size: int = 262144):
        self.filelike = filelike
        self.block_size = block_size
        self.left = None  # bytes to send, where fewer than the file has
        if hasattr(filelike, "close"):
            self.close = filelike.close

    def __iter__(self):
        return self

    def __next__(self) -> bytes:
        size = self.block_size if self.left is None else min(self.block_size, self.left)
        block = self.filelike.read(size) if size else b""
        if not block:
            raise StopIteration
        if self.left is not None:
            self.left = max(0, self.left - len(block))  # some objects give more than asked
        return block


class FilePart(io.RawIOBase):
    """The bytes of an open file from `start` to `end`. It has a position of its own."""

    def __init__(self, descriptor: int, start: int, end: int):
        self.descriptor = descriptor
        self.position = start
        self.end = end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        size = min(len(buffer), self.end - self.position)
        data = os.pread(self.descriptor, size, self.position)
        buffer[: len(data)] = data
        self.position += len(data)
        return len(data)
