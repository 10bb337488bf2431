"""The dispatch as a web server spawns it: a script with a listening socket as descriptor 0."""

import os
import signal
import socket
import stat
import subprocess
import sys
import textwrap
import time

import pytest
from conftest import PACKAGES
from fakes import PATIENCE

from penstock.instance import instance_id

SERVE = "import sys; sys.path.insert(0, {packages!r})\nfrom penstock.fcgi import serve\n{call}\n"
#: Like a Java that becomes the server: descriptor 0 is the control socket.
FAKE_JAVA = """\
#!{python}
import json, os, signal, socket, sys
signal.alarm(20)  # whatever happens to the test
start = {{
    "arguments": sys.argv[1:],
    "directory": os.getcwd(),
    "session": os.getsid(0),
    "descriptors": [fd for fd in range(100) if os.path.exists("/proc/self/fd/%d" % fd)],
    "stdout": os.readlink("/proc/self/fd/1"),
}}
with open({folder!r} + "/started", "a") as file:
    file.write(json.dumps(start) + "\\n")
{behaviour}
"""
SERVES_ONCE = """\
listener = socket.socket(fileno=0)
connection, _ = listener.accept()
data, ancillary, _, _ = connection.recvmsg(1000, 1000)
connection.sendall(b"ok\\n")
open(os.path.dirname(sys.argv[0]) + "/attached", "w").write("yes\\n")
connection.recv(1000)
"""


class WebServer:
    """Makes the listening socket and spawns dispatch scripts, with mod_fcgid's poor environment."""

    def __init__(self, folder):
        self.folder = folder
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(folder / "fcgi.sock"))
        self.listener.listen(5)
        self.script = folder / "site" / "dispatch.fcgi"
        self.script.parent.mkdir()
        self.processes = []
        self.environment = {"PATH": os.environ["PATH"], "PENSTOCK_RUN_DIR": str(folder)}
        self.instance = folder / instance_id(str(self.script))

    def spawn(self, text, stdin=None, **environment):
        if not self.script.exists():  # else another process may be reading it
            self.script.write_text(text)
        process = subprocess.Popen(
            [sys.executable, str(self.script)],
            stdin=self.listener if stdin is None else stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(self.environment, **environment),
            cwd=str(self.script.parent),
        )
        self.processes.append(process)
        return process

    def control(self):
        """Becomes the instance's server."""
        self.instance.mkdir(mode=0o711, exist_ok=True)
        path = self.instance / "control"
        if path.exists():
            path.unlink()
        control = socket.socket(socket.AF_UNIX)
        control.bind(str(path))
        control.listen(5)
        control.settimeout(PATIENCE)
        return control

    def java(self, behaviour):
        program = self.folder / "java"
        program.write_text(
            FAKE_JAVA.format(python=sys.executable, folder=str(self.folder), behaviour=behaviour)
        )
        program.chmod(0o755)
        self.environment["PENSTOCK_JAVA"] = str(program)

    def starts(self):
        import json

        return [json.loads(line) for line in (self.folder / "started").read_text().splitlines()]

    def close(self):
        self.listener.close()
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
            process.stdout.close()
            process.stderr.close()


@pytest.fixture
def web(tmp_path):
    web = WebServer(tmp_path)
    yield web
    web.close()


def script(call='serve("/nowhere/development.ini")'):
    return SERVE.format(packages=PACKAGES, call=call)


def attached(control):
    """Accepts a dispatch; returns its connection, the words of its command and the socket."""
    connection, _ = control.accept()
    connection.settimeout(PATIENCE)
    data, ancillary, _, _ = connection.recvmsg(1000, 1000)
    ((_, _, rights),) = ancillary
    while not data.endswith(b"\0\0"):
        data += connection.recv(1000)
    return connection, data.decode().split("\0")[:-2], int.from_bytes(rights, sys.byteorder)


def attach(control):
    connection, words, descriptor = attached(control)
    os.close(descriptor)
    connection.sendall(b"ok\n")
    return connection, words


