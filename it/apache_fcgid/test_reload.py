"""A reload builds a new generation beside the old one, and takes it only when it has loaded."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.probe import Gate
from harness.processes import gone
from harness.waiting import eventually


@pytest.fixture
def reload(site, quickstart):
    """A function: `reload(way)` asks for a reload; the answer of the command, if it was one."""

    def ask(way):
        if way == "command":
            return site.penstock(quickstart, "reload", str(site.script))
        if way == "touched script":
            os.utime(site.script)
        if way == "restart.txt":
            (site.home / "tmp").mkdir(exist_ok=True)
            (site.home / "tmp" / "restart.txt").touch()

    return ask


WAYS = ["command", "touched script", "restart.txt"]


@pytest.mark.parametrize("way", WAYS)
def test_the_new_code_serves_after_a_reload(site, probe, reload, way):
    server = site.family().servers[0]
    probe.say("changed it")
    assert site.fetch("/").body == b"hello"

    reload(way)

    eventually(lambda: site.fetch("/").body == b"changed it")
    assert [process.pid for process in site.family().servers] == [server.pid]


def test_restart_txt_touched_again_reloads_again(site, probe, reload):
    for greeting in ("the first", "the second one"):
        probe.say(greeting)
        reload("restart.txt")
        eventually(lambda: site.fetch("/").body == greeting.encode())


def test_the_old_generation_goes(site, probe, reload):
    before = site.family()

    reload("command")

    for process in before.zygotes + before.workers:
        eventually(lambda: gone(process.pid), what="the end of %s" % process)
    after = site.family()
    assert (len(after.zygotes), len(after.workers)) == (1, 2)


def test_the_command_ends_when_the_new_code_serves(site, probe, reload):
    probe.say("changed it")

    result = reload("command")

    assert result.returncode == 0, result.stdout
    assert site.fetch("/").body == b"changed it"


@pytest.mark.parametrize("way", WAYS)
def test_a_broken_reload_leaves_the_old_one_serving_with_the_traceback_in_the_log(
    site, probe, reload, way
):
    probe.break_it()

    reload(way)

    eventually(lambda: "RuntimeError: broken on purpose" in site.log())
    assert site.fetch("/").body == b"hello"


def test_a_broken_reload_prints_the_traceback_and_fails(site, probe, reload, quickstart):
    probe.break_it()

    result = reload("command")

    assert result.returncode == 1
    assert 'probe.py", line 1' in result.stdout
    assert "RuntimeError: broken on purpose" in result.stdout
    assert "RuntimeError: broken on purpose" in site.penstock(quickstart, "status").stdout


def test_a_mended_application_loads_at_the_next_reload(site, probe, reload):
    probe.break_it()
    reload("command")
    probe.mend()

    assert reload("command").returncode == 0
    assert site.fetch("/").body == b"mended"


def test_a_request_in_flight_ends_in_the_old_generation(site, probe, reload, folder):
    gate = Gate(folder)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(site.fetch, gate.path)
        eventually(gate.started.exists)
        probe.say("changed it")
        reload("touched script")
        eventually(lambda: site.fetch("/").body == b"changed it")
        gate.open()

        assert answer.result(30).body.startswith(b"through")


def test_no_request_fails_during_reloads(site, probe, reload):
    with ThreadPoolExecutor(2) as pool:
        for greeting in ("one", "two more", "and three"):
            probe.say(greeting)
            command = pool.submit(reload, "command")
            statuses = [site.fetch("/").status]
            while not command.done():
                statuses.append(site.fetch("/").status)
            assert set(statuses) == {200}
            assert command.result().returncode == 0
            assert site.fetch("/").body == greeting.encode()


def test_sigterm_loses_no_request(site, folder):
    gate = Gate(folder)
    server = site.family().servers[0]
    with ThreadPoolExecutor(2) as pool:
        held = pool.submit(site.fetch, gate.path)
        eventually(gate.started.exists)
        server.kill(signal.SIGTERM)
        later = pool.submit(site.fetch, "/")
        gate.open()

        assert held.result(30).body.startswith(b"through")
        assert later.result(30).body == b"hello"
    eventually(lambda: gone(server.pid))
    assert site.fetch("/").body == b"hello"
