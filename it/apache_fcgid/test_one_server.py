"""However many dispatch processes mod_fcgid starts: one JVM and the configured workers serve them
all.
"""

import resource
import statistics
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import fastcgi, project, scripts
from harness.fcgid import FcgidSite
from harness.probe import Gate
from harness.spawned import Spawned
from harness.waiting import eventually

CLIENTS = 16
DISPATCH_PRIVATE_BYTES = 6_000_000
DISPATCH_PROCESSOR_S = 0.030


@pytest.fixture
def site(recipe_site):
    with recipe_site(settings={"threads": 8}) as site:
        yield site


@pytest.fixture
def crowd(site, folder):
    """Sixteen requests inside the application at the same time."""
    gates = [Gate(folder, str(number)) for number in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = [pool.submit(site.fetch, gate.path) for gate in gates]
        try:
            eventually(
                lambda: all(gate.started.exists() for gate in gates),
                60,
                "16 requests in the application",
            )
            yield answers
        finally:
            for gate in gates:
                gate.open()


def test_sixteen_clients_have_one_server_and_the_configured_workers(site, crowd):
    family = site.family()

    assert len(family.dispatches) == CLIENTS, family
    assert family.counts == (1, 1, 2), family
    assert family.others == []


def test_every_request_of_sixteen_clients_at_once_is_answered(apache_with, quickstart, folder):
    ini = project.copy_of(quickstart, folder / "quickstart", debug=False)
    script = scripts.recipe(quickstart.command("python"), ini.parent)
    with FcgidSite(apache_with("fcgid"), folder, script) as site:
        with ThreadPoolExecutor(CLIENTS) as pool:
            answers = list(pool.map(site.fetch, ["/demo"] * 10 * CLIENTS))

        assert [answer.status for answer in answers] == [200] * len(answers)
        assert site.family().counts == (1, 1, 2), site.family()


def test_a_dispatch_costs_under_6_megabytes_of_private_memory(site, crowd):
    private = [process.memory()[0] for process in site.family().dispatches]

    print("private memory of dispatches, kB:", sorted(size // 1000 for size in private))
    assert max(private) < DISPATCH_PRIVATE_BYTES


def test_ps_tells_dispatch_server_zygote_and_workers_apart(site, crowd):
    pids = ",".join(str(process.pid) for process in site.family().all())
    shown = subprocess.check_output(
        ["ps", "-o", "args=", "-ww", "-p", pids], encoding="utf-8"
    ).splitlines()

    assert (
        len(
            [line for line in shown if "dispatch.fcgi" in line and not line.startswith("penstock:")]
        )
        == CLIENTS
    )
    assert len([line for line in shown if line.startswith("penstock: server app")]) == 1
    assert len([line for line in shown if line.startswith("penstock: zygote app")]) == 1
    assert (
        sorted(
            line.split()[:2] + line.split()[3:4]
            for line in shown
            if line.startswith("penstock: worker")
        )
        == [["penstock:", "worker", "app"]] * 2
    )


def test_two_dispatches_that_start_at_the_same_instant_start_one_server(quickstart, folder, probe):
    for attempt in range(3):
        text = scripts.recipe(quickstart.command("python"), probe.directory)
        with Spawned(folder / str(attempt), text) as spawned:
            dispatches = [spawned.dispatch(), spawned.dispatch()]
            for dispatch in dispatches:
                assert b"hello" in fastcgi.request(dispatch.address, fastcgi.environ())
            eventually(lambda: spawned.family().counts == (1, 1, 2))
            assert len(spawned.family().dispatches) == 2


def test_a_dispatch_starts_in_30_milliseconds(quickstart, folder, probe):
    text = scripts.recipe(quickstart.command("python"), probe.directory)
    walls, processor = [], []
    with Spawned(folder / "app", text) as spawned:
        fastcgi.request(spawned.dispatch().address, fastcgi.environ())
        for _ in range(9):
            before, started = processor_time_of_children(), time.monotonic()
            dispatch = spawned.dispatch()
            assert b"hello" in fastcgi.request(dispatch.address, fastcgi.environ())
            walls.append(time.monotonic() - started)
            assert dispatch.terminate() == 0
            processor.append(processor_time_of_children() - before)

    print("a dispatch, start to its first answer: %.1f ms" % (1000 * statistics.median(walls)))
    print("its processor time, start to end: %.1f ms" % (1000 * statistics.median(processor)))
    # Not the time on the wall: the tests share the machine.
    assert statistics.median(processor) < DISPATCH_PROCESSOR_S


def processor_time_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
