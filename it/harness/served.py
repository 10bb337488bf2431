"""`penstock serve` in the foreground, as someone runs it in a terminal or a service manager runs
it.
"""

import json
import os
import signal
import socket
import subprocess

from harness.processes import descendants, gone
from harness.waiting import eventually


class Served:
    """The command with `arguments`, and the addresses that it was told to listen on; ends with the
    `with` block.
    """

    def __init__(
        self,
        project,
        folder,
        *arguments,
        http=None,
        fcgi=(),
        scgi=(),
        uwsgi=(),
        directory=None,
        environment=None
    ):
        self.run_folder = folder / "run"
        self.run_folder.mkdir(exist_ok=True)
        self.output_file = folder / "serve.out"
        self.http = http
        self.addresses = [("127.0.0.1", http)] if http else []
        options = ["--http", "127.0.0.1:%d" % http] if http else []
        for option, addresses in (("--fcgi", fcgi), ("--scgi", scgi), ("--uwsgi", uwsgi)):
            self.addresses += addresses
            for address in addresses:
                text = "%s:%d" % address if isinstance(address, tuple) else str(address)
                options += [option, text]
        self.command = [project.command("penstock"), "serve", *map(str, arguments), *options]
        self.directory = directory or folder
        self.environment = dict(
            os.environ, PENSTOCK_RUN_DIR=str(self.run_folder), **(environment or {})
        )
        self.process = None

    def __enter__(self):
        with open(self.output_file, "wb") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.directory,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        for address in self.addresses:
            eventually(lambda: self._answers(address), 30, "an answer at %s" % (address,))
        return self

    def __exit__(self, *_):
        print("--- penstock serve said\n" + self.output()[-6000:])  # shown where a test failed
        below = descendants(self.process.pid)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        eventually(
            lambda: all(gone(process.pid) for process in below), what="the end of %s" % below
        )

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.http

    def output(self):
        return self.output_file.read_text(errors="replace")

    def workers(self):
        return [
            process
            for process in descendants(self.process.pid)
            if process.title.startswith("penstock: worker")
        ]

    def status(self):
        """What `penstock status --json` says."""
        done = subprocess.run(
            [self.command[0], "status", "--json", *self.command[2:3]],
            cwd=self.directory,
            env=self.environment,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            timeout=30,
            check=True,
        )
        return json.loads(done.stdout)

    def interrupt(self):
        """Ctrl-C; returns the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(20)

    def _answers(self, address):
        assert self.process.poll() is None, "penstock serve ended:\n" + self.output()
        family = socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX
        with socket.socket(family) as connection:
            connection.settimeout(1)
            return (
                connection.connect_ex(address if isinstance(address, tuple) else str(address)) == 0
            )
