"""The recipe with its script named `dispatch.cgi`, run by Apache's mod_cgid for each request.

Where an instance runs, it answers, and the program loads nothing; else the program does it all.
"""

import hashlib
import json
import os
import subprocess

import pytest

from harness import client, scripts
from harness.cgid import CgidSite
from harness.probe import BIG, Probe, facts
from harness.waiting import eventually


@pytest.fixture
def site(apache_with, quickstart, folder, probe, running):
    """A function: the probe's site, started, with no instance yet; `ours` is the short script."""

    def start(ours=False, **options):
        if ours:  # its project is not installed, and the script does not say where it is
            probe.configure(python_path=probe.directory)
        python = quickstart.command("python")
        script = scripts.ours(python, probe.ini) if ours else scripts.recipe(python, probe.directory)
        return running(CgidSite(apache_with("fcgid", "cgid"), folder, script, **options))

    return start


@pytest.fixture(scope="module", params=["instance", "alone"])
def both(request, apache_with, quickstart):
    """A site with an instance that runs, and one without: what a browser sees is the same."""
    from harness import places

    with places.folder() as folder:
        probe = Probe(folder / "project")
        script = scripts.recipe(quickstart.command("python"), probe.directory)
        with CgidSite(
            apache_with("fcgid", "cgid"), folder, script, settings={"idle_exit": "1h"}
        ) as site:
            site.workers = site.start_instance() if request.param == "instance" else set()
            yield site


@pytest.mark.parametrize("ours", [False, True], ids=["flup's form", "serve"])
def test_the_running_instance_answers(site, ours):
    site = site(ours)
    alone = facts(site.url)
    assert alone["flags"]["wsgi.run_once"] is True
    assert site.family().all() == []

    workers = site.start_instance()

    answered = facts(site.url)
    assert answered["pid"] in workers
    assert answered["flags"]["wsgi.run_once"] is False
    site.end_server()
    assert facts(site.url)["flags"]["wsgi.run_once"] is True


@pytest.mark.parametrize("ours", [False, True], ids=["flup's form", "serve"])
def test_where_an_instance_runs_the_program_loads_nothing(site, probe, ours):
    site = site(ours)
    site.start_instance()
    probe.break_it()

    assert site.fetch("/").body == b"hello"


def test_reload_always_loads_at_each_request_whether_an_instance_runs_or_not(site, probe):
    site = site(settings={"reload": "always"})
    workers = site.start_instance()

    assert facts(site.url)["pid"] not in workers
    probe.say("changed just now")
    assert site.fetch("/").body == b"changed just now"
    assert client.fetch(site.url + "/dispatch.fcgi/").body == b"hello"


def test_an_application_that_does_not_load_is_a_500_with_its_traceback_in_apaches_log(site, probe):
    probe.break_it()
    site = site()

    answer = site.fetch("/")

    assert answer.status == 500
    assert "broken on purpose" not in answer.text
    eventually(lambda: "RuntimeError: broken on purpose" in site.apache.log())


def test_an_application_that_fails_is_a_500_with_its_traceback_where_it_runs(both):
    answer = both.fetch("/error")

    assert answer.status == 500
    assert "raised by the probe" not in answer.text
    eventually(lambda: "LookupError: raised by the probe" in both.log())
    in_apache = "LookupError: raised by the probe" in both.apache.log()
    # A server started by a dispatch tells Apache's log of errors as well.
    assert in_apache or both.workers


@pytest.mark.parametrize(
    "sent, path",
    [
        ("/", "/"),
        ("/a/b", "/a/b"),
        ("/with%20space", "/with space"),
        ("/Gr%C3%B6%C3%9Fe/", "/Größe/"),
        ("/p%2525", "/p%25"),
        ("/x?--version+-c", "/x"),
        ("/dispatch.cgix", "/dispatch.cgix"),
    ],
)
def test_the_path_is_the_same_as_by_fastcgi(both, sent, path):
    seen = json.loads(both.fetch(sent, headers={"X-Probe": "environ"}).body)

    environ = seen["environ"]
    assert environ["SCRIPT_NAME"] == "/app"
    assert environ["PATH_INFO"].encode("latin-1").decode() == path
    assert environ["QUERY_STRING"] == sent.partition("?")[2]
    assert (seen["pid"] in both.workers) == bool(both.workers)


def test_the_scripts_own_url_keeps_its_name(both):
    environ = facts(both.url, "/dispatch.cgi/environ")["environ"]
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("/app/dispatch.cgi", "/environ")


def test_forms_and_10_megabytes_go_both_ways(both):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    small = json.loads(both.fetch("/digest", "POST", b"a=1&b=2", form).body)
    assert small["sha256"] == hashlib.sha256(b"a=1&b=2").hexdigest()
    assert small["content_length"] == "7"

    large = json.loads(both.fetch("/digest", "POST", BIG.content()).body)
    assert large["sha256"] == BIG.sha256()
    download = both.fetch("/download?size=%d" % BIG.size).body
    assert hashlib.sha256(download).hexdigest() == BIG.sha256()


def test_a_chunked_upload_arrives_whole(both):
    blocks = [b"x" * 70_000, b"y"]
    answer = both.fetch("/digest", "POST", iter(blocks))
    assert json.loads(answer.body)["sha256"] == hashlib.sha256(b"".join(blocks)).hexdigest()


def test_head_redirect_and_not_found(both):
    head = both.fetch("/download?size=1000", "HEAD")
    assert (head.status, head.body) == (200, b"")
    moved = both.fetch("/status?code=302+Found&to=http://other.example/x")
    assert (moved.status, moved.location) == (302, "http://other.example/x")
    missing = both.fetch("/status?code=404+Not+Found")
    assert (missing.status, missing.body) == (404, b"as told")


def test_mod_cgi_does_it_with_pipes(site):
    site = site(module="cgi")
    alone = json.loads(site.fetch("/digest", "POST", BIG.content()).body)
    workers = site.start_instance()

    assert facts(site.url)["pid"] in workers
    answered = json.loads(site.fetch("/digest", "POST", BIG.content()).body)
    assert (alone["sha256"], answered["sha256"]) == (BIG.sha256(), BIG.sha256())
    download = site.fetch("/download?size=%d" % BIG.size).body
    assert hashlib.sha256(download).hexdigest() == BIG.sha256()


def test_many_at_once(both):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: both.fetch("/").body, range(16)))
    assert answers == [b"hello"] * 16


def test_a_body_over_the_instances_max_request_body_is_a_413(site):
    site = site(settings={"max_request_body": "1M"})
    site.start_instance()

    answer = site.fetch("/digest", "POST", BIG.content())

    assert answer.status == 413
    assert "max_request_body" in answer.text


def test_only_the_servers_own_user_and_root_may_hand_a_request_over(site):
    """By the control socket, past the web server: another user could say anything in it."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to be another user")
    site = site()
    site.start_instance()
    (control,) = site.run_folder.glob("*/control")
    program = (
        "import os, socket, sys; os.setuid(54321); s = socket.socket(socket.AF_UNIX);"
        "s.connect(sys.argv[1]); s.sendall(b'cgi\\0x\\0\\0'); print(s.recv(99).decode())"
    )
    said = subprocess.check_output(["python3", "-c", program, str(control)], encoding="utf-8")
    assert said.startswith("no permission")
