"""A CGI program whose request the running instance answers. The instance is played by the test."""

import os
import socket
import subprocess
import sys
import threading

import pytest
from conftest import PACKAGES
from fakes import HERE, PATIENCE

from penstock import light
from penstock.instance import open_instance

SCRIPT = """\
import sys
sys.path[:0] = [{packages!r}, {here!r}]
from penstock.fcgi import serve
serve({target!r})
raise SystemExit("goes on")
"""
MEGABYTE = bytes(range(256)) * 4096


def exactly(connection, count):
    """That many bytes, or fewer at the end of input."""
    received = bytearray()
    while len(received) < count:
        piece = connection.recv(count - len(received))
        if not piece:
            break
        received += piece
    return bytes(received)


def feed(process, body):
    """Writes to the program's standard input, which stays open, from a thread of its own."""

    def write():
        process.stdin.write(body)
        process.stdin.flush()

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    return thread


class Site:
    """`dispatch.cgi` in a folder, and the instance of one of its names."""

    def __init__(self, folder, run_directory):
        self.script = folder / "dispatch.cgi"
        self.write("apps:hello")
        self.listener = None
        self.environment = {
            "PATH": os.environ["PATH"],
            "PENSTOCK_RUN_DIR": str(run_directory),
            "GATEWAY_INTERFACE": "CGI/1.1",
            "REQUEST_METHOD": "GET",
            "SERVER_NAME": "x",
        }

    def write(self, target):
        self.script.write_text(SCRIPT.format(packages=PACKAGES, here=HERE, target=target))

    def listen(self, name="dispatch.fcgi"):
        """An instance of the script of this name."""
        instance = open_instance(str(self.script.with_name(name)))
        self.listener = instance.listen()
        self.listener = socket.socket(fileno=self.listener.detach())
        self.listener.settimeout(PATIENCE)

    def start(self, *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **environment):
        return subprocess.Popen(
            [sys.executable, str(self.script), *arguments],
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            env=dict(self.environment, **environment),
        )

    def accept(self):
        """The connection of one program, after its command; and the command's words."""
        connection, _ = self.listener.accept()
        connection.settimeout(PATIENCE)
        command = b""
        while not command.endswith(b"\0\0"):
            piece = connection.recv(1)
            assert piece, "the program ended within its command"
            command += piece
        return connection, command[:-2].split(b"\0")

    def take(self):
        """The same, with `ok` said and the variables read."""
        connection, words = self.accept()
        assert words[0] == b"cgi"
        connection.sendall(b"ok\n")
        digits = b""
        while not digits.endswith(b":"):
            digits += connection.recv(1)
        length = int(digits[:-1])
        headers = exactly(connection, length + 1)
        assert headers.endswith(b"\0,")
        cells = headers[:-2].split(b"\0")
        assert cells[0] == b"CONTENT_LENGTH"
        return connection, dict(zip(cells[0::2], cells[1::2]))


@pytest.fixture
def site(tmp_path, run_directory):
    site = Site(tmp_path, run_directory)
    yield site
    if site.listener:
        site.listener.close()


def output(process):
    out, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, out, errors


def test_the_instance_of_dispatch_fcgi_answers(site):
    site.write("no_such_module:app")  # nobody loads it
    site.listen()
    process = site.start("--x", stdin=subprocess.DEVNULL, HTTP_X="\u00e9", HTTP_HOST="h")
    connection, environ = site.take()
    assert (environ[b"HTTP_X"], environ[b"HTTP_HOST"]) == ("\u00e9".encode(), b"h")
    assert (environ[b"CONTENT_LENGTH"], environ[b"SCGI"]) == (b"0", b"1")
    assert b"PENSTOCK_RUN_DIR" not in environ
    with connection:
        connection.sendall(b"Status: 200 OK\r\nX: y\r\n\r\n")
        connection.sendall(b"any\0bytes")
    assert output(process) == (0, b"Status: 200 OK\r\nX: y\r\n\r\nany\0bytes", b"")


