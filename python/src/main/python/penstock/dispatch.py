"""The dispatch: the small process that a web server such as mod_fcgid spawns.

It holds the listening socket on descriptor 0 and passes it to the instance's server, which it starts
if there is none. Then it waits: when the server goes away it passes the socket to the next one,
and requests meanwhile wait in the socket's backlog. A web server spawns many of these, so the
process stays light: nothing is imported here but `penstock`'s own small modules.

Reached from `takeover` (before the script runs), from `penstock.fcgi` (in the script), or as the
program `dispatch.py SCRIPT` that `penstock.fcgi` executes to be rid of a loaded application.
"""

import os
import sys
from select import POLLIN, poll

if __name__ == "__main__":  # run by its path: find the package around this file, and only that
    _folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path.insert(0, _folder)
    import penstock  # noqa: F401

    sys.path.remove(_folder)
    from penstock.dispatch import main

    os._exit(main(sys.argv[1:]))

from penstock.instance import Instance, InstanceError, open_instance
from penstock.light import signal, socket
from penstock.runtime import NoJava, find_java, java_command, java_environment

#: Seconds to wait before the 2nd, 3rd and last start of a server that does not come up.
PAUSES = (0.1, 1.0, 3.0)
#: A web server sends SIGKILL about three seconds after SIGTERM. We are gone before.
GRACE_SECONDS = 2.5


class Broken(Exception):
    """A server was started but did not answer; the text says what happened."""


def run(script: str, config=()) -> int:
    """Serves as the dispatch for `script` until told to stop. Returns the exit status.

    `config` is what follows `--config` on the server's command line: INI target, name=value ….
    """
    try:
        return Dispatch(os.path.abspath(script), list(config)).run()
    except (InstanceError, NoJava, Broken, OSError) as reason:
        complain(str(reason))
        return 1


