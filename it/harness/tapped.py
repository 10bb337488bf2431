"""`penstock tap` in front of an application, as someone runs it in a terminal."""

import json
import os
import signal
import subprocess

from harness.processes import gone
from harness.waiting import eventually


class Tapped:
    """A tap in `folder` that passes on to `to`, a Unix path or (host, port); ends with the `with`
    block. It listens on `address`, a Unix socket that anyone may use.
    """

    def __init__(self, project, folder, to, *arguments):
        folder.mkdir(exist_ok=True)
        self.address = folder / "tap.sock"
        self._output = folder / "tap.out"
        self._errors = folder / "tap.err"
        target = "%s:%d" % to if isinstance(to, tuple) else str(to)
        self.command = [project.command("penstock"), "tap", "--listen", str(self.address)]
        self.command += ["--to", target, "--mode", "0666", *map(str, arguments)]
        self.process = None

    def __enter__(self):
        with open(self._output, "wb") as output, open(self._errors, "wb") as errors:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )
        eventually(lambda: "listening on" in self.said(), 30, "the tap's socket")
        return self

    def __exit__(self, *_):
        self.stop()
        print("--- penstock tap said\n" + self.said() + self.shown()[-6000:])

    def stop(self):
        """Ctrl-C; returns what it said on standard error."""
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGINT)
            self.process.wait(20)
        assert gone(self.process.pid)
        return self.said()

    def said(self):
        return self._errors.read_text(errors="replace")

    def shown(self):
        return self._output.read_text(encoding="utf-8", errors="replace")

    def lines(self, count):
        """What it has shown when there are `count` lines of it."""
        eventually(lambda: self.shown().count("\n") >= count, 20, "%d lines of the tap" % count)
        return self.shown().splitlines()

    def requests(self, count):
        """With `--json`: the requests that it has shown, when there are `count` of them."""

        def seen():
            text = self.shown()
            whole = text[: text.rfind("\n") + 1]
            objects = [json.loads(line) for line in whole.splitlines()]
            return [each for each in objects if each["kind"] == "request"]

        eventually(lambda: len(seen()) >= count, 20, "%d requests shown by the tap" % count)
        return seen()

    def strays(self):
        """With `--json`: the faults that it has shown beside requests."""
        objects = [json.loads(line) for line in self.shown().splitlines()]
        return [each for each in objects if each["kind"] == "fault"]


def faults(request):
    """The names of a request's faults; notes are none."""
    return [fault["fault"] for fault in request["faults"] if fault["severity"] == "fault"]


def read(project, file, *arguments):
    """What `penstock tap --read` shows of a recording."""
    command = [project.command("penstock"), "tap", "--read", str(file), *map(str, arguments)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()
