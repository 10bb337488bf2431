"""What mod_fcgid gives a process is little, and a shared host's limits are tight: both are enough.
"""

import os
import pwd
import subprocess

import pytest

from penstock.demo import apache

from harness import places, scripts
from harness.fcgid import HOST_DIRECTIVES, FcgidSite
from harness.probe import Probe, facts
from harness.processes import alive
from harness.waiting import eventually

# No PENSTOCK_RUN_DIR: the instance's directory is found as on a host where nobody set anything.
PLAIN_DIRECTIVES = HOST_DIRECTIVES.replace("FcgidInitialEnv PENSTOCK_RUN_DIR {run}\n", "")


@pytest.fixture(scope="module")
def site(apache_with, quickstart, shared_folder):
    probe = Probe(shared_folder / "project")
    script = scripts.recipe(quickstart.command("python"), probe.directory)
    with FcgidSite(apache_with("fcgid"), shared_folder, script) as site:
        yield site


@pytest.fixture(scope="module")
def seen(site):
    return facts(site.url)


def test_no_home_and_no_language_are_needed(seen):
    assert not {"HOME", "LANG", "LC_ALL", "USER"} & set(seen["process_environment"])


def test_python_runs_in_utf8_mode(seen):
    assert seen["utf8"] == 1


def test_the_working_directory_is_the_scripts(site, seen):
    assert seen["directory"] == str(site.home)


def test_the_process_is_the_user_that_apache_runs_as(seen):
    user = apache.unprivileged_user()
    assert seen["uid"] == (user.pw_uid if user else os.geteuid())


def test_the_interpreter_is_the_one_that_the_script_names(seen, quickstart):
    assert seen["executable"] == quickstart.command("python")
    assert seen["argv"] == [seen["argv"][0]] and seen["argv"][0].endswith("/dispatch.fcgi")


def test_sys_path_is_that_of_a_script_and_what_the_script_adds(site, seen, quickstart, folder):
    script = folder / "script.py"
    script.write_text("import sys; print('\\n'.join(sys.path))")
    output = subprocess.check_output([quickstart.command("python"), str(script)], encoding="utf-8")
    plain = [str(site.home) if line == str(folder) else line for line in output.splitlines()]

    assert seen["sys_path"] == [str(site.folder / "project")] + plain


def test_paste_deploys_here_and_file_are_the_ini_files(site, seen):
    configuration = seen["configuration"]

    assert configuration["global_conf"]["here"] == str(site.folder / "project")
    assert configuration["global_conf"]["__file__"] == str(
        site.folder / "project" / "development.ini"
    )
    assert configuration["local_conf"]["own_file"] == str(
        site.folder / "project" / "development.ini"
    )


def test_what_the_application_prints_is_in_the_log(site):
    site.fetch("/print?text=Gr%C3%B6%C3%9Fe")

    for kind in ("stdout", "stderr", "errors"):
        eventually(lambda: kind + ": Größe" in site.log(), what=kind)


def test_loggers_are_configured_before_the_application_in_our_form(
    apache_with, quickstart, folder, running
):
    probe = Probe(folder / "project")
    script = scripts.ours(quickstart.command("python"), probe.ini)
    script = script.replace(
        "from penstock", "import sys\nsys.path.insert(0, '%s')\nfrom penstock" % probe.directory
    )
    site = running(FcgidSite(apache_with("fcgid"), folder, script))

    assert facts(site.url)["configuration"]["root_handlers"] == ["StreamHandler"]


def test_a_run_directory_that_cannot_be_written_is_replaced_and_the_log_says_where(
    apache_with, quickstart, folder, running
):
    probe = Probe(folder / "project")
    directives = PLAIN_DIRECTIVES + "FcgidInitialEnv PENSTOCK_RUN_DIR /proc/nowhere\n"
    script = scripts.recipe(quickstart.command("python"), probe.directory)
    site = running(FcgidSite(apache_with("fcgid"), folder, script, directives=directives))

    assert site.fetch("/").body == b"hello"

    place = _instance_directory(site)
    assert str(place) in site.apache.log()
    assert place.stat().st_uid == site.family().servers[0].uid
    assert place.stat().st_mode & 0o777 == 0o711


def test_an_instance_directory_that_others_may_write_is_not_used(
    apache_with, quickstart, folder, running
):
    probe = Probe(folder / "project")
    script = scripts.recipe(quickstart.command("python"), probe.directory)
    site = FcgidSite(apache_with("fcgid"), folder, script)
    site.run_folder.chmod(0o777)
    trap = site.run_folder / _instance_name(site)
    trap.mkdir()
    trap.chmod(0o777)
    apache.give_to_apache(trap)
    site = running(site)

    assert site.fetch("/").body == b"hello"

    assert _instance_directory(site) != trap
    assert not (trap / "control").exists()


def test_a_symbolic_link_in_the_instance_directorys_place_is_not_followed(
    apache_with, quickstart, folder, running
):
    probe = Probe(folder / "project")
    script = scripts.recipe(quickstart.command("python"), probe.directory)
    site = FcgidSite(apache_with("fcgid"), folder, script)
    target = places.writable(folder / "elsewhere")
    (site.run_folder / _instance_name(site)).symlink_to(target)
    site = running(site)

    assert site.fetch("/").body == b"hello"

    assert list(target.iterdir()) == []


def test_a_shared_hosts_limits_are_enough_with_two_workers(
    apache_with, quickstart, folder, running
):
    from harness import project

    ini = project.copy_of(quickstart, folder / "project")
    script = scripts.recipe(quickstart.command("python"), ini.parent)
    # The limit on processes counts all that the user runs, so what runs already is added.
    user = apache.unprivileged_user() or pwd.getpwuid(os.geteuid())
    wrapper = folder / "limits"
    wrapper.write_text(
        '#!/bin/bash\nulimit -v 1500000 && ulimit -u %d || exit 9\nexec "$@"\n'
        % (100 + _threads_of(user.pw_uid))
    )
    wrapper.chmod(0o755)
    dispatch = folder / "htdocs" / "app" / "dispatch.fcgi"
    directives = HOST_DIRECTIVES + 'FcgidWrapper "%s %s" .fcgi\n' % (wrapper, dispatch)
    site = running(FcgidSite(apache_with("fcgid"), folder, script, directives=directives))

    assert site.fetch("/demo").status == 200

    family = site.family()
    assert len(family.workers) == 2
    limits = open("/proc/%d/limits" % family.servers[0].pid).read()
    assert str(1500000 * 1024) in limits


def _threads_of(uid):
    return sum(
        len(os.listdir("/proc/%d/task" % process.pid)) for process in alive() if process.uid == uid
    )


def _instance_name(site):
    import zlib

    return "app-%08x" % zlib.crc32(str(site.script.resolve()).encode())


def _instance_directory(site):
    """Where the server's control socket is: the server has it as its descriptor 0."""
    server = site.family().servers[0]
    candidates = [
        places.Path(word) for word in server.arguments if word.endswith(_instance_name(site))
    ]
    assert candidates, server.arguments
    return candidates[0]
