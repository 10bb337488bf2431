"""What mod_fcgid gives a process is little, and a shared host's limits are tight: both are enough.
"""

import os
import subprocess

import pytest

from penstock.demo import apache

from harness import project, scripts
from harness.fcgid import HOST_DIRECTIVES, FcgidSite
from harness.probe import Probe, facts
from harness.waiting import eventually


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


@pytest.fixture
def our_site(apache_with, quickstart, folder, probe):
    """Our own form of the script, with the project's folder on its path: it is not installed."""
    probe.configure(workers=3)
    script = scripts.ours(quickstart.command("python"), probe.ini)
    addition = "import sys\nsys.path.insert(0, '%s')\nfrom penstock" % probe.directory
    script = script.replace("from penstock", addition)
    with FcgidSite(apache_with("fcgid"), folder, script) as site:
        yield site


def test_loggers_are_configured_before_the_application_in_our_form(our_site):
    assert facts(our_site.url)["configuration"]["root_handlers"] == ["StreamHandler"]


def test_settings_come_from_the_penstock_section_in_our_form(our_site):
    assert our_site.fetch("/").body == b"hello"
    eventually(lambda: our_site.family().counts == (1, 1, 3))


# `ulimit -v 1500000 -u 100`. The limit on processes counts all that a user runs, so a user
# namespace lets it begin anew: the tests' other servers do not count.
LIMITS = """\
#!/bin/sh
exec unshare --user --map-current-user prlimit --as=1536000000 --nproc=100 -- "$@"
"""


def test_a_shared_hosts_limits_are_enough_with_two_workers(
    apache_with, quickstart, folder, running
):
    ini = project.copy_of(quickstart, folder / "project")
    wrapper = folder / "limits"
    wrapper.write_text(LIMITS)
    wrapper.chmod(0o755)
    if subprocess.run([wrapper, "true"], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("counting a user's processes anew needs `unshare --user`, not allowed here")
    dispatch = folder / "htdocs" / "app" / "dispatch.fcgi"
    directives = HOST_DIRECTIVES + 'FcgidWrapper "%s %s" .fcgi\n' % (wrapper, dispatch)
    script = scripts.recipe(quickstart.command("python"), ini.parent)
    site = running(FcgidSite(apache_with("fcgid"), folder, script, directives=directives))

    assert site.fetch("/demo").status == 200

    eventually(lambda: site.family().counts == (1, 1, 2))
    with open("/proc/%d/limits" % site.family().servers[0].pid) as file:
        limits = {" ".join(line.split()[:2]): line.split() for line in file}
    assert limits["Max address"][3] == "1536000000"
    assert limits["Max processes"][2] == "100"