def test_an_instance_of_the_cgi_script_itself_comes_first(site):
    site.listen("dispatch.cgi")
    process = site.start(stdin=subprocess.DEVNULL)
    connection, words = site.accept()
    assert words == [b"cgi", os.fsencode(str(site.script))]
    connection.close()
    assert output(process)[1].endswith(b"hello")


def test_without_an_instance_the_process_answers_and_makes_nothing(site, run_directory):
    assert output(site.start(stdin=subprocess.DEVNULL))[1].endswith(b"\r\n\r\nhello")
    assert list(run_directory.iterdir()) == []


def test_a_server_that_does_not_take_it_is_done_without(site):
    site.listen()
    process = site.start(stdin=subprocess.DEVNULL)
    connection, _ = site.accept()
    with connection:
        connection.sendall(b"no permission: this server obeys root\nexit 1\n")
    assert output(process)[1].endswith(b"\r\n\r\nhello")


def test_a_directory_that_others_may_write_is_not_trusted(site, run_directory):
    site.listen()
    (directory,) = run_directory.iterdir()
    directory.chmod(0o777)
    assert output(site.start(stdin=subprocess.DEVNULL))[1].endswith(b"\r\n\r\nhello")


@pytest.mark.parametrize("value", ["asked", "changed"])
def test_any_other_reload_lets_the_instance_answer(site, value):
    (site.script.parent / "penstock.ini").write_text("[penstock]\nreload = %s\n" % value)
    site.listen()
    process = site.start(stdin=subprocess.DEVNULL)
    connection, _ = site.take()
    with connection:
        connection.sendall(b"Status: 200 OK\r\n\r\nthe instance")
    assert output(process)[1].endswith(b"the instance")


@pytest.mark.parametrize("file", ["penstock.ini", "site.ini"])
def test_reload_always_never_asks_the_instance(site, file):
    site.listen()
    (site.script.parent / file).write_text("[penstock]\nreload = always\n[app:main]\npaste.x = y\n")
    if file == "site.ini":
        site.write(str(site.script.parent / file))
    process = site.start(stdin=subprocess.DEVNULL)
    output(process)
    site.listener.settimeout(0)
    with pytest.raises(BlockingIOError):
        site.listener.accept()


def test_a_body_goes_to_the_server_as_long_as_content_length_says(site):
    site.listen()
    process = site.start(CONTENT_LENGTH="7")
    process.stdin.write(b"\0\r\nbodyrest")
    process.stdin.flush()  # and stays open
    connection, environ = site.take()
    with connection:
        assert environ[b"CONTENT_LENGTH"] == b"7"
        assert exactly(connection, 7) == b"\0\r\nbody"
        connection.sendall(b"Status: 200 OK\r\n\r\n")
    assert process.stdout.read() == b"Status: 200 OK\r\n\r\n"
    process.communicate(timeout=PATIENCE)


def test_a_chunked_body_has_the_length_that_came(site):
    site.listen()
    process = site.start(HTTP_TRANSFER_ENCODING="chunked")
    process.stdin.write(MEGABYTE[:60000])  # what a pipe holds: it is read when the server is found
    process.stdin.close()
    process.stdin = None
    connection, environ = site.take()
    with connection:
        assert environ[b"CONTENT_LENGTH"] == b"60000"
        assert exactly(connection, 60000) == MEGABYTE[:60000]
        connection.sendall(b"Status: 200 OK\r\n\r\n")
    assert output(process)[1] == b"Status: 200 OK\r\n\r\n"


