"""Prepares a fast start of the server: trains an AOT cache (JEP 483, JEP 515) for the Java that runs it.

    python -m penstock.training                  now, for the Java that would be run here
    python -m penstock.training --for-web-server when there is need, for the Java that a web server's
                                                 dispatch would run; `penstock init apache` does this

The real server runs once with a small application, does what a server does in its first minute, and
ends in order; from what it loaded and linked, Java writes the cache. It saves half of the CPU time
between a dispatch's start and the first answer. Who may not write into the package does without, and
any failure leaves everything as it was: a server starts without a cache as well, only later.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from penstock import runtime

#: For the whole run; where it takes longer than this, something waits.
PATIENCE_SECONDS = 60.0
_SCRIPT = """\
from penstock.fcgi import WSGIServer
def application(environ, start_response):
    environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"trained"]
WSGIServer(application).run()
"""
_INI = "[app:main]\nuse = egg:none\n[penstock]\nworkers = 2\n"


class TrainingFailed(Exception):
    """There is no cache; the text says why."""


def main(arguments=None) -> int:
    """Trains, with one line about it. Always 0: nobody needs a fast start so much as to fail."""
    for_web_server = "--for-web-server" in (sys.argv[1:] if arguments is None else arguments)
    try:
        java = java_of_web_server() if for_web_server else runtime.find_java()
    except runtime.NoJava:
        return 0  # and no server: whoever starts one is told in detail
    if for_web_server and (runtime.cache_options(java) or not os.access(_lib(), os.W_OK | os.X_OK)):
        return 0
    sys.stdout.write("Preparing a fast start ... ")
    sys.stdout.flush()
    began = time.time()
    try:
        train(java)
        said = "%.1f s" % (time.time() - began)
    except (TrainingFailed, OSError) as reason:
        said = "not possible, starts will be a little slower: %s" % reason
    sys.stdout.write(said + "\n")
    sys.stdout.flush()
    return 0


def java_of_web_server() -> str:
    """The Java that a dispatch would find: a web server has no JAVA_HOME and none of the user's PATH."""
    ours = dict(os.environ)
    home = os.path.join(os.path.expanduser("~"), "")
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    try:
        os.environ.pop("JAVA_HOME", None)
        os.environ["PATH"] = os.pathsep.join(each for each in folders if not each.startswith(home))
        return runtime.find_java()
    finally:
        os.environ.clear()
        os.environ.update(ours)


def train(java: str) -> None:
    """Puts a new cache for this Java in its place. Raises TrainingFailed or OSError."""
    # In the cache's own folder, so that it can be renamed; a folder, because Java writes more into it.
    making = tempfile.mkdtemp(prefix=".training-", dir=_lib())
    instance = tempfile.mkdtemp(prefix="penstock-training-")
    try:
        made = os.path.join(making, runtime.CACHE)
        owner = runtime.cache_owner(java)
        _Run(java, instance, made).run()
        os.chmod(made, 0o644)
        note = made + runtime.CACHE_OWNER
        with open(note, "wb") as target:
            target.write(owner)
        os.chmod(note, 0o644)
        place = os.path.join(_lib(), runtime.CACHE)
        # In this order no note ever stands beside a cache of another Java.
        if os.path.exists(place + runtime.CACHE_OWNER):
            os.unlink(place + runtime.CACHE_OWNER)
        os.replace(made, place)
        os.replace(note, place + runtime.CACHE_OWNER)
    finally:
        shutil.rmtree(making, ignore_errors=True)
        shutil.rmtree(instance, ignore_errors=True)


def _lib() -> str:
    return os.path.join(runtime.PACKAGE, "lib")


