"""An application that does not load: said at once, everywhere, and mended without touching Apache.
"""

import time

import pytest

from harness import scripts
from harness.fcgid import FcgidSite
from harness.probe import Probe
from harness.waiting import eventually

AT_ONCE_S = 10


def broken_site(apache_with, quickstart, folder, **settings):
    probe = Probe(folder / "project", **settings)
    probe.break_it()
    script = scripts.recipe(quickstart.command("python"), probe.directory)
    return probe, FcgidSite(apache_with("fcgid"), folder, script)


@pytest.fixture
def broken(apache_with, quickstart, folder):
    probe, site = broken_site(apache_with, quickstart, folder)
    with site:
        yield probe, site


def test_the_browser_gets_a_500_at_once_that_says_so_and_where_the_log_is(broken):
    _, site = broken
    started = time.monotonic()

    answer = site.fetch("/")

    assert time.monotonic() - started < AT_ONCE_S
    assert answer.status == 500
    assert "did not start" in answer.text
    assert "penstock.log" in answer.text


def test_the_traceback_is_in_the_log_and_in_status_but_not_in_the_browser(broken, quickstart):
    _, site = broken

    answer = site.fetch("/")

    assert "broken on purpose" not in answer.text
    for place in (site.log(), site.penstock(quickstart, "status").stdout):
        assert "RuntimeError: broken on purpose" in place
        assert 'probe.py", line 1' in site.log()


def test_with_debug_the_browser_gets_the_traceback_too(apache_with, quickstart, folder, running):
    probe, site = broken_site(apache_with, quickstart, folder, debug="true")
    # The recipe's script does not say where its INI file is; ours does, so that the server can read
    # its settings.
    script = scripts.ours(quickstart.command("python"), probe.ini)
    site.write_script(
        script.replace(
            "from penstock", "import sys\nsys.path.insert(0, '%s')\nfrom penstock" % probe.directory
        )
    )
    site = running(site)

    answer = site.fetch("/")

    assert answer.status == 500
    assert "RuntimeError: broken on purpose" in answer.text


@pytest.mark.parametrize("way", ["command", "touched script"])
def test_mended_it_loads_at_the_next_reload(broken, quickstart, way):
    probe, site = broken
    assert site.fetch("/").status == 500
    probe.mend()

    if way == "command":
        result = site.penstock(quickstart, "reload", str(site.script))
        assert result.returncode == 0, result.stdout
        assert site.fetch("/").body == b"mended"
    else:
        site.script.touch()
        eventually(lambda: site.fetch("/").body == b"mended")


def test_a_missing_ini_file_is_named(apache_with, quickstart, folder, running):
    probe = Probe(folder / "project")
    script = scripts.recipe(quickstart.command("python"), probe.directory, inifile="nowhere.ini")
    site = running(FcgidSite(apache_with("fcgid"), folder, script))

    assert site.fetch("/").status == 500
    assert "nowhere.ini" in site.log()
