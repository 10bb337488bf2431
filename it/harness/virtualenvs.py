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
        return self._made() == self._marks()

    def _made(self):
        """The marks of the steps that are done."""
        return self._mark.read_text().splitlines() if self._mark.exists() else []

    def _make(self):
        """What is not done yet: another wheel is installed into the virtualenv that is there."""
        if self.wheel is None:
            raise ProjectError("there is no wheel of Penstock in dist/")
        pip = [self.command("python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
        requirements, wheel = self._marks()
        if self._made()[:1] != [requirements]:
            shutil.rmtree(self.folder, ignore_errors=True)
            run([self.python, "-m", "venv", str(self.folder)])
            run([*pip, "install", "--quiet", "-r", str(self.requirements)])
        self._mark.write_text(requirements + "\n")
        # Its version does not change with its content.
        run([*pip, "uninstall", "--quiet", "--yes", "penstock"])
        run([*pip, "install", "--quiet", str(self.wheel)])
        self._mark.write_text("%s\n%s\n" % (requirements, wheel))

    def _marks(self):
        """What the requirements and the wheel are now."""
        version = run([self.python, "-c", "import sys; print(sys.version, sys.executable)"])
        content = version.encode() + self.requirements.read_bytes()
        wheel = self.wheel.read_bytes() if self.wheel is not None else b""
        return [hashlib.sha256(content).hexdigest(), hashlib.sha256(wheel).hexdigest()]
