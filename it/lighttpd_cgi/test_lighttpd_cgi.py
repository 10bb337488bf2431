"""A dispatch script under lighttpd's mod_cgi, which gives it a pipe, a file or /dev/null as standard
input.
"""

import hashlib
import json

import pytest

from harness import client, scripts, webservers
from harness.probe import BIG, Probe, facts
from harness.spawned import Spawned
from harness.waiting import eventually

DIRECTIVES = """
cgi.assign = (".cgi" => "")
setenv.add-environment = ("PENSTOCK_RUN_DIR" => "{run}")
url.rewrite-once = ("^/app/(?!dispatch\\.cgi)(.*)$" => "/app/dispatch.cgi/$1")
"""


@pytest.fixture(scope="module", params=["instance", "alone"])
def site(request, quickstart, shared_folder):
    """The recipe's script as `app/dispatch.cgi`; with an instance, dispatch.fcgi has been spawned."""
    folder = shared_folder / request.param
    folder.mkdir()
    probe = Probe(folder / "project")
    text = scripts.recipe(quickstart.command("python"), probe.directory)
    with Spawned(folder / "app", text) as spawned:
        program = spawned.script.with_suffix(".cgi")
        program.write_text(text)
        program.chmod(0o755)
        directives = DIRECTIVES.format(run=spawned.run_folder)
        modules = ("mod_rewrite", "mod_setenv", "mod_cgi")
        with webservers.lighttpd(folder, modules, directives, htdocs=folder) as lighttpd:
            lighttpd.workers = set()
            lighttpd.spawned = spawned
            if request.param == "instance":
                spawned.dispatch()
                eventually(lambda: len(spawned.family().workers) == 2, 30)
                lighttpd.workers = {worker.pid for worker in spawned.family().workers}
            yield lighttpd


def test_who_answers(site):
    seen = facts(site.url + "/app")
    assert (seen["pid"] in site.workers) == bool(site.workers)
    assert seen["flags"]["wsgi.run_once"] is not bool(site.workers)


@pytest.mark.parametrize(
    "sent, path", [("/", "/"), ("/a/b", "/a/b"), ("/w%20s", "/w s"), ("/caf%C3%A9", "/café")]
)
def test_the_path_is_right(site, sent, path):
    answer = client.fetch(site.url + "/app" + sent, headers={"X-Probe": "environ"})
    seen = json.loads(answer.body)["environ"]
    assert seen["SCRIPT_NAME"] == "/app"
    assert seen["PATH_INFO"].encode("latin-1").decode() == path


def test_forms_and_10_megabytes_go_both_ways(site):
    url = site.url + "/app"
    small = json.loads(client.fetch(url + "/digest", "POST", b"a=1&b=2").body)
    assert small["sha256"] == hashlib.sha256(b"a=1&b=2").hexdigest()
    large = json.loads(client.fetch(url + "/digest", "POST", BIG.content()).body)
    assert large["sha256"] == BIG.sha256()
    download = client.fetch(url + "/download?size=%d" % BIG.size).body
    assert hashlib.sha256(download).hexdigest() == BIG.sha256()


def test_head_redirect_and_not_found(site):
    url = site.url + "/app"
    head = client.fetch(url + "/download?size=1000", "HEAD")
    assert (head.status, head.body) == (200, b"")
    moved = client.fetch(url + "/status?code=302+Found&to=http://other.example/x")
    assert (moved.status, moved.location) == (302, "http://other.example/x")
    assert client.fetch(url + "/status?code=404+Not+Found").status == 404


def test_an_application_that_fails_is_a_500_with_its_traceback_where_it_runs(site):
    assert client.fetch(site.url + "/app/error").status == 500
    logs = site.spawned.run_folder.glob("*/penstock.log")
    where = [log.read_text() for log in logs] if site.workers else [site.log()]
    assert "LookupError: raised by the probe" in "".join(where)


def test_reload_always_loads_anew_although_an_instance_runs(site):
    settings = site.spawned.folder / "penstock.ini"
    before = settings.read_text()
    settings.write_text(before + "reload = always\n")
    try:
        assert facts(site.url + "/app")["pid"] not in site.workers
    finally:
        settings.write_text(before)