class _Run:
    """One run of the server, as a dispatch would start it, with us as its dispatch and web server."""

    def __init__(self, java: str, folder: str, cache: str):
        self.java = java
        self.folder = folder
        self.cache = cache
        self.deadline = time.time() + PATIENCE_SECONDS

    def run(self) -> None:
        control = self._listen("control")
        web = self._listen("web")
        output = self._path("output")
        with open(output, "wb") as target:
            server = subprocess.Popen(
                self._command(),
                executable=self.java,
                stdin=control,
                stdout=target,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=runtime.java_environment(),
                start_new_session=True,
            )
        control.close()
        try:
            self._use(web)
            status = server.wait(self._left())
        except (TrainingFailed, OSError, subprocess.TimeoutExpired) as reason:
            raise TrainingFailed(_last_line(output) or str(reason))
        finally:
            web.close()
            _end(server)
        if status != 0 or not os.path.isfile(self.cache):
            raise TrainingFailed(_last_line(output) or "java made none (status %d)" % status)

    def _command(self):
        script = self._write("dispatch.fcgi", _SCRIPT)
        ini = self._write("site.ini", _INI)
        arguments = ["serve", "--dispatch", script, "--python", sys.executable]
        arguments += ["--instance", self.folder, "--config", "config:" + ini]
        command = runtime.java_command(self.java, arguments, "penstock: training", cached=False)
        command[2:2] = ["-XX:AOTCacheOutput=" + self.cache]
        return command

    def _use(self, web) -> None:
        """What a server meets: a dispatch, requests, commands, a reload, its end."""
        dispatch = self._connect("control")
        script = self._path("dispatch.fcgi")
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, web.fileno().to_bytes(4, sys.byteorder))]
        dispatch.sendmsg([_words("attach", script, str(os.getpid()))], rights)
        if self._receive(dispatch) != b"ok\n":
            raise TrainingFailed("the server did not take the socket")
        self._request(b"")
        self._request(b"x" * 50000)
        for command in (("status", "text"), ("status", "json"), ("reload",)):
            self._command_server(*command)
        self._request(b"")
        self._command_server("stop")
        while self._receive(dispatch):  # the server is in the middle of its end
            pass
        dispatch.close()

    def _request(self, body: bytes) -> None:
        connection = self._connect("web")
        connection.sendall(_fastcgi_request(body))
        answer = self._read_all(connection)
        if b"trained" not in answer:
            raise TrainingFailed("the server did not answer as it should")

    def _command_server(self, *words: str) -> None:
        connection = self._connect("control")
        connection.sendall(_words(*words))
        if not self._read_all(connection).endswith(b"exit 0\n"):
            raise TrainingFailed("the server's command %s failed" % words[0])

    def _connect(self, name: str):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(self._left())
        connection.connect(self._path(name))
        return connection

    def _listen(self, name: str):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(self._path(name))
        listener.listen(16)
        return listener

    def _read_all(self, connection) -> bytes:
        answer = b""
        try:
            piece = self._receive(connection)
            while piece:
                answer += piece
                piece = self._receive(connection)
        finally:
            connection.close()
        return answer

    def _receive(self, connection) -> bytes:
        connection.settimeout(self._left())
        return connection.recv(65536)

    def _left(self) -> float:
        left = self.deadline - time.time()
        if left <= 0:
            raise TrainingFailed("it takes too long")
        return left

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def _write(self, name: str, text: str) -> str:
        with open(self._path(name), "w") as target:
            target.write(text)
        return self._path(name)


def _words(*words: str) -> bytes:
    """A command of the control protocol."""
    return b"".join(os.fsencode(word) + b"\0" for word in words) + b"\0"


def _fastcgi_request(body: bytes) -> bytes:
    """A request whose connection the server closes after its answer."""
    variables = {
        "REQUEST_METHOD": "POST" if body else "GET",
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "SCRIPT_NAME": "/dispatch.fcgi",
        "SCRIPT_FILENAME": "/dispatch.fcgi",
        "PATH_INFO": "/page",
        "REQUEST_URI": "/page?a=b",
        "QUERY_STRING": "a=b",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "HTTP_COOKIE": "a=b",
    }
    parameters = b"".join(
        bytes((len(name), len(value))) + name.encode() + value.encode()
        for name, value in variables.items()
    )
    begin = b"\0\1\0\0\0\0\0\0"  # role: responder; no flag: close after the answer
    parts = [_record(1, begin), _record(4, parameters), _record(4, b"")]
    parts += [_record(5, body)] if body else []
    return b"".join(parts + [_record(5, b"")])


def _record(kind: int, content: bytes) -> bytes:
    return bytes((1, kind, 0, 1)) + len(content).to_bytes(2, "big") + b"\0\0" + content


def _end(server) -> None:
    """Whatever is left of a run. (The zygote ends when its server has gone.)"""
    if server.poll() is None:
        try:
            os.killpg(server.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        server.wait()


def _last_line(path: str) -> str:
    with open(path, errors="replace") as output:
        lines = [line.strip() for line in output if line.strip()]
    # Java announces the options of its second step here, which is as long as it is unhelpful.
    told = [line for line in lines if not line.startswith("Picked up ")]
    return told[-1][:200] if told else ""


if __name__ == "__main__":
    sys.exit(main())
