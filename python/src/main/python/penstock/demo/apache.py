"""A private Apache on a loopback port: found, configured, started and stopped without touching the
machine's own.

Used by `penstock demo`, and by this project's integration tests and measurements. Standard library
only.

Everything Apache needs lies in one folder that the caller gives: its configuration, its log, its
run files. It runs as the current user; started by root it switches to `www-data`, as Apache
insists, and so do the processes it spawns.
"""

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

#: What a shared host's Apache has at least; the rest of a test's or measurement's modules are named
#: by their caller.
BASE_MODULES = ("mpm_event", "authz_core", "dir", "alias", "mime", "rewrite", "setenvif", "env")

_BINARIES = ("apache2", "httpd")
_BINARY_FOLDERS = (
    "/usr/sbin",
    "/usr/bin",
    "/usr/local/sbin",
    "/usr/local/apache2/bin",
    "/opt/homebrew/bin",
)
_MODULE_FOLDERS = (
    "/usr/lib/apache2/modules",
    "/usr/lib64/httpd/modules",
    "/usr/lib/httpd/modules",
    "/usr/lib64/apache2",
    "/usr/local/apache2/modules",
    "/usr/local/libexec/apache24",
)
_UNPRIVILEGED_USERS = ("www-data", "apache", "http", "nobody")


class ApacheError(Exception):
    """Apache is missing, or did not start; the message says what to do or what its log says."""


class Installation:
    """Where Apache's program and its modules are on this machine."""

    def __init__(self, binary, modules):
        self.binary = binary
        self.modules = modules

    def has(self, module):
        """Whether `mod_<module>.so` is there. Modules that are compiled in are not files, so they
        say no.
        """
        return os.path.exists(os.path.join(self.modules, "mod_%s.so" % module))

    def load_lines(self, modules):
        """`LoadModule` lines for those of `modules` that are files; the others are taken to be
        compiled in.
        """
        line = "LoadModule %s_module %s/mod_%s.so"
        return [line % (module, self.modules, module) for module in modules if self.has(module)]


def find(needs=("fcgid",)):
    """The machine's Apache with the modules `needs`; an ApacheError names what is missing."""
    path = os.pathsep.join((os.environ.get("PATH", ""),) + _BINARY_FOLDERS)
    binary = next(filter(None, (shutil.which(name, path=path) for name in _BINARIES)), None)
    if binary is None:
        raise ApacheError("Apache (apache2 or httpd) is not installed")
    folders = [folder for folder in _MODULE_FOLDERS if glob.glob(os.path.join(folder, "mod_*.so"))]
    if not folders:
        raise ApacheError(
            "%s is here, but its modules are in none of: %s" % (binary, ", ".join(_MODULE_FOLDERS))
        )
    installation = Installation(binary, folders[0])
    missing = [module for module in needs if not installation.has(module)]
    if missing:
        raise ApacheError(
            "%s has no %s" % (folders[0], ", ".join("mod_%s.so" % module for module in missing))
        )
    return installation


def unprivileged_user():
    """The user that a root-started Apache serves as, or None when we are not root and it serves as
    ourselves.
    """
    if os.geteuid() != 0:
        return None
    for name in _UNPRIVILEGED_USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ApacheError(
        "found none of the users that Apache could run as: %s" % ", ".join(_UNPRIVILEGED_USERS)
    )


def give_to_apache(*paths):
    """Let the processes that Apache spawns write there: as root, hands the paths to its user."""
    user = unprivileged_user()
    if user is not None:
        for path in paths:
            os.chown(path, user.pw_uid, user.pw_gid)


