"""`penstock demo`, as a newcomer runs it; what it makes is kept between runs, here in the tests'
cache.
"""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from penstock.demo import project

from harness import client, places
from harness.processes import Family, descendants, gone
from harness.waiting import eventually

SECOND_RUN_S = 15


@pytest.fixture(scope="module")
def directory(apache_with):
    """Made by a first run, which may take a minute."""
    apache_with("fcgid")
    place = places.cache() / "demo"
    result = run_demo("--directory", place, "--once")
    assert result.returncode == 0, result.stdout
    return place


def start_demo(*arguments, program=("-m", "penstock.demo"), output=subprocess.PIPE, **more):
    """From the source tree, as the repository's ./penstock does."""
    wheel = places.wheel()
    if wheel is None:
        pytest.skip("no wheel: build it first")
    sources = places.REPOSITORY / "python" / "src" / "main" / "python"
    return subprocess.Popen(
        [sys.executable, *program, *map(str, arguments)],
        env=dict(os.environ, PENSTOCK_WHEEL=str(wheel), PYTHONPATH=str(sources), **more),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


def run_demo(*arguments, **keywords):
    process = start_demo(*arguments, **keywords)
    output, _ = process.communicate(timeout=300)
    return subprocess.CompletedProcess(process.args, process.returncode, output)


@pytest.fixture
def running_demo(directory):
    """The demo in its own process, ready: the process and the output up to then."""
    process = start_demo("--directory", directory)
    output = []
    try:
        for line in process.stdout:
            output.append(line)
            if line.startswith("Ctrl-C"):
                break
        yield process, "".join(output)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def test_a_second_run_serves_a_page_within_seconds(directory):
    started = time.monotonic()

    result = run_demo("--directory", directory, "--once")

    assert result.returncode == 0, result.stdout
    assert time.monotonic() - started < SECOND_RUN_S


def test_it_prints_the_url_the_two_files_and_what_to_try_next(directory, running_demo):
    _, output = running_demo

    url = re.search(r"http://127\.0\.0\.1:\d+/app/", output).group()
    assert client.fetch(url).location == url + "demo"
    for name in ("dispatch.fcgi", ".htaccess"):
        for line in (directory / "htdocs" / "app" / name).read_text().splitlines():
            assert line in output
    for word in ("penstock status", "edit", "reload", "kill", "Ctrl-C"):
        assert word in output


def test_on_a_terminal_each_step_has_its_line_and_its_time(directory):
    ours, its = os.openpty()
    process = start_demo("--directory", directory, "--once", output=its)
    os.close(its)
    with open(ours, "rb", buffering=0) as terminal:
        output = b"".join(iter(lambda: read_terminal(terminal), b"")).decode()

    assert process.wait(60) == 0, output
    for title in ("start Apache", "first page", "stop"):
        assert re.search(re.escape(title) + r" +\S* +\d+\.\d s", output), output


def read_terminal(terminal):
    try:
        return terminal.read(4096)
    except OSError:  # the last program has closed it
        return b""


def test_it_is_quiet_and_without_colours_where_nobody_watches(running_demo):
    _, output = running_demo

    assert "\033" not in output
    assert "virtualenv" not in output.splitlines()[0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_all_that_it_started(directory, running_demo, number):
    process, _ = running_demo
    script = str(directory / "htdocs" / "app" / "dispatch.fcgi")
    started = descendants(process.pid) + Family(script).all()
    assert len(started) > 4

    process.send_signal(number)

    assert process.wait(60) == 0
    for one in started:
        eventually(lambda: gone(one.pid), what="the end of %s" % one)


def test_a_page_that_is_edited_is_seen_at_the_next_load(directory, running_demo):
    _, output = running_demo
    url = re.search(r"http://127\.0\.0\.1:\d+/app/", output).group()
    page = directory / "project/quickstart/quickstart/templates/demo/index.xhtml"
    before = page.read_text()
    assert "edited by a test" not in client.fetch(url + "demo").text
    try:
        page.write_text(before.replace("<h1>", "<h1>edited by a test ", 1))
        eventually(lambda: "edited by a test" in client.fetch(url + "demo").text)
    finally:
        page.write_text(before)


WITHOUT_APACHE = """\
import sys
from penstock.demo import apache, main
apache._BINARIES = ()
sys.exit(main())
"""
PACKAGES = "--no-install-recommends apache2-bin libapache2-mod-fcgid"


def test_without_apache_it_names_the_command_and_serves_meanwhile(directory):
    arguments = ["--directory", directory, "--once", "--no-install"]

    result = run_demo(*arguments, program=("-c", WITHOUT_APACHE))

    assert result.returncode == 0, result.stdout
    assert "apt-get install " + PACKAGES in result.stdout
    assert re.search(r"http://127\.0\.0\.1:\d+/ answered 200", result.stdout)


def test_root_gets_apache_installed_without_what_would_start_a_service(directory, folder):
    if os.geteuid() != 0:
        pytest.skip("needs root: nobody else may install packages")
    called = folder / "called"
    apt_get = folder / "apt-get"
    apt_get.write_text('#!/bin/sh\necho "$@" >>%s\n' % called)
    apt_get.chmod(0o755)
    path = "%s:%s" % (folder, os.environ["PATH"])
    arguments = ["--directory", directory, "--once"]

    result = run_demo(*arguments, program=("-c", WITHOUT_APACHE), PATH=path)

    assert called.read_text() == "install --yes %s\n" % PACKAGES
    assert "not installed; installing" in result.stdout


def test_a_python_without_venv_names_the_package_that_brings_it(folder, monkeypatch):
    real = project.find_python()
    fake = folder / "python3"
    fake.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\nexec %s "$@"\n' % real)
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(project, "_PYTHON_FOLDERS", ())
    monkeypatch.setattr(sys, "_base_executable", str(fake))

    with pytest.raises(project.MissingPackage) as missing:
        project.find_python()

    assert re.fullmatch(r"python3\.\d+-venv", missing.value.package)


def test_a_folder_that_apaches_user_cannot_reach_is_refused(folder):
    if os.geteuid() != 0:
        pytest.skip("needs root: otherwise Apache runs as ourselves")
    folder.chmod(0o700)

    result = run_demo("--directory", folder / "demo", "--once")

    assert result.returncode == 1
    assert "cannot reach" in result.stdout
