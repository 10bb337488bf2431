"""The zygote: loads the application once, then forks workers that share its memory.

The server starts it by its path, with the application's own interpreter, whose virtualenv need not
contain Penstock. It stays single-threaded: only then may it fork safely. Its assignment comes as JSON
on standard input, everything after that as frames (see `frames`) on a control connection.
"""

import sys

if __name__ == "__main__":  # run by its path: find the package around this file, and only that
    from os.path import abspath, dirname

    sys.path[0] = dirname(dirname(abspath(__file__)))
    import penstock  # noqa: F401

    del sys.path[0]
    from penstock.zygote import main

    sys.exit(main())

import gc
import json
import os
import select
import signal
import time

from penstock import frames, loading
from penstock.light import socket
from penstock.title import set_title
from penstock.worker import Worker

FAILED_TO_LOAD = 3  # the exit status


def main() -> int:
    """The zygote's life, or after a fork the worker's. Returns the exit status."""
    assignment = json.load(sys.stdin.buffer)
    devnull = os.open(os.devnull, os.O_RDONLY)
    os.dup2(devnull, 0)
    os.close(devnull)
    try:
        os.setsid()  # out of reach of a terminal's Ctrl-C, which is for the server
    except PermissionError:
        pass  # it leads a session already
    sys.stdout.reconfigure(line_buffering=True)
    sys.stderr.reconfigure(write_through=True)
    name = assignment["name"]
    set_title("penstock: zygote " + name)
    connection = connect(assignment["control"], assignment["token"])
    started = time.time()
    gc.disable()  # an import makes little garbage, and looking for it takes a quarter of its time
    try:
        application = prepare(assignment)
    except BaseException as fault:  # SystemExit in an application's module, too
        failure = loading.explain(fault)
        tell_sources(connection, assignment, fault)
        failure["traceback"] = failure["traceback"].encode("utf-8", "replace").decode()
        frames.send_json(connection, frames.FAILED, failure)
        return FAILED_TO_LOAD
    zygote = Zygote(connection, application, name, assignment)
    tell_sources(connection, assignment)
    if hasattr(gc, "freeze"):  # not in PyPy
        gc.freeze()  # a worker's collector would write to, and so copy, every page of the application
    gc.enable()
    zygote.send(
        frames.LOADED,
        {
            "pid": os.getpid(),
            "seconds": round(time.time() - started, 3),
            "python": ".".join(map(str, sys.version_info[:3])),
            "executable": sys.executable,
            "application": describe(application),
            "threads": started_threads(),
        },
    )
    worker = zygote.run()
    return worker.run() if worker else 0


def connect(control: str, token: str):
    """The control connection, with the word that the server knows us by."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    folder, name = os.path.split(control)
    if len(os.fsencode(control)) <= 107:
        connection.connect(control)
    else:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        connection.connect("/proc/self/fd/%d/%s" % (descriptor, name))
        os.close(descriptor)
    connection.sendall(b"zygote\0" + token.encode() + b"\0\0")
    return connection


def prepare(assignment: dict):
    """Sets up working directory and sys.path as the user's own `python` would, and loads."""
    target = assignment["target"]
    directory = assignment.get("directory")
    if directory:
        os.chdir(directory)
    first = []
    if target["kind"] == "script":
        first = [os.path.dirname(os.path.realpath(target["path"]))]
    elif target["kind"] == "callable":
        first = [directory or os.getcwd()]
    # For an INI file nothing: a project's parent folder on the path would shadow its installation.
    sys.path[:0] = first + list(assignment.get("python_path", []))
    return loading.load(target)


def describe(application) -> str:
    """For people: `tg.wsgiapp.TGApp`, or the function's own name."""
    named = application if hasattr(application, "__qualname__") else type(application)
    return "%s.%s" % (named.__module__, named.__qualname__)


def started_threads() -> list:
    """Threads that the import started: they do not exist in the workers, and hinder the fork."""
    threading = sys.modules.get("threading")
    if threading is None:
        return []
    main_thread = threading.main_thread()
    return [thread.name for thread in threading.enumerate() if thread is not main_thread]


def source_paths(target: dict) -> set:
    """The files that the application was made from, as far as it has been imported."""
    paths = {target.get("path"), *loading.ini_files}
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and path.endswith(".py"):
            paths.add(path)
    paths.discard(None)
    return paths