def free_port():
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port, process, timeout_s):
    """Wait until something listens on the loopback port; False when `process` ends before, or the
    time is up.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return process.poll() is None
        except OSError:
            time.sleep(0.01)
    return False


class Apache:
    """One running (or not yet running) private Apache.

    `folder` gets its `apache.conf` and `error.log`; `document_root` is served with `AllowOverride
    All`, as shared hosts do. `modules` and `directives` come on top of the basics.
    """

    START_TIMEOUT_S = 20
    STOP_TIMEOUT_S = 20

    def __init__(
        self,
        installation,
        folder,
        document_root,
        modules=("fcgid",),
        directives="",
        port=None,
        user=None,
    ):
        self.installation = installation
        self.folder = os.path.abspath(folder)
        self.document_root = os.path.abspath(document_root)
        self.modules = tuple(modules)
        self.directives = directives
        self.user = user or unprivileged_user()
        self.port = port
        #: Words before Apache's own command, such as those of `unshare`.
        self.wrapper = ()
        self.process = None
        self._run_folder = None

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.port

    @property
    def configuration_file(self):
        return os.path.join(self.folder, "apache.conf")

    @property
    def log_file(self):
        return os.path.join(self.folder, "error.log")

    def start(self):
        """Start and wait until the port answers. A port that someone took in between is replaced,
        unless it was given.
        """
        os.makedirs(self.folder, exist_ok=True)
        given = self.port
        for attempt in range(3):
            self.port = given or free_port()
            before = len(self.log())
            self._spawn()
            if answers(self.port, self.process, self.START_TIMEOUT_S):
                return self
            self.stop()
            if given or "Address already in use" not in self.log()[before:]:
                break
        raise ApacheError(
            "Apache did not start; %s ends with:\n%s" % (self.log_file, self.log()[-2000:])
        )

    def stop(self):
        """Stop it and all that it spawned, and wait for it; nothing to do when it does not run."""
        if self.process is not None:
            if self.process.poll() is None:
                self.process.terminate()
            try:
                self.process.wait(self.STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None
        if self._run_folder is not None:
            shutil.rmtree(self._run_folder, ignore_errors=True)
            self._run_folder = None

    def graceful(self):
        """What `apachectl graceful` does: new children with a fresh configuration, the old ones
        finish. Returns at once.
        """
        self.process.send_signal(signal.SIGUSR1)

    def log(self):
        """The error log so far, which is also where the spawned processes' standard error goes."""
        try:
            with open(self.log_file, encoding="utf-8", errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""

    def configuration(self):
        """The whole configuration as text."""
        lines = self.installation.load_lines(BASE_MODULES + self.modules)
        lines += [
            "ServerName 127.0.0.1",
            "Listen 127.0.0.1:%d" % self.port,
            'ServerRoot "%s"' % self.folder,
            'DefaultRuntimeDir "%s"' % self._run_folder,
            'PidFile "%s/apache.pid"' % self._run_folder,
            'ErrorLog "%s"' % self.log_file,
            "LogLevel warn",
            "TypesConfig /dev/null",
            "AddType text/html .html",
            "AddType text/css .css",
            "AddType text/plain .txt",
            "AddType image/png .png",
            "StartServers 1",
            "ThreadsPerChild 25",
        ]
        if self.user is not None:
            lines += ["User %s" % self.user.pw_name, "Group #%d" % self.user.pw_gid]
        if "fcgid" in self.modules:
            lines += ['FcgidIPCDir "%s/fcgid"' % self._run_folder]
            lines += ['FcgidProcessTableFile "%s/fcgid_shm"' % self._run_folder]
        lines += [
            'DocumentRoot "%s"' % self.document_root,
            '<Directory "%s">' % self.document_root,
            "    Options FollowSymLinks",
            "    AllowOverride All",
            "    Require all granted",
            "</Directory>",
            self.directives,
        ]
        return "\n".join(lines) + "\n"

    def _spawn(self):
        # A short path: names of Unix sockets end at 107 bytes.
        self._run_folder = tempfile.mkdtemp(prefix="penstock-apache-")
        os.chmod(self._run_folder, 0o755)
        ipc_folder = os.path.join(self._run_folder, "fcgid")
        os.mkdir(ipc_folder)
        if self.user is not None:
            os.chown(ipc_folder, self.user.pw_uid, self.user.pw_gid)
        with open(self.configuration_file, "w", encoding="utf-8") as file:
            file.write(self.configuration())
        command = [self.installation.binary, "-D", "FOREGROUND", "-f", self.configuration_file]
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ.get("PATH", os.defpath)},
                cwd="/",
                # Ctrl-C in the terminal is for whoever started us: Apache is stopped in order, not
                # by accident.
                start_new_session=True,
            )