def test_both_ways_at_once_nobody_waits_for_the_other(site):
    """The server answers 8 MB before it reads; the web server sends 8 MB before it reads."""
    site.listen()
    process = site.start(CONTENT_LENGTH=str(8 * len(MEGABYTE)))
    connection, _ = site.take()
    received = []

    def answer_first():
        connection.sendall(b"Status: 200 OK\r\n\r\n")
        for _ in range(8):
            connection.sendall(MEGABYTE)
        received.append(exactly(connection, 8 * len(MEGABYTE)))
        connection.close()

    reader = threading.Thread(target=answer_first, daemon=True)
    reader.start()
    sender = feed(process, 8 * MEGABYTE)
    answer = process.stdout.read()
    reader.join(PATIENCE)
    sender.join(PATIENCE)
    assert answer == b"Status: 200 OK\r\n\r\n" + 8 * MEGABYTE
    assert received == [8 * MEGABYTE]
    process.communicate(timeout=PATIENCE)


def test_an_early_answer_is_passed_on_and_the_rest_of_the_body_dropped(site):
    site.listen()
    process = site.start(CONTENT_LENGTH=str(len(MEGABYTE)))
    connection, _ = site.take()
    with connection:
        connection.sendall(b"Status: 413 Content Too Large\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        assert process.stdout.read() == b"Status: 413 Content Too Large\r\n\r\n"
        process.stdin.write(MEGABYTE)  # would fail where nobody reads
        process.stdin.close()
    process.stdin = None
    assert output(process) == (0, b"", b"")


def test_a_truncated_body_is_for_the_server_to_judge(site):
    site.listen()
    process = site.start(CONTENT_LENGTH="9")
    process.stdin.write(b"body")
    process.stdin.close()
    process.stdin = None
    connection, _ = site.take()
    with connection:
        assert exactly(connection, 9) == b"body"
        connection.sendall(b"Status: 400 Bad Request\r\n\r\n")
    assert output(process)[1] == b"Status: 400 Bad Request\r\n\r\n"


def test_a_client_that_goes_away_is_seen_by_the_server(site):
    site.listen()
    process = site.start(stdin=subprocess.DEVNULL)
    connection, _ = site.take()
    process.stdout.close()
    with connection:
        assert connection.recv(1) == b""
    process.stdout = None
    assert output(process)[0] == 0


def test_a_server_that_ends_without_an_answer_is_a_502(site):
    site.listen()
    process = site.start(stdin=subprocess.DEVNULL)
    connection, _ = site.take()
    connection.close()
    status, out, errors = output(process)
    assert (status, out[:24]) == (0, b"Status: 502 Bad Gateway\r\n"[:24])
    assert b"ended before it answered" in errors


@pytest.mark.parametrize(
    "text, value",
    [
        ("[penstock]\nreload = always\n", "always"),
        ("[penstock]\n# reload = no\nreload: always  \r\n", "always"),
        ("[other]\nreload = always\n", None),
        ("[penstock]\nreloads = always\n; reload = always\n  reload = always\n", None),
        ("reload = always\n", None),
        ("[penstock]\nreload = asked\n[penstock:x]\nreload = always\n", "asked"),
        ("[penstock]\nreload =\n  one\n\ttwo\n[other]\n  three\n", "one\ntwo"),
        ("[penstock]\nreload = /a:/b=c\n", "/a:/b=c"),
        ("[penstock]\nreload: /a=b\n", "/a=b"),
        ("", None),
    ],
)
def test_a_value_is_read_as_it_stands(tmp_path, text, value):
    file = tmp_path / "penstock.ini"
    file.write_text(text)
    assert light.ini_value(str(file), "penstock", "reload") == value
    assert light.ini_value(str(tmp_path / "none.ini"), "penstock", "reload") is None


def test_it_is_light(site):
    """What it imports counts at each request."""
    site.listen()
    site.script.write_text(
        "import sys\nsys.path.insert(0, %r)\nimport penstock.relay\n"
        "print(sorted(sys.modules))" % PACKAGES
    )
    modules = output(site.start(stdin=subprocess.DEVNULL))[1].decode()
    for heavy in ("socket", "configparser", "tempfile", "penstock.wsgi", "penstock.dispatch", "re"):
        assert "'%s'" % heavy not in modules
