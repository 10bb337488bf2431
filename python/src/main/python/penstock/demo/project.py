"""A real TurboGears 2 project in a virtualenv of its own: made once, kept, and brought up to date
with the wheel.

Used by `penstock demo`, and by this project's integration tests and measurements. Standard library
only.

    <folder>/venv          the virtualenv with TurboGears 2 and Penstock
    <folder>/project       `gearbox quickstart quickstart`: SQLAlchemy, authentication, Kajiki pages
    <folder>/made.json     what has been made already, and from what
"""

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys

#: Seen to work together on Python 3.10 to 3.13. The quickstart's own requirements are among them,
#: so that installing the project does not ask the registry again.
REQUIREMENTS = """
    TurboGears2==2.5.1  tg.devtools==2.5.1  alembic==1.20.1  babel==2.18.0  backlash==0.5.1
    Beaker==1.14.1  crank==0.9.0  gearbox==0.5.0  hupper==1.12.1  kajiki==1.0.2  linetable==0.0.4
    Mako==1.4.3  MarkupSafe==3.0.4  packaging==26.3  PasteDeploy==3.1.0  Pygments==2.21.0
    repoze.lru==0.8  repoze.who==3.2.0  setuptools==84.2.1  six==1.17.0  Tempita==0.6.0
    tgext.debugbar==0.6.1  transaction==5.1  typing_extensions==4.16.0  WebHelpers2==2.1
    WebOb==1.8.11  wheel==0.45.1  zope.interface==8.6  zope.sqlalchemy==4.1
    SQLAlchemy==2.1.9;python_version>="3.11"  SQLAlchemy==2.0.58;python_version<"3.11"
    legacy-cgi==2.6.4;python_version>="3.13"
""".split()

#: The oldest Python that the requirements support.
OLDEST_PYTHON = (3, 10)
_PYTHON_NAMES = ("python3", "python3.13", "python3.12", "python3.11", "python3.10")
_PYTHON_FOLDERS = ("/usr/local/bin", "/usr/bin")


class ProjectError(Exception):
    """A step failed; the message has the command's output, or says what is missing and how to get
    it.
    """


class CommandFailed(ProjectError):
    """A program ended with `status`, not 0; the message has what it printed."""

    def __init__(self, command, status, output):
        super().__init__("%s failed (status %d):\n%s" % (" ".join(command), status, output))
        self.status = status


class MissingPackage(ProjectError):
    """Nothing works before the operating system's package `package` is installed."""

    def __init__(self, message, package):
        super().__init__(message)
        self.package = package


class Quickstart:
    """The project's place on the disk, and the steps that make it.

    `wheel` is the Penstock to install, a file; None leaves it out.
    `extras` are further requirements (a test's or a measurement's own).
    """

    NAME = "quickstart"

    def __init__(self, folder, wheel=None, extras=(), python=None):
        self.folder = os.path.abspath(folder)
        self.wheel = wheel and os.path.abspath(wheel)
        self.extras = tuple(extras)
        self._python = python

    @property
    def virtualenv(self):
        return os.path.join(self.folder, "venv")

    @property
    def directory(self):
        return os.path.join(self.folder, "project", self.NAME)

    @property
    def ini(self):
        return os.path.join(self.directory, "development.ini")

    @property
    def database(self):
        return os.path.join(self.directory, "devdata.db")

    def command(self, name):
        """A program of the virtualenv: `python`, `penstock`, `gearbox`, `pip`."""
        return os.path.join(self.virtualenv, "bin", name)

    def is_made(self):
        """Whether `make` has nothing left to do."""
        made = self._read_made()
        return all(made.get(name) == mark for name, mark in self._marks().items())

    def make(self, step):
        """Do what is not done yet. `step(title)` is a context manager around each piece of work."""
        os.makedirs(self.folder, exist_ok=True)
        if self._is_new("requirements"):
            self._remove(os.path.join(self.folder, "made.json"), self.virtualenv)
            with step("make a virtualenv"):
                run([self.python(), "-m", "venv", self.virtualenv])
            with step("install TurboGears 2"):
                self._pip("install", *REQUIREMENTS, *self.extras)
            self._done("requirements")
        if self._is_new("project"):
            self._make_project(step)
            self._done("project")
        if self._is_new("wheel"):
            with step("install Penstock"):
                self._install_penstock()
            self._done("wheel")

    def once_per_wheel(self, name, work):
        """Do what the wheel decides, such as files that it writes, unless this wheel did it."""
        made = self._read_made()
        if made.get(name) != made["wheel"]:
            work()
            self._write_made(dict(made, **{name: made["wheel"]}))

    def _marks(self):
        """What stands in made.json for each finished step; another mark means: do it again."""
        python = os.path.realpath(self.python())
        requirements = " ".join(REQUIREMENTS + list(self.extras)) + python + _version_of(python)
        marks = {"requirements": hashlib.sha256(requirements.encode()).hexdigest(), "project": True}
        if self.wheel is not None:
            with open(self.wheel, "rb") as file:
                marks["wheel"] = hashlib.sha256(file.read()).hexdigest()
        return marks

    def _is_new(self, name):
        marks = self._marks()
        return name in marks and self._read_made().get(name) != marks[name]

    def _done(self, name):
        self._write_made(dict(self._read_made(), **{name: self._marks()[name]}))

    def python(self):
        """The interpreter that the virtualenv is made from."""
        if self._python is None:
            self._python = find_python()
        return self._python

    def _make_project(self, step):
        parent = os.path.dirname(self.directory)
        self._remove(parent)
        os.makedirs(parent)
        with step("gearbox quickstart"):
            run([self.command("gearbox"), "quickstart", self.NAME], cwd=parent)
        with step("install the project"):
            self._pip("install", "--no-build-isolation", "--no-deps", "-e", self.directory)
        with step("gearbox setup-app"):
            run([self.command("gearbox"), "setup-app"], cwd=self.directory)

    def _install_penstock(self):
        # Removed first: pip keeps a package of the same version, though the file has changed.
        if os.path.exists(self.command("penstock")):
            self._pip("uninstall", "--yes", "penstock")
        self._pip("install", self.wheel)

    def _pip(self, *arguments):
        pip = [
            self.command("python"),
            "-m",
            "pip",
            "--disable-pip-version-check",
            "--quiet",
            "--no-input",
        ]
        run(pip + list(arguments))

    def _read_made(self):
        try:
            with open(os.path.join(self.folder, "made.json"), encoding="utf-8") as file:
                return json.load(file)
        except (FileNotFoundError, ValueError):
            return {}

    def _write_made(self, made):
        with open(os.path.join(self.folder, "made.json"), "w", encoding="utf-8") as file:
            json.dump(made, file)

    def _remove(self, *places):
        for place in places:
            if os.path.isdir(place):
                shutil.rmtree(place)
            elif os.path.exists(place):
                os.remove(place)