class Dispatch:
    """One dispatch process. Single-threaded; the signal handlers run in between its system calls."""

    def __init__(self, script: str, config):
        self.script = script
        self.config = config
        self.connection = None  # to the server that our socket goes to, or has gone to
        self.handed_over = False
        self.stopping = False
        # A signal may come just before we begin to wait. The interpreter writes to this pipe.
        self.woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def run(self) -> int:
        """Attaches and waits, again and again."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            signal.signal(number, self.stop)
        signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
        instance = open_instance(self.script)
        while not self.stopping:
            connection = self.attach(instance)
            said = self.receive(connection)
            while said:
                if said.endswith(b"stopped\n"):
                    return 0  # `penstock stop`: the next request makes the web server spawn anew
                said = self.receive(connection)
            self.let_go(connection)
        return 0

    def stop(self, *_) -> None:
        """Signal handler: asks the server to finish what is in flight on our socket."""
        if self.stopping:
            return  # mod_fcgid may send SIGTERM twice, and does not mean more by it
        self.stopping = True
        if self.connection is None:
            os._exit(0)
        signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS)
        if self.handed_over:
            self.detach()

    def detach(self) -> None:
        try:
            self.connection.send(b"detach\0\0")
        except OSError:
            pass  # the server went away in this moment; the end of file follows

    def attach(self, instance: Instance):
        """A connection over which a server has taken our socket."""
        failure = "it did not answer"
        for attempt in range(1 + len(PAUSES)):
            if attempt:
                _sleep(PAUSES[attempt - 1])
            connection = instance.connect()
            if connection and self.hand_over(connection) is None:
                return connection
            lock = instance.lock()
            try:
                connection = instance.connect()  # another dispatch may have been quicker
                if connection and self.hand_over(connection) is None:
                    return connection
                if attempt == len(PAUSES):
                    break
                connection = start_server(instance, self.script, self.config)
                failure = self.hand_over(connection)
                if failure is None:
                    return connection
            finally:
                os.close(lock)
        raise Broken(
            "the server for %s was started %d times and %s. Its log: %s"
            % (self.script, len(PAUSES), failure, os.path.join(instance.path, "penstock.log"))
        )

    def hand_over(self, connection):
        """Passes descriptor 0. Returns None when the server took it, else what went wrong."""
        words = ("attach", self.script, str(os.getpid()), "")
        command = b"".join(os.fsencode(word) + b"\0" for word in words)
        rights = (0).to_bytes(4, sys.byteorder)
        self.connection = connection
        try:
            sent = connection.sendmsg([command], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
            connection.sendall(command[sent:])
        except OSError:
            pass  # it ended: so says the reading, too
        self.handed_over = True
        if self.stopping:
            self.detach()
        answer = b""
        while not answer.endswith(b"\n"):
            piece = self.receive(connection)
            if not piece:
                break
            answer += piece
        if answer == b"ok\n":
            return None
        self.let_go(connection)
        if self.stopping:
            os._exit(0)
        said = answer.decode("utf-8", "replace").strip()
        return "answered: " + said if said else "ended before it answered"

    def let_go(self, connection) -> None:
        self.connection = None
        self.handed_over = False
        connection.close()

    def receive(self, connection) -> bytes:
        """What the server says, or nothing at the end, however it ended."""
        waiting = poll()
        waiting.register(connection.fileno(), POLLIN)
        waiting.register(self.woken, POLLIN)
        try:
            while True:
                ready = [descriptor for descriptor, _ in waiting.poll()]
                if self.woken in ready:
                    os.read(self.woken, 512)  # the handler runs before the next line does
                if connection.fileno() in ready:
                    return connection.recv(512)
        except ConnectionError:
            return b""


def start_server(instance: Instance, script: str, config):
    """Starts the instance's server, detached. Returns a connection to it. Only with the lock held.

    The control socket is made here and given to the server as descriptor 0, so that a connection
    to it succeeds at once and nobody has to poll while Java starts.
    """
    java = find_java()
    arguments = ["serve", "--dispatch", script, "--python", interpreter()]
    arguments += ["--instance", instance.path]
    if config:
        arguments += ["--config", *config]
    command = java_command(java, arguments, "penstock: server " + instance.name)
    complain("starting the server for %s, its directory is %s" % (script, instance.path))
    listener = instance.listen()
    _spawn_detached(java, command, listener.fileno())
    connection = instance.connect()
    listener.close()
    if connection is None:
        raise Broken("%s/control cannot be reached" % instance.path)
    return connection


def _spawn_detached(program: str, command, listener: int) -> None:
    """Runs a program that outlives us and is nobody's child, with `listener` as descriptor 0."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        os.setsid()
        if os.fork() == 0:
            os.dup2(listener, 0)  # and with it goes the web server's own listening socket
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            for name in os.listdir("/proc/self/fd"):
                if int(name) > 2:
                    try:
                        os.close(int(name))
                    except OSError:
                        pass  # the descriptor of this very listing
            os.chdir("/")
            os.execve(program, command, java_environment())
    except BaseException as reason:  # nothing may escape into the copy of the dispatch
        complain("%s cannot be run: %s" % (program, reason))
    finally:
        os._exit(0)


def interpreter() -> str:
    """The interpreter of the dispatch script, which becomes the application's."""
    return sys.executable or os.readlink("/proc/self/exe")


def _sleep(seconds: float) -> None:
    import time

    time.sleep(seconds)


def complain(text: str) -> None:
    """Writes to descriptor 2, the web server's error log."""
    os.write(2, ("penstock: %s\n" % text).encode("utf-8", "backslashreplace"))


def main(arguments) -> int:
    """`dispatch.py SCRIPT [INI-TARGET name=value …]`, by `penstock.fcgi`; a title for killall."""
    try:
        with open("/proc/self/comm", "w") as comm:
            comm.write(os.path.basename(arguments[0])[:15])
    except OSError:
        pass
    return run(arguments[0], arguments[1:])
