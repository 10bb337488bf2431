"""The instance directory: where the processes of one deployed application meet.

It holds `control` (the server's control socket), `lock` (who holds it may start a server), `target`
(the real path of the dispatch script or INI file) and `penstock.log`. Used in the dispatch, so
this file imports nothing heavy.
"""

import os
import stat
from binascii import crc32

from penstock.light import socket

#: Others may pass through the directory to the control socket, but not list or change it. Who may
#: command the server is decided there, by peer credentials.
DIRECTORY_MODE = 0o711
CONTROL_MODE = 0o666
#: Connections that may wait while the Java virtual machine starts: one for each dispatch process.
CONTROL_BACKLOG = 256
#: The longest path that fits into sockaddr_un with its closing NUL.
LONGEST_SOCKET_PATH = 107
_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


class InstanceError(Exception):
    """No directory could be used; the text says which were tried and what was wrong with each."""


def instance_name(target: str) -> str:
    """The name that people see: the folder's that holds the script or INI file, made harmless."""
    folder = os.path.basename(os.path.dirname(os.path.realpath(target))) or "root"
    return "".join(c if c in _NAME_CHARACTERS else "_" for c in folder)[:24]


def instance_id(target: str) -> str:
    """The directory's name: readable, and different for two targets of the same folder name."""
    path = os.fsencode(os.path.realpath(target))
    return "%s-%08x" % (instance_name(target), crc32(path) & 0xFFFFFFFF)


class Instance:
    """One instance directory that has been found safe. Made by `open_instance`."""

    def __init__(self, target: str, path: str):
        self.target = target
        self.name = instance_name(target)
        self.path = path

    def connect(self):
        """A connection to the server's control socket, or None where nobody listens."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._with_address(connection.connect)
            return connection
        except OSError:
            connection.close()
            return None

    def listen(self):
        """A new listening control socket in the place of any old one. Only with the lock held."""
        try:
            os.unlink(os.path.join(self.path, "control"))
        except FileNotFoundError:
            pass
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._with_address(listener.bind)
        os.chmod(os.path.join(self.path, "control"), CONTROL_MODE)
        listener.listen(CONTROL_BACKLOG)
        return listener

    def lock(self):
        """Waits for the right to start a server; it ends when the returned descriptor is closed."""
        import fcntl

        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(os.path.join(self.path, "lock"), flags, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return descriptor

    def _with_address(self, use) -> None:
        """Calls bind or connect; a path too long for the kernel goes through a descriptor."""
        address = os.path.join(self.path, "control")
        if len(os.fsencode(address)) <= LONGEST_SOCKET_PATH:
            use(address)
            return
        folder = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            use("/proc/self/fd/%d/control" % folder)
        finally:
            os.close(folder)


def open_instance(target: str) -> Instance:
    """Finds or makes the directory for a target: the first candidate that can be used safely."""
    refused = []
    for levels in candidates(target):
        try:
            for level in levels:
                _make_safe(level)
            _write_target(levels[-1], target)
            return Instance(target, levels[-1])
        except OSError as reason:
            refused.append("  %s: %s" % (levels[-1], reason.strerror or reason))
    raise InstanceError(
        "no directory for the control socket of %s can be used by user id %d:\n%s\n"
        "Give one that this user can write to in PENSTOCK_RUN_DIR (mod_fcgid: FcgidInitialEnv)."
        % (target, os.geteuid(), "\n".join(refused))
    )


def connect_running(target: str):
    """A connection to the target's server, or None where none runs; nothing is made or changed."""
    for levels in candidates(target):
        try:
            for level in levels:
                _check_safe(level)
        except OSError:
            continue
        connection = Instance(target, levels[-1]).connect()
        if connection is not None:
            return connection
    return None


def candidates(target: str):
    """Yields the directories to try, each as the list of levels that are ours to make and check."""
    name = instance_id(target)
    user = os.geteuid()
    run_directory = os.environ.get("PENSTOCK_RUN_DIR")
    if run_directory:
        yield [os.path.join(run_directory, name)]
    home = _home_of_owner(target, user)
    if home:
        base = os.path.join(home, ".penstock")
        yield [base, os.path.join(base, name)]
    for base in ("/dev/shm/penstock-%d" % user, "/tmp/penstock-%d" % user):
        yield [base, os.path.join(base, name)]


def _home_of_owner(target: str, user: int):
    """The home of the file's owner, but only when we run as that owner (not by $HOME: mod_fcgid
    sets none, and sudo leaves another user's)."""
    import pwd

    try:
        if os.stat(target).st_uid != user:
            return None
        return pwd.getpwuid(user).pw_dir
    except (OSError, KeyError):
        return None


def _make_safe(path: str) -> None:
    """Makes one level, or checks that the one there is a directory that only we can change."""
    try:
        os.mkdir(path, DIRECTORY_MODE)
        os.chmod(path, DIRECTORY_MODE)  # whatever the umask took away
    except FileExistsError:
        pass
    _check_safe(path)


def _check_safe(path: str) -> None:
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode):
        raise OSError("expected a directory, found a link or file at %s" % path)
    if found.st_uid != os.geteuid():
        raise OSError("%s belongs to user id %d" % (path, found.st_uid))
    if found.st_mode & 0o022:
        raise OSError("others may write to %s (mode %o)" % (path, stat.S_IMODE(found.st_mode)))
    if not os.access(path, os.W_OK | os.X_OK, effective_ids=True):
        raise OSError("%s cannot be written" % path)


def _write_target(directory: str, target: str) -> None:
    """Notes for which target the directory is, once; this also shows that it can be written."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        descriptor = os.open(os.path.join(directory, "target"), flags, 0o644)
    except FileExistsError:
        return
    try:
        os.write(descriptor, os.fsencode(os.path.realpath(target)) + b"\n")
    finally:
        os.close(descriptor)
