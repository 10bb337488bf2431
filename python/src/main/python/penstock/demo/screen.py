"""What the demo shows while it works: a line per step with its time on a terminal, results only
elsewhere.
"""

import threading
import time
from contextlib import contextmanager

_DIM, _PLAIN, _CLEAR_LINE = "\033[2m", "\033[0m", "\r\033[K"
_TICK_S = 0.2


class Screen:
    """Writes to `stream`; steps are shown only where someone watches."""

    def __init__(self, stream):
        self._stream = stream
        self._terminal = stream.isatty()

    def say(self, text):
        self._write(text + "\n")

    @contextmanager
    def step(self, title):
        """Around a piece of work: its title and, ticking, the seconds that it takes."""
        if not self._terminal:
            yield
            return
        started = time.monotonic()
        done = threading.Event()
        ticker = threading.Thread(target=self._tick, args=(title, started, done), daemon=True)
        ticker.start()
        try:
            yield
        finally:
            done.set()
            ticker.join()
            self._write(_line(title, started) + "\n")

    def _tick(self, title, started, done):
        self._write(_line(title, started))
        while not done.wait(_TICK_S):
            self._write(_line(title, started))

    def _write(self, text):
        self._stream.write(text)
        self._stream.flush()


def _line(title, started):
    return "%s%-40s %s%5.1f s%s" % (_CLEAR_LINE, title, _DIM, time.monotonic() - started, _PLAIN)
