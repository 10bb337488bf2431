"""A private lighttpd on a loopback port, as the current user."""

import shutil
import subprocess

import pytest

from penstock.demo import apache

CONFIGURATION = """\
server.modules = ({modules})
server.document-root = "{htdocs}"
server.bind = "127.0.0.1"
server.port = {port}
server.errorlog = "{folder}/error.log"
server.breakagelog = "{folder}/programs.log"
server.upload-dirs = ("{folder}")
{directives}
"""


class Lighttpd:
    """One lighttpd; a context manager."""

    def __init__(self, folder, htdocs, modules, directives):
        self.binary = shutil.which("lighttpd", path="/usr/sbin:/usr/bin:/usr/local/sbin")
        if self.binary is None:
            pytest.skip("lighttpd is not installed")
        self.folder = folder
        self.htdocs = htdocs
        self.modules = modules
        self.directives = directives
        self.port = apache.free_port()
        self.process = None

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.port

    def log(self):
        """lighttpd's own log, and standard error of CGI programs."""
        logs = [self.folder / name for name in ("error.log", "programs.log")]
        return "".join(log.read_text(errors="replace") for log in logs if log.exists())

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        configuration = self.folder / "lighttpd.conf"
        configuration.write_text(
            CONFIGURATION.format(
                folder=self.folder,
                htdocs=self.htdocs,
                port=self.port,
                modules=", ".join('"%s"' % module for module in self.modules),
                directives=self.directives,
            )
        )
        with open(self.folder / "output", "wb") as output:
            self.process = subprocess.Popen(
                [self.binary, "-D", "-f", str(configuration)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        if not apache.answers(self.port, self.process, 20):
            raise AssertionError("lighttpd did not start:\n" + (self.folder / "output").read_text())
        return self

    def __exit__(self, *_):
        print("--- lighttpd said\n" + self.log()[-3000:])  # pytest shows it where a test failed
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(20)
