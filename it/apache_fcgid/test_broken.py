"""An application that does not load: said at once, everywhere, and mended without touching Apache.
"""

import time

import pytest

from harness.waiting import eventually

AT_ONCE_S = 10


@pytest.fixture
def broken(recipe_site, probe):
    """The probe and its site, under which it does not load."""
    probe.break_it()
    with recipe_site() as site:
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


def test_with_debug_the_browser_gets_the_traceback_too(recipe_site, probe, running):
    probe.break_it()
    site = running(recipe_site(settings={"debug": "true"}))

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


def test_a_missing_ini_file_is_named(recipe_site, probe, running):
    probe.ini.unlink()
    site = running(recipe_site())

    assert site.fetch("/").status == 500
    assert str(probe.ini) in site.log()
