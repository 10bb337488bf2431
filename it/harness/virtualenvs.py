"""Virtualenvs of the applications that the tests drive: one for each, made on the first run, kept, and
brought up to date with the wheel under test.
"""

import fcntl
import hashlib
import shutil
from contextlib import contextmanager

from penstock.demo.project import ProjectError, find_python, run

from harness import places


class Virtualenv:
    """The virtualenv `name`, with what the file `requirements` pins and with Penstock's wheel."""

    def __init__(self, name, requirements):
        self.python = find_python()
        self.folder = places.cache() / ("application-" + name)
        self.requirements = requirements
        self.wheel = places.wheel()
        self._mark = self.folder / "made-from"

    def command(self, name):
        """A program of the virtualenv."""
        return str(self.folder / "bin" / name)

    @contextmanager
    def in_use(self):
        """Made if it is not, and left alone by other runs meanwhile: one that has another wheel to
        install waits. A ProjectError says why it cannot be made.
        """
        lock = str(self.folder)
        with open(lock + ".in-use", "w") as in_use:
            with open(lock + ".making", "w") as making:
                fcntl.flock(making, fcntl.LOCK_EX)
                if not self._is_made():
                    fcntl.flock(in_use, fcntl.LOCK_EX)
                    self._make()
                fcntl.flock(in_use, fcntl.LOCK_SH)
            yield self

    def _is_made(self):
        return self._mark.exists() and self._mark.read_text() == self._made_from()

    def _make(self):
        if self.wheel is None:
            raise ProjectError("there is no wheel of Penstock in dist/")
        shutil.rmtree(self.folder, ignore_errors=True)
        run([self.python, "-m", "venv", str(self.folder)])
        pip = [self.command("python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
        run([*pip, "install", "--quiet", "-r", str(self.requirements), str(self.wheel)])
        self._mark.write_text(self._made_from())

    def _made_from(self):
        version = run([self.python, "-c", "import sys; print(sys.version, sys.executable)"])
        content = version.encode() + self.requirements.read_bytes()
        if self.wheel is not None:
            content += self.wheel.read_bytes()
        return hashlib.sha256(content).hexdigest()
