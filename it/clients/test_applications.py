"""The library's client with applications that others have made."""

import shutil
import subprocess
from pathlib import Path

import pytest

from harness.applications import Listening, end_processes_of, php_fpm, program
from harness.served import Served
from harness.waiting import eventually

HERE = Path(__file__).resolve().parent
EVERYTHING = ("kept", "closing", "post", "upload", "download")


def ok(answers):
    return {name: said for name, said in answers.items() if said != "ok"}


def test_php_fpm(exercise, folder, running):
    shutil.copy(HERE / "echo.php", folder)
    application = running(php_fpm(folder, children=2))

    answers = exercise(application.socket, *EVERYTHING, "multiplexed", script=folder / "echo.php")

    assert ok(answers) == {
        "kept": "4 reused, errors PHP message: said on stderr",
        "closing": "0 reused, errors PHP message: said on stderr",
        "multiplexed": "one at a time",
    }


def test_fcgiwrap(exercise, folder, running):
    script = folder / "echo.cgi"
    script.write_text("#!/usr/bin/env python3\n" + (HERE / "echo.py").read_text())
    script.chmod(0o755)
    application = running(Listening(folder, [program("fcgiwrap"), "-f", "-c", "2"]))

    answers = exercise(application.socket, *EVERYTHING, script=script)

    assert answers["closing"] == "0 reused, errors said on stderr"
    assert ok(answers).keys() == {"kept", "closing"}


@pytest.fixture
def libfcgi_echo(folder):
    program("gcc")
    built = subprocess.run(
        [program("gcc"), "-o", folder / "echo", HERE / "echo.c", "-lfcgi"], stderr=-1, text=True
    )
    if built.returncode:
        pytest.skip("libfcgi-dev is not installed: " + built.stderr[-200:])
    return folder / "echo"


def test_libfcgi(exercise, folder, running, libfcgi_echo):
    application = running(Listening(folder, [libfcgi_echo]))

    answers = exercise(application.socket, *EVERYTHING, "early", "multiplexed")

    assert ok(answers) == {
        "kept": "4 reused, errors said on stderr",
        "closing": "0 reused, errors said on stderr",
        "multiplexed": "one at a time",
    }


def test_libfcgi_started_by_cgi_fcgi(exercise, folder, libfcgi_echo):
    address = folder / "app.sock"
    started = subprocess.run(
        ["sh", "-c", "%s -start -connect %s %s & echo $!" % (program("cgi-fcgi"), address, libfcgi_echo)],
        stdout=-1,
        text=True,
        timeout=20,
    )
    assert started.returncode == 0
    try:
        eventually(address.exists, 20, "the socket %s" % address)
        assert exercise(address, "kept")["kept"].startswith("4 reused")
    finally:
        end_processes_of(libfcgi_echo)


def test_go(exercise, folder, running):
    go = program("go")
    environment = {"GOCACHE": str(folder / "cache"), "GOPATH": str(folder / "go"), "HOME": str(folder)}
    command = [go, "build", "-o", str(folder / "echo"), str(HERE / "echo.go")]
    subprocess.run(command, check=True, env=dict(PATH="/usr/bin:/bin", **environment), timeout=300)
    application = running(Listening(folder, [folder / "echo"]))

    answers = exercise(application.socket, *EVERYTHING, "early", "multiplexed")

    assert ok(answers) == {
        "kept": "4 reused, errors none",
        "closing": "0 reused, errors none",
        "multiplexed": "several at once",
    }


def test_flup(exercise, folder, running, quickstart):
    command = [quickstart.command("python"), HERE / "echo.py", folder / "app.sock"]
    application = running(Listening(folder, command, given=False))

    answers = exercise(application.socket, *EVERYTHING, "multiplexed")

    assert ok(answers) == {
        "kept": "4 reused, errors said on stderr",
        "closing": "0 reused, errors said on stderr",
        "multiplexed": "one at a time",
    }


def test_penstock(exercise, folder, running, quickstart):
    shutil.copy(HERE / "echo.py", folder / "echo.py")
    address = folder / "app.sock"
    running(Served(quickstart, folder, "echo:application", fcgi=[address], directory=folder))

    answers = exercise(address, *EVERYTHING, "multiplexed")

    assert answers["kept"].startswith("4 reused")
    assert answers["multiplexed"] == "several at once"
    assert ok(answers).keys() == {"kept", "closing", "multiplexed"}