def test_the_listening_socket_is_handed_over(web):
    with web.control() as control:
        process = web.spawn(script())
        connection, words, descriptor = attached(control)
        assert words == ["attach", str(web.script), str(process.pid)]
        with socket.socket(fileno=descriptor) as handed:
            assert handed.getsockname() == web.listener.getsockname()
            assert handed.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
        connection.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_a_signal_detaches_and_the_end_of_file_ends_it(web, number):
    with web.control() as control:
        process = web.spawn(script())
        connection, _ = attach(control)
        process.send_signal(number)
        assert connection.recv(100) == b"detach\0\0"
        process.send_signal(signal.SIGTERM)  # mod_fcgid may send it twice
        connection.close()
        assert process.wait(PATIENCE) == 0


def test_a_server_that_does_not_end_the_connection_is_not_waited_for(web):
    with web.control() as control:
        process = web.spawn(script())
        connection, _ = attach(control)
        process.send_signal(signal.SIGTERM)
        assert connection.recv(100) == b"detach\0\0"
        assert process.wait(PATIENCE) == 0  # after 2.5 s


def test_the_next_server_gets_the_socket_when_one_goes_away(web):
    with web.control() as control:
        web.spawn(script())
        connection, _ = attach(control)
        connection.close()
        again, words = attach(control)
        assert words[0] == "attach"
        again.close()


def test_the_server_is_started_detached_with_the_control_socket(web):
    web.java(SERVES_ONCE)
    process = web.spawn(script())
    wait_for_file(web.folder / "attached")
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    (start,) = web.starts()
    arguments = start["arguments"]
    position = arguments.index("dev.penstock.cli.Main")
    assert arguments[position + 1 :] == [
        "serve",
        "--dispatch",
        str(web.script),
        "--python",
        sys.executable,
        "--instance",
        str(web.instance),
        "--config",
        "config:/nowhere/development.ini",
    ]
    assert start["directory"] == "/"
    assert start["session"] != os.getsid(0)
    assert start["stdout"] == os.devnull
    assert start["descriptors"] == [0, 1, 2], "Apache's listening socket is not kept open"
    assert stat.S_IMODE((web.instance / "control").stat().st_mode) == 0o666
    assert stat.S_IMODE(web.instance.stat().st_mode) == 0o711
    assert (web.instance / "target").read_text() == "%s\n" % os.path.realpath(web.script)


def wait_for_file(path, lines=1):
    """Until another process has written so much."""
    end = time.monotonic() + PATIENCE
    while not path.exists() or path.read_text().count("\n") < lines:
        assert time.monotonic() < end, "%s was not written" % path
        os.sched_yield()


def test_paste_arguments_reach_the_server(web):
    web.java(SERVES_ONCE)
    web.spawn(script("serve('config:/x/p.ini#main', debug='false', a='b')"))
    wait_for_file(web.folder / "attached")
    assert web.starts()[0]["arguments"][-3:] == ["config:/x/p.ini#main", "a=b", "debug=false"]


def test_two_dispatches_at_the_same_instant_start_one_server(web):
    web.java(
        "listener = socket.socket(fileno=0)\n"
        "held = []\n"
        "while len(held) < 4:\n"
        "    connection, _ = listener.accept()\n"
        "    connection.recvmsg(1000, 1000)\n"
        "    connection.sendall(b'ok\\n')\n"
        "    held.append(connection)\n"
        "    with open(%r, 'a') as file: file.write('attached\\n')\n"
        "for connection in held: connection.recv(100)\n" % str(web.folder / "attached")
    )
    for _ in range(4):
        web.spawn(script())
    wait_for_file(web.folder / "attached", 4)
    assert len(web.starts()) == 1


def test_a_server_that_does_not_come_up_is_given_up_with_a_reason(web, monkeypatch):
    web.java("sys.exit(1)")
    text = "import penstock.dispatch\npenstock.dispatch.PAUSES = (0.0, 0.01, 0.02)\n"
    call = text + 'serve("/nowhere/development.ini")'
    process = web.spawn(script(call))
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert b"was started 3 times" in errors
    assert os.fsencode(str(web.instance / "penstock.log")) in errors
    assert len(web.starts()) == 3


def test_a_refusal_is_shown(web):
    web.java(SERVES_ONCE.replace("ok", "no this user may not"))
    call = "import penstock.dispatch\npenstock.dispatch.PAUSES = (0.0,)\nserve('/n/d.ini')"
    process = web.spawn(script(call))
    _, errors = process.communicate(timeout=PATIENCE)
    assert b"answered: no this user may not" in errors


