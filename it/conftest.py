"""Fixtures that all tests share. A test that cannot run on this machine skips and says why."""

import contextlib
import signal

import pytest
from penstock.demo import apache

from harness import fronts, places, project, scripts
from harness.fcgid import FcgidSite
from harness.probe import Probe

# A shell that starts the tests in the background has them ignore Ctrl-C, and all that they start would too.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def apache_with():
    """A function: the machine's Apache with the modules named, or a skip."""

    def find(*modules):
        try:
            return apache.find(modules)
        except apache.ApacheError as reason:
            pytest.skip(str(reason))

    return find


@pytest.fixture(scope="session")
def quickstart():
    """The quickstart project in its virtualenv, with the wheel under test."""
    with project.shared_quickstart() as shared:
        yield shared


@pytest.fixture(scope="module")
def shared_folder():
    """A folder that Apache's processes can reach, for the servers that a file's tests share."""
    with places.folder() as place:
        yield place


@pytest.fixture
def folder():
    """A folder that Apache's processes can reach, for one test."""
    with places.folder() as place:
        yield place


@pytest.fixture(autouse=True)
def shown_logs():
    """What the servers that tests share have logged stands below a test that failed."""
    yield
    for site in fronts.OPEN:
        print("--- logs\n" + site.log()[-6000:])


@pytest.fixture
def meeting(folder):
    """A file by which a test and the application meet: either may make it, none is there yet."""
    return places.writable(folder / "meeting") / "file"


@pytest.fixture
def running():
    """A function that enters a context manager for the length of one test: `site =
    running(FcgidSite(…))`.
    """
    with contextlib.ExitStack() as stack:
        yield stack.enter_context


@pytest.fixture
def probe(folder):
    """The probe application in a project folder of its own, for one test to change and break."""
    return Probe(folder / "project")


@pytest.fixture
def recipe_site(apache_with, quickstart, folder, probe):
    """A function: the probe's FcgidSite by the recipe, with these options, not started."""

    def make(**options):
        script = scripts.recipe(quickstart.command("python"), probe.directory)
        return FcgidSite(apache_with("fcgid"), folder, script, **options)

    return make


@pytest.fixture
def site(recipe_site):
    """The probe under mod_fcgid by the recipe, warm."""
    with recipe_site() as site:
        assert site.fetch("/").body == b"hello"
        yield site
