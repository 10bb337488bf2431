"""Sockets that somebody else has opened: systemd (with its own `systemd-socket-activate`),
spawn-fcgi, and this test in their place.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing

import pytest

from penstock.demo.apache import free_port

from harness import fastcgi
from harness.probe import Probe
from harness.served import Served
from harness.waiting import eventually


class Activated(Served):
    """`penstock serve` of the probe, started by `prefix`, which hands over its sockets."""

    def __init__(self, project, folder, *arguments, prefix=(), environment=None, sockets=()):
        directory = Probe(folder / "project").directory
        super().__init__(
            project, folder, "probe:application", "--workers", "1", *arguments, directory=directory
        )
        self.environment.update(environment or {})
        self.command = [*prefix, *self.command]
        self.sockets = sockets

    def __enter__(self):
        with open(self.output_file, "ab") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.directory,
                env=self.environment,
                stdin=self.sockets[0] if self.sockets else subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return self

    def ask(self, address):
        """The body of an answer, as soon as there is one."""
        eventually(lambda: self._answers(address), 30, "an answer at %s" % (address,))
        return body(address)

    def end(self):
        """As a service manager ends it; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


def body(address, path="/", **environ):
    answer = fastcgi.request(address, fastcgi.environ(path, **environ))
    return answer.split(b"\r\n\r\n", 1)[1]


def program(name):
    found = shutil.which(name)
    if not found:
        pytest.skip("%s is not installed" % name)
    return found


@pytest.fixture
def activated(quickstart, folder, running):
    def start(*arguments, **keywords):
        return running(Activated(quickstart, folder, *arguments, **keywords))

    return start


def by_systemd(server_environment, *options):
    """`systemd-socket-activate`, which hands on nothing of the environment by itself."""
    kept = ["-E%s=%s" % item for item in server_environment.items()]
    return [program("systemd-socket-activate"), *kept, *options]


def kept_environment(folder):
    names = ("PATH", "HOME", "JAVA_HOME", "PENSTOCK_JAVA")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return dict(kept, PENSTOCK_RUN_DIR=str(folder / "run"))


@pytest.fixture(params=["unix", "tcp"])
def address(request, folder):
    return folder / "activated.sock" if request.param == "unix" else ("127.0.0.1", free_port())


def text(address):
    return "%s:%d" % address if isinstance(address, tuple) else str(address)


def test_systemds_sockets_are_taken_from_descriptor_3_on(activated, folder):
    unix, tcp = folder / "activated.sock", ("127.0.0.1", free_port())
    prefix = by_systemd(kept_environment(folder), "-l", text(unix), "-l", text(tcp))

    served = activated(prefix=prefix)

    assert served.ask(unix) == b"hello"
    assert served.ask(tcp) == b"hello"
    assert "listens on fastcgi %s (handed over)" % unix in served.output()
    assert "listens on fastcgi %s:%d (handed over)" % tcp in served.output()
    assert "http://" not in served.output()
    assert served.end() == 143


def test_standard_input_may_be_the_socket(activated, folder, address):
    served = activated(prefix=by_systemd(kept_environment(folder), "--inetd", "-l", text(address)))

    assert served.ask(address) == b"hello"
    assert "listens on fastcgi %s (handed over)" % text(address) in served.output()


def test_spawn_fcgi_can_start_it(activated, folder, address):
    where = (
        ["-a", address[0], "-p", str(address[1])]
        if isinstance(address, tuple)
        else ["-s", str(address)]
    )

    served = activated(prefix=[program("spawn-fcgi"), "-n", *where, "--"])

    assert served.ask(address) == b"hello"
    assert "listens on fastcgi %s (handed over)" % text(address) in served.output()


def test_a_socket_of_spawn_fcgi_on_every_interface_is_refused_without_a_list(activated, folder):
    served = activated(prefix=[program("spawn-fcgi"), "-n", "-p", str(free_port()), "--"])

    assert served.process.wait(30) == 1
    assert "can be reached from other machines" in served.output()
    assert "allowed_clients = " in served.output()


def listening(folder):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "ours.sock"))
    listener.listen(64)
    return listener


