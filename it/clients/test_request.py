"""`penstock request` with a real application, as someone uses it in a shell."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.served import Served

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def address(quickstart, shared_folder):
    """The socket of the echo application, served by Penstock."""
    shutil.copy(HERE / "echo.py", shared_folder)
    socket = shared_folder / "app.sock"
    arguments = ("echo:application",)
    with Served(quickstart, shared_folder, *arguments, fcgi=[socket], directory=shared_folder):
        yield socket


@pytest.fixture
def request_(quickstart):
    """A function: what `penstock request` with these words did."""

    def run(*words, prefix=(), **keywords):
        command = [*prefix, quickstart.command("penstock"), "request", *map(str, words)]
        return subprocess.run(command, stdout=-1, stderr=-1, timeout=60, **keywords)

    return run


def test_the_body_is_on_standard_output_and_nothing_else(request_, address):
    done = request_(address, "/?late=100000", "-H", "X-One: one")

    assert done.returncode == 0, done.stderr
    assert done.stdout == b"x" * 100000 + b"GET 0 0\n"


def test_the_head_comes_before_it_when_asked(request_, address):
    head, _, body = request_(address, "-i", "-H", "X-One: one").stdout.partition(b"\r\n\r\n")

    assert head.startswith(b"Status: 200 OK\r\n")
    assert b"X-One: one" in head
    assert body == b"GET 0 0\n"


def test_standard_input_is_sent_with_its_length(request_, address):
    done = request_(address, "-d", "-", input=b"a" * 1_000_000)

    assert done.stdout == b"POST 1000000 97000000\n", done.stderr


def test_a_file_is_sent_as_it_is(request_, address, folder):
    (folder / "body").write_bytes(bytes(range(256)) * 1000)

    assert request_(address, "-d", "@%s" % (folder / "body")).stdout == b"POST 256000 32640000\n"


def test_permission_is_denied_and_the_reason_told(request_, address):
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root can become somebody who may not")
    os.chmod(address, 0o660)
    nobody = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")

    done = request_(address, prefix=nobody)

    assert done.returncode == 4, done.stderr
    said = done.stderr.decode()
    assert "permission denied on the socket %s: its mode is rw-rw----" % address in said
    assert "its owner root, its group root; you are nobody" in said


def test_a_folder_that_may_not_be_passed_is_named(request_, folder, address):
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root can become somebody who may not")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)

    done = request_(
        closed / "app.sock",
        prefix=("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"),
    )

    assert done.returncode == 4
    assert "the folder %s does not let us pass: its mode is rwx------" % closed in done.stderr.decode()


def test_completion_knows_it(quickstart):
    script = subprocess.check_output([quickstart.command("penstock"), "completion", "bash"])

    assert b"--protocol" in script
