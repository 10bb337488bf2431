"""nginx, HAProxy, Caddy and lighttpd, each in a folder and on a port of its own, with a configuration
that the test gives; and a `penstock serve` of the application `streams` behind them.
"""

import os
import shutil
import signal
import subprocess

import pytest

from penstock.demo import apache

from harness import client, places
from harness.served import Served

COMMANDS = {
    "nginx": ("nginx", "-e", "{folder}/error.log", "-c", "{configuration}"),
    "haproxy": ("haproxy", "-db", "-f", "{configuration}"),
    "caddy": ("caddy", "run", "--adapter", "caddyfile", "--config", "{configuration}"),
    "lighttpd": ("lighttpd", "-D", "-f", "{configuration}"),
}
_FOLDERS = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"


class WebServer:
    """`{folder}` and `{port}` in the configuration are filled in; other braces are doubled. Use as a
    context manager.
    """

    def __init__(self, name, folder, configuration, **values):
        self.name = name
        self.folder = folder / name
        self.binary = shutil.which(COMMANDS[name][0], path=_FOLDERS)
        if self.binary is None:
            pytest.skip("%s is not installed" % name)
        self.port = apache.free_port()
        self.text = configuration.format(folder=self.folder, port=self.port, **values)
        self.process = None

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.port

    def fetch(self, path, *arguments, **keywords):
        return client.fetch(self.url + path, *arguments, **keywords)

    def log(self):
        logs = [self.folder / "output", self.folder / "error.log"]
        return "".join(log.read_text(errors="replace") for log in logs if log.exists())

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        configuration = self.folder / "configuration"
        configuration.write_text(self.text)
        words = [
            word.format(folder=self.folder, configuration=configuration)
            for word in COMMANDS[self.name][1:]
        ]
        home = {"HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder)}
        with open(self.folder / "output", "wb") as output:
            self.process = subprocess.Popen(
                [self.binary, *words],
                env=dict(os.environ, **home),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        if not apache.answers(self.port, self.process, 20):
            raise AssertionError("%s did not start:\n%s" % (self.name, self.log()))
        return self

    def __exit__(self, *_):
        print("--- %s said\n%s" % (self.name, self.log()[-3000:]))
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def streams(project, folder, *arguments, workers=2, addresses=None, **settings):
    """A `penstock serve` of `apps/streams.py`, at `folder / "fcgi.sock"` if nothing else is said."""
    fcgi = addresses or [folder / "fcgi.sock"]
    shutil.copy(places.REPOSITORY / "it" / "apps" / "streams.py", folder)
    options = ["--workers", str(workers), "--set", "fcgi_mode=0666"]
    for name, value in settings.items():
        options += ["--set", "%s=%s" % (name, value)]
    target = "streams:application"
    return Served(project, folder, target, *options, *arguments, fcgi=fcgi, directory=folder)


def complaints(served):
    """Lines of the server's log that would worry someone."""
    return [
        line
        for line in served.output().splitlines()
        if " ERROR " in line or " WARNING " in line or "Traceback" in line
    ]