#: Makes descriptor 0 descriptor 3 and says so, for the process that it becomes.
AS_SYSTEMD = ["sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" 3<&0 </dev/null', "sh"]


def test_the_socket_lives_on_for_the_next_server(activated, folder):
    path = folder / "ours.sock"
    with closing(listening(folder)) as listener:
        first = activated(prefix=AS_SYSTEMD, sockets=[listener])
        assert first.ask(path) == b"hello"
        assert first.end() == 143
        assert path.exists()

        with socket.socket(socket.AF_UNIX) as waiting:
            waiting.connect(str(path))  # accepted by nobody yet, and refused by nobody
            second = activated(prefix=AS_SYSTEMD, sockets=[listener])
            assert second.ask(path) == b"hello"


def test_sockets_for_another_process_are_left_alone(activated, folder):
    with closing(listening(folder)) as listener:
        port = free_port()
        served = activated(
            "--http",
            "127.0.0.1:%d" % port,
            prefix=["sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=1 exec "$@" 3<&0 </dev/null', "sh"],
            sockets=[listener],
        )
        eventually(lambda: "listens on http" in served.output(), 30)
        assert "handed over" not in served.output()


def test_a_descriptor_that_is_no_listening_socket_is_told(activated, folder):
    served = activated(prefix=["sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" 3</dev/null', "sh"])

    assert served.process.wait(30) == 1
    assert "descriptor 3 that was handed over is no listening stream socket" in served.output()


def test_the_environment_says_which_web_servers_may_connect(activated, folder):
    listener = socket.create_server(("127.0.0.1", 0))
    with closing(listener):
        served = activated(
            prefix=AS_SYSTEMD,
            sockets=[listener],
            environment={"FCGI_WEB_SERVER_ADDRS": "192.0.2.1,192.0.2.2"},
        )
        eventually(lambda: "serves" in served.output(), 30)
        with pytest.raises((AssertionError, ConnectionError)):
            fastcgi.request(listener.getsockname(), fastcgi.environ())
        assert "refused a connection from 127.0.0.1:" in served.output()
    status = subprocess.run(
        status_command(served),
        env=served.environment,
        capture_output=True,
        check=True,
    )
    assert json.loads(status.stdout)["front"]["refused_clients"] >= 1


def status_command(served):
    penstock = next(word for word in served.command if word.endswith("/penstock"))
    return [penstock, "status", "--json"]


def test_an_abstract_socket_is_served_to_those_who_may(quickstart, folder, running):
    name = "penstock-it-%d-%d" % (os.getpid(), time.monotonic_ns())
    directory = Probe(folder / "project").directory
    served = running(
        Served(
            quickstart, folder, "probe:application", "--fcgi", "@" + name, directory=directory
        )
    )
    eventually(lambda: "serves" in served.output(), 30)

    assert "listens on fastcgi @" + name in served.output()
    assert body("\0" + name) == b"hello"
    if os.geteuid() == 0:
        asking = subprocess.run(
            [sys.executable, "-c", ASK_AS_NOBODY, name], capture_output=True, text=True, timeout=30
        )
        assert asking.stdout == "closed\n", asking.stderr
        assert "(fcgi_mode)" in served.output()
        assert "of user 65534" in served.output()


ASK_AS_NOBODY = """
import os, socket, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
with socket.socket(socket.AF_UNIX) as s:
    s.settimeout(20)
    s.connect("\\0" + sys.argv[1])
    try:
        print("closed" if s.recv(1) == b"" else "answered")
    except ConnectionError:
        print("closed")
"""


def test_a_sockets_file_gets_its_owner_group_and_mode(quickstart, folder, running):
    if os.geteuid():
        pytest.skip("only root can give a socket away")
    path = folder / "given.sock"
    options = ["fcgi_owner=65534", "fcgi_group=33", "fcgi_mode=0620"]
    running(
        Served(
            quickstart,
            folder,
            "probe:application",
            *[word for option in options for word in ("--set", option)],
            fcgi=[path],
            directory=Probe(folder / "project").directory,
        )
    )

    def rights():
        status = path.stat()
        return status.st_uid, status.st_gid, status.st_mode & 0o777

    # It listens for a moment before it has them.
    eventually(lambda: rights() == (65534, 33, 0o620), what="owner, group and mode of the socket")


def test_tcp_on_every_interface_needs_a_list(quickstart, folder):
    port = free_port()
    command = [quickstart.command("penstock"), "serve", "probe:application"]
    refused = subprocess.run(
        [*command, "--fcgi", "*:%d" % port],
        cwd=Probe(folder / "project").directory,
        env=dict(os.environ, PENSTOCK_RUN_DIR=str(folder)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert refused.returncode == 1
    assert "cannot listen on 0.0.0.0:%d" % port in refused.stderr
    assert "allowed_clients = 192.0.2.10" in refused.stderr
    assert "127.0.0.1:%d" % port in refused.stderr
