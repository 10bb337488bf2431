"""Whatever dies, the next request is served; when Apache stops, nothing is left behind."""

import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import fastcgi, scripts
from harness.probe import Gate
from harness.processes import gone
from harness.spawned import Spawned
from harness.waiting import eventually


@pytest.mark.parametrize("role", ["dispatches", "servers", "zygotes", "workers"])
def test_the_next_request_after_a_kill_is_served(site, role):
    for process in getattr(site.family(), role):
        process.kill()
        eventually(lambda: gone(process.pid))

    assert site.fetch("/").body == b"hello"
    eventually(
        lambda: site.family().counts == (1, 1, 2), what="one server, one zygote, two workers"
    )


def test_a_dispatch_stays_when_its_server_is_killed(site):
    before = site.family()

    before.servers[0].kill()
    # While the kernel takes it apart, one of its threads can still be given a connection.
    eventually(lambda: gone(before.servers[0].pid))

    assert site.fetch("/").body == b"hello"
    after = site.family()
    assert [process.pid for process in after.dispatches] == [
        process.pid for process in before.dispatches
    ]
    assert after.servers[0].pid != before.servers[0].pid


def test_workers_end_with_a_killed_server(site):
    family = site.family()

    family.servers[0].kill()

    for process in family.zygotes + family.workers:
        eventually(lambda: gone(process.pid), what="the end of %s" % process)


def test_a_worker_that_exits_in_a_request_costs_that_request_only(site):
    assert site.fetch("/exit").status in (500, 502)
    assert site.fetch("/").body == b"hello"
    eventually(lambda: site.family().counts == (1, 1, 2), what="two workers again")


def test_the_log_says_what_killed_a_worker(site):
    site.family().workers[0].kill()

    eventually(lambda: "SIGKILL" in site.log())


def test_a_graceful_restart_of_apache_is_not_noticed(site):
    server = site.family().servers[0]

    for _ in range(2):
        dispatches = site.family().dispatches
        site.apache.graceful()
        for process in dispatches:
            eventually(lambda: gone(process.pid), what="the end of the old dispatch")
        assert site.fetch("/").body == b"hello"

    assert [process.pid for process in site.family().servers] == [server.pid]


def test_a_request_in_flight_survives_the_end_of_its_dispatch(site, folder):
    gate = Gate(folder)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(site.fetch, gate.path)
        eventually(gate.started.exists)
        for process in site.family().dispatches:
            process.kill(signal.SIGTERM)
        gate.open()

        assert answer.result(30).status == 200


def test_a_kill_costs_at_most_the_request_that_was_in_hand(site):
    """Requests go on, one after the other, while a worker, a zygote and a server are killed."""
    answers, stop = [], threading.Event()

    def ask():
        while not stop.is_set():
            try:
                answers.append(site.fetch("/").status)
            except OSError as error:
                answers.append(error)

    client = threading.Thread(target=ask)
    client.start()
    try:
        for role in ("workers", "zygotes", "servers"):
            eventually(lambda: site.family().counts == (1, 1, 2))
            count = len(answers)
            getattr(site.family(), role)[0].kill()
            eventually(lambda: len(answers) > count + 10, 40, what="ten more answers")
    finally:
        stop.set()
        client.join()

    # There is one at a time, so one for each kill.
    assert len([answer for answer in answers if answer != 200]) <= 3, answers


def test_nothing_is_left_behind_when_apache_stops(site):
    family = site.family()

    site.apache.stop()

    for process in family.all():
        eventually(lambda: gone(process.pid), 15, "the end of %s" % process)
    assert not list(site.run_folder.glob("*/control"))


def test_a_server_stays_while_a_dispatch_is_there(quickstart, folder, probe):
    """Two servers idle side by side; when the one without a dispatch has gone, idle_exit is over
    for both.
    """
    text = scripts.recipe(quickstart.command("python"), probe.directory)
    with Spawned(folder / "kept", text) as kept, Spawned(folder / "left", text) as left:
        for spawned in (kept, left):
            fastcgi.request(spawned.dispatch().address, fastcgi.environ())
        left.dispatches[0].terminate()

        eventually(lambda: not left.family().all(), 15)

        assert kept.family().counts == (1, 1, 2)