def test_without_java_the_error_says_how_to_get_one(web):
    process = web.spawn(script(), PENSTOCK_JAVA="/nowhere/java")
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert b"PENSTOCK_JAVA is /nowhere/java" in errors


def test_a_loaded_application_is_dropped_by_running_a_fresh_dispatch(web):
    with web.control() as control:
        call = "import json, email\nfrom penstock.fcgi import WSGIServer\n"
        process = web.spawn(script(call + "WSGIServer(lambda e, s: []).run()"))
        connection, words = attach(control)
        assert words == ["attach", str(web.script), str(process.pid)]
        with open("/proc/%d/cmdline" % process.pid, "rb") as file:
            command = file.read().decode().split("\0")
        assert command[1:3] == ["-I", "-S"]
        assert command[-2] == str(web.script), "ps shows the script"
        with open("/proc/%d/comm" % process.pid) as file:
            assert file.read() == "dispatch.fcgi\n", "killall finds it"
        with open("/proc/%d/maps" % process.pid) as file:
            assert "_json" not in file.read()
        connection.close()


def test_on_a_terminal_it_explains_itself(web):
    process = web.spawn(script(), stdin=subprocess.DEVNULL)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert errors.count(b"\n") == 2
    assert b"penstock serve /nowhere/development.ini" in errors


TAKE_OVER = textwrap.dedent("""\
    #!/usr/bin/env python
    raise SystemExit("the script ran")
    from penstock.fcgi import WSGIServer
    WSGIServer(app).run()
    """)


@pytest.fixture(scope="module")
def environment_with_penstock(tmp_path_factory):
    """A virtualenv's Python, with the package and penstock.pth in its site-packages."""
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (site_packages,) = folder.glob("lib/*/site-packages")
    for name in ("penstock", "penstock.pth"):
        (site_packages / name).symlink_to(os.path.join(PACKAGES, name))
    return str(folder / "bin" / "python")


def spawn_in(web, python, text, stdin=None):
    web.script.write_text(text)
    process = subprocess.Popen(
        [python, str(web.script)],
        stdin=web.listener if stdin is None else stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=web.environment,
    )
    web.processes.append(process)
    return process


def test_the_take_over_comes_before_the_script_runs(web, environment_with_penstock):
    with web.control() as control:
        process = spawn_in(web, environment_with_penstock, TAKE_OVER)
        connection, words = attach(control)
        assert words == ["attach", str(web.script), str(process.pid)]
        process.terminate()
        assert connection.recv(100) == b"detach\0\0"
        connection.close()
        assert process.wait(PATIENCE) == 0
        assert process.stderr.read() == b""


def test_a_failed_take_over_says_why_and_ends(web, environment_with_penstock):
    web.environment["PENSTOCK_JAVA"] = "/nowhere/java"
    process = spawn_in(web, environment_with_penstock, TAKE_OVER)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert b"PENSTOCK_JAVA" in errors and b"Traceback" not in errors


@pytest.mark.parametrize("stdin", ["listening", "connected", "nothing", "closed"])
def test_other_scripts_are_left_alone(web, environment_with_penstock, stdin):
    text = "print('ran')" if stdin == "listening" else TAKE_OVER
    one, other = socket.socketpair()
    with one, other:
        command = [environment_with_penstock, str(web.script)]
        web.script.write_text(text)
        given = {"listening": web.listener, "connected": one, "nothing": subprocess.DEVNULL}
        process = subprocess.Popen(
            command if stdin != "closed" else ["sh", "-c", 'exec "$0" "$1" <&-', *command],
            stdin=given.get(stdin),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        output, errors = process.communicate(timeout=PATIENCE)
    if stdin == "listening":
        assert (output, errors) == (b"ran\n", b"")
    else:
        assert errors == b"the script ran\n"


def test_the_dispatch_is_small(web, environment_with_penstock):
    """What counts when a web server keeps dozens: memory that is not shared."""
    with web.control() as control:
        process = spawn_in(web, environment_with_penstock, TAKE_OVER)
        connection, _ = attach(control)  # waits in recv: grown as it is going to be
        private = 0
        with open("/proc/%d/smaps_rollup" % process.pid) as file:
            for line in file:
                if line.startswith("Private_"):
                    private += int(line.split()[1])
        connection.close()
    assert private < 6000, "kilobytes"
