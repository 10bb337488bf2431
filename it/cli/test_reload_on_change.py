"""`penstock serve --reload`: a changed file reloads the application, for development."""

import pytest
from penstock.demo.apache import free_port

from harness import client
from harness.probe import Probe
from harness.served import Served
from harness.waiting import eventually


@pytest.fixture
def probe(folder):
    directory = folder / "project"
    return Probe(directory, python_path=directory)


@pytest.fixture
def serve(quickstart, folder, running, probe):
    def start(*arguments):
        return running(Served(quickstart, folder, probe.ini, *arguments, http=free_port()))

    return start


def says(served, greeting):
    return lambda: client.fetch(served.url).body == greeting


def test_a_changed_module_is_served_without_being_told(serve, probe):
    served = serve("--reload")
    assert client.fetch(served.url).body == b"hello"

    probe.say("changed without a word")

    eventually(says(served, b"changed without a word"))


def test_without_the_option_a_changed_module_changes_nothing(serve, probe):
    served = serve()

    probe.say("changed without a word")

    (probe.directory / "tmp").mkdir()
    (probe.directory / "tmp/restart.txt").touch()  # after this one it would have been noticed, too
    eventually(says(served, b"changed without a word"))
    assert served.output().count("generation 2 serves") == 1
    assert "generation 3" not in served.output()


def test_a_broken_change_leaves_the_old_code_serving_until_it_is_mended(serve, probe):
    served = serve("--reload")

    probe.break_it()
    eventually(lambda: "broken on purpose" in served.output())
    assert client.fetch(served.url).body == b"hello"
    probe.mend()

    eventually(says(served, b"mended"))


def test_an_application_that_never_loaded_is_loaded_when_it_is_mended(serve, probe):
    probe.break_it()
    served = serve("--reload")
    assert client.fetch(served.url).status == 500

    probe.mend()

    eventually(says(served, b"mended"))


def test_a_changed_template_reloads_and_another_file_does_not(serve, probe):
    templates = probe.directory / "templates"
    templates.mkdir()
    served = serve("--reload")
    eventually(lambda: "generation 1 serves" in served.output())

    (templates / "notes.bak").write_text("not a template")
    (templates / "page.xhtml").write_text("<html/>")

    eventually(lambda: "generation 2 serves" in served.output())
    assert "generation 3" not in served.output()
