"""`penstock status`, `reload` and `stop` for a site under Apache, and who may use them."""

import json
import os
import subprocess

import pytest

from harness.processes import gone
from harness.waiting import eventually

NOTHING_RUNS = 3
#: Users that no machine has: what a host's customer and their neighbour are to Apache's user.
OWNER, NEIGHBOUR = 54321, 54322


@pytest.fixture
def penstock(site, quickstart):
    return lambda *arguments: site.penstock(quickstart, *map(str, arguments))


def test_status_says_what_runs(site, penstock):
    family = site.family()
    for _ in range(4):
        site.fetch("/")

    result = penstock("status")

    assert result.returncode == 0, result.stdout
    for process in family.servers + family.workers + family.dispatches:
        assert str(process.pid) in result.stdout
    assert str(site.script) in result.stdout


def test_status_as_json_says_the_same_to_programs(site, penstock):
    family = site.family()
    for _ in range(4):
        site.fetch("/")

    status = json.loads(penstock("status", "--json", site.script).stdout)

    text = json.dumps(status)
    assert str(family.servers[0].pid) in text
    assert sorted(worker["pid"] for worker in status["workers"]) == sorted(
        process.pid for process in family.workers
    )
    assert [dispatch["pid"] for dispatch in status["dispatches"]] == [
        process.pid for process in family.dispatches
    ]
    assert status["server"]["requests"] == 5


def test_status_shows_the_last_error(site, penstock):
    site.fetch("/error")

    assert "LookupError: raised by the probe" in penstock("status").stdout


@pytest.mark.parametrize("name", ["script", "directory", "instance"])
def test_an_instance_is_named_by_its_script_its_directory_or_its_name(site, penstock, name):
    names = {
        "script": site.script,
        "directory": site.home,
        "instance": next(site.run_folder.iterdir()).name,
    }

    assert str(site.script) in penstock("status", names[name]).stdout


def test_stop_ends_the_server_and_the_next_request_starts_another(site, penstock):
    family = site.family()

    result = penstock("stop", site.script)

    assert result.returncode == 0, result.stdout
    for process in family.servers + family.zygotes + family.workers:
        eventually(lambda: gone(process.pid))
    assert site.fetch("/").body == b"hello"


@pytest.mark.parametrize("command", ["status", "reload", "stop"])
def test_without_a_server_the_commands_say_so(site, penstock, command):
    site.apache.stop()
    site.end_server()

    result = penstock(command, site.script)

    assert result.returncode == NOTHING_RUNS, result.stdout


@pytest.fixture
def as_user(site, quickstart):
    """A function: run a command as another user. Only root can."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to be other users")
    os.chown(site.script, OWNER, OWNER)

    def run(uid, *arguments):
        return subprocess.run(
            [quickstart.command("penstock"), *map(str, arguments)],
            user=uid,
            group=uid,
            extra_groups=[],
            cwd="/",
            env={"PATH": os.environ["PATH"], "PENSTOCK_RUN_DIR": str(site.run_folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=30,
        )

    return run


def test_the_owner_of_the_script_may_though_apache_runs_it_as_another_user(site, probe, as_user):
    server = site.family().servers[0]
    assert server.uid != OWNER

    assert str(server.pid) in as_user(OWNER, "status", site.script).stdout
    probe.say("changed it")
    assert as_user(OWNER, "reload", site.script).returncode == 0
    assert site.fetch("/").body == b"changed it"
    assert as_user(OWNER, "stop", site.script).returncode == 0
    eventually(lambda: gone(server.pid))


def test_the_servers_own_user_may(site, as_user):
    server = site.family().servers[0]

    assert str(server.pid) in as_user(server.uid, "status", site.script).stdout


@pytest.mark.parametrize("command", ["status", "reload", "stop"])
def test_nobody_else_may_and_is_told_who_may(site, as_user, command):
    family = site.family()

    result = as_user(NEIGHBOUR, command, site.script)

    assert result.returncode == 1, result.stdout
    assert "owner" in result.stdout
    assert not any(gone(process.pid) for process in family.all())


def test_reloads_and_deaths_of_workers_leave_no_descriptor_open(site, penstock):
    server = site.family().servers[0]

    def generation_and_a_death():
        assert penstock("reload", site.script).returncode == 0
        killed = site.family().workers[0]
        killed.kill()
        eventually(lambda: killed.pid not in [worker.pid for worker in site.family().workers])
        eventually(lambda: len(site.family().zygotes) == 1)
        eventually(lambda: len(site.family().workers) == 2)
        return server.descriptors()

    generation_and_a_death()
    before = generation_and_a_death()
    for _ in range(3):
        generation_and_a_death()

    eventually(lambda: server.descriptors() <= before, what="no more than %d descriptors" % before)