def run(command, cwd=None):
    """Run a program and return its output; a status other than 0 is a CommandFailed."""
    result = subprocess.run(
        command,
        cwd=cwd,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    if result.returncode:
        raise CommandFailed(command, result.returncode, result.stdout)
    return result.stdout


def environment():
    """Ours without the variables that our own Python was started with: PYTHONPATH would show the
    virtualenv's programs another Penstock than its own.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return dict(kept, PYTHONUTF8="1")


def find_python():
    """An interpreter of 3.10 or newer that can make virtualenvs and that Apache's processes can
    run.

    The running one if it will do, else one on the PATH. As root, Apache's processes are another
    user's, so an interpreter inside a closed home folder will not do.
    """
    candidates = [sys._base_executable]  # not that of a virtualenv, which may go
    path = os.pathsep.join((os.environ.get("PATH", ""),) + _PYTHON_FOLDERS)
    for folder in path.split(os.pathsep):
        candidates += [os.path.join(folder, name) for name in _PYTHON_NAMES]
    refused = []
    for candidate in dict.fromkeys(filter(os.path.exists, candidates)):
        try:
            _examine(candidate)
            return candidate
        except ProjectError as reason:
            refused.append((candidate, reason))
    message = "Python %d.%d or newer with the module venv is needed; looked at:" % OLDEST_PYTHON
    message += "".join("\n  %s %s" % pair for pair in refused)
    for _, reason in refused:
        if isinstance(reason, MissingPackage):
            raise MissingPackage(message, reason.package)
    raise ProjectError(message)


def _examine(python):
    # Asked of the interpreter: a pyenv shim's place says nothing about where the real one is.
    probe = "import sys, os; print(*sys.version_info[:2], os.path.realpath(sys.executable))"
    try:
        major, minor, place = run([python, "-c", probe]).strip().split(" ", 2)
    except (ProjectError, OSError):
        raise ProjectError("does not run") from None
    if (int(major), int(minor)) < OLDEST_PYTHON:
        raise ProjectError("is Python %s.%s" % (major, minor))
    if os.geteuid() == 0 and not reachable_by_others(place):
        raise ProjectError("cannot be reached by other users, such as Apache's")
    try:
        run([python, "-c", "import venv, ensurepip"])
    except ProjectError:
        raise MissingPackage(
            "has no module venv or ensurepip", "python%s.%s-venv" % (major, minor)
        ) from None


def reachable_by_others(path):
    """Whether every folder on the way to `path` may be passed by any user, and `path` itself may be
    read.
    """
    path = os.path.realpath(path)
    if not os.stat(path).st_mode & stat.S_IROTH:
        return False
    while path != "/":
        path = os.path.dirname(path)
        if not os.stat(path).st_mode & stat.S_IXOTH:
            return False
    return True


def _version_of(python):
    return run([python, "-c", "import sys; print(sys.version)"])