def tell_sources(connection, assignment: dict, fault=None) -> None:
    """Where to watch for changes, if the server does; after a failure above all."""
    if not assignment.get("watch"):
        return
    paths = source_paths(assignment["target"])
    if isinstance(fault, SyntaxError) and fault.filename:
        paths.add(fault.filename)
    trace = fault.__traceback__ if fault else None
    while trace:  # a module that failed has left sys.modules again
        paths.add(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next
    folders = {os.path.dirname(os.path.abspath(path)) for path in paths if path[:1] != "<"}
    frames.send_json(connection, frames.SOURCES, {"folders": sorted(folders)})


class SourceFiles:
    """The files that the loaded application was made from, as they were then."""

    def __init__(self, target: dict):
        self.seen = {path: self.state(path) for path in source_paths(target)}

    def changed(self) -> list:
        return sorted(path for path, then in self.seen.items() if self.state(path) != then)

    @staticmethod
    def state(path: str):
        try:
            found = os.stat(path)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size


class Zygote:
    """Forks workers when the server says so and tells it when they end."""

    def __init__(self, connection, application, name: str, assignment: dict):
        self.connection = connection
        self.application = application
        self.name = name
        self.debug = assignment.get("debug", False)
        self.target = assignment["target"]
        self.files = None  # once the first worker is on its way: visitors may be waiting
        self.queue = self.slots = None  # by EQUIP
        self.children = {}  # pid -> worker number
        self.retiring = False
        self.wake_reader, self.wake_writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(self.wake_writer)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def run(self):
        """Returns a Worker in the child of a fork, None in the zygote when all is over."""
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        poll.register(self.wake_reader, select.POLLIN)
        while not (self.retiring and not self.children):
            for descriptor, _ in poll.poll():
                if descriptor == self.wake_reader:
                    os.read(self.wake_reader, 4096)
                    self.reap()
                    continue
                worker = self.obey(self.receive())
                if worker is not None:
                    return worker
        return None

    def obey(self, frame: frames.Frame):
        """One order. Returns a Worker where it was a fork and this is the child."""
        if frame.type == frames.EQUIP:
            queue, self.slots = frame.descriptors
            self.queue = socket.socket(fileno=queue)
        elif frame.type == frames.FORK and not self.retiring:
            return self.fork(frame.json)
        elif frame.type == frames.CHANGED:
            self.send(frames.CHANGED, {"files": self.source_files().changed()})
        elif frame.type == frames.ZYGOTE_RETIRE:
            self.retiring = True
        return None

    def fork(self, order: dict):
        pairs = [socket.socketpair() for _ in range(order.get("threads", 1))]
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            pid = os.fork()
        except OSError as reason:  # the user's limit of processes
            status = "not started: " + reason.strerror
            self.send(frames.EXITED, {"worker": order["worker"], "pid": 0, "status": status})
            return None
        if pid == 0:
            return self.become_worker(order, pairs)
        self.children[pid] = order["worker"]
        ends = [ours.fileno() for ours, _ in pairs]
        self.send(frames.FORKED, {"worker": order["worker"], "pid": pid}, ends)
        for pair in pairs:
            for end in pair:
                end.close()
        self.source_files()
        return None

    def source_files(self) -> "SourceFiles":
        if self.files is None:
            self.files = SourceFiles(self.target)
        return self.files

    def become_worker(self, order: dict, pairs) -> Worker:
        """In the child: lets go of all that is the zygote's."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _trace_on_signal()
        set_title("penstock: worker %d %s" % (order["worker"], self.name))
        self.connection.close()
        os.close(self.wake_reader)
        os.close(self.wake_writer)
        for ours, _ in pairs:
            ours.close()
        connections = [theirs for _, theirs in pairs]
        return Worker(
            self.application,
            self.queue,
            self.slots,
            connections,
            order["slot"],
            order.get("alone", False),
            self.debug,
        )

    def reap(self) -> None:
        """Tells the server which workers have ended. Children of the application are its own."""
        for pid in list(self.children):
            try:
                found, status = os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:  # the application waits for all children
                found, status = pid, 0
            if found:
                ended = {"worker": self.children.pop(pid), "pid": pid, "status": _status(status)}
                self.send(frames.EXITED, ended)

    def receive(self) -> frames.Frame:
        """The next order. Does not return when the server has gone: the workers see that on their
        own streams."""
        try:
            frame = frames.receive(self.connection)
        except ConnectionError:
            frame = None
        if frame is None:
            os._exit(0)
        return frame

    def send(self, frame_type: int, value: dict, descriptors=()) -> None:
        try:
            frames.send_json(self.connection, frame_type, value, descriptors)
        except ConnectionError:
            os._exit(0)


def _status(status: int) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        try:
            return "signal " + signal.Signals(number).name
        except ValueError:
            return "signal %d" % number
    return "exit %d" % os.WEXITSTATUS(status)


def _trace_on_signal() -> None:
    """SIGUSR2 makes a worker write the stacks of its threads to stderr, even when it hangs."""
    import faulthandler

    if signal.getsignal(signal.SIGUSR2) == signal.SIG_DFL:
        faulthandler.register(signal.SIGUSR2, file=2, all_threads=True)
