"""`penstock serve`: its targets, its settings, and what it says in a terminal."""

import json
import subprocess
import sys

import pytest

from penstock.demo.apache import free_port

from harness import client, fastcgi
from harness.probe import Probe, facts
from harness.processes import descendants, gone
from harness.served import Served
from harness.waiting import eventually


@pytest.fixture
def probe(folder):
    """The INI file's applications are found through python_path, as a project that is not installed
    would be.
    """
    directory = folder / "project"
    return Probe(directory, python_path=directory)


@pytest.fixture
def serve(quickstart, folder, running):
    def start(*arguments, **keywords):
        return running(Served(quickstart, folder, *arguments, http=free_port(), **keywords))

    return start


def test_it_serves_an_ini_file(serve, probe):
    served = serve(probe.ini)

    configuration = facts(served.url)["configuration"]
    assert configuration["global_conf"]["here"] == str(probe.directory)
    assert configuration["root_handlers"] == ["StreamHandler"]


def test_it_serves_an_application_of_an_ini_file_by_name(serve, probe):
    served = serve("config:%s#other" % probe.ini)

    assert facts(served.url)["configuration"]["local_conf"] == {"which": "other"}


def test_a_relative_ini_file_is_looked_for_in_the_working_directory(serve, probe):
    assert client.fetch(serve("development.ini", directory=probe.directory).url).body == b"hello"


def test_it_serves_a_callable_of_the_working_directory(serve, probe):
    served = serve("probe:application", directory=probe.directory)

    assert facts(served.url)["directory"] == str(probe.directory)


def test_name_value_arguments_go_to_pastes_global_configuration(serve, probe):
    served = serve(probe.ini, "colour=green", "size=large one")

    configuration = facts(served.url)["configuration"]["global_conf"]
    assert (configuration["colour"], configuration["size"]) == ("green", "large one")


def test_the_interpreter_is_the_one_that_is_asked_for(serve, probe):
    served = serve("probe:application", "--python", sys.executable, directory=probe.directory)

    assert facts(served.url)["executable"] == sys.executable


def test_the_interpreter_is_that_of_the_virtualenv_beside_the_project(serve, probe):
    virtualenv = probe.directory / ".venv"
    subprocess.check_call([sys.executable, "-m", "venv", "--without-pip", str(virtualenv)])

    served = serve("probe:application", directory=probe.directory)

    assert facts(served.url)["executable"] == str(virtualenv / "bin" / "python")


def test_it_says_where_it_listens_which_python_which_application_and_how_many_workers(
    serve, probe, quickstart
):
    served = serve(probe.ini, "--workers", "3")

    output = eventually(lambda: served.output() if "workers" in served.output() else None)
    assert "http://127.0.0.1:%d" % served.http in output
    assert quickstart.command("python") in output
    assert str(probe.ini) in output
    assert "workers: 3" in output


def test_status_shows_its_listeners_and_its_application(serve, probe, quickstart, folder):
    socket = folder / "fcgi.sock"
    served = serve(probe.ini, fcgi=[socket])
    client.fetch(served.url)

    result = penstock(quickstart, "status", probe.ini, env=served.environment)
    status = json.loads(
        penstock(quickstart, "status", "--json", probe.ini, env=served.environment).stdout
    )

    for address in ("127.0.0.1:%d" % served.http, str(socket)):
        assert address in result.stdout
        assert address in json.dumps(status["listeners"])
    assert status["server"]["pid"] == served.process.pid
    assert status["server"]["requests"] == 1


def test_workers_and_threads_are_what_is_asked_for(serve, probe):
    served = serve(
        "probe:application", "--workers", "3", "--threads", "2", directory=probe.directory
    )

    seen = facts(served.url)
    eventually(lambda: len(served.workers()) == 3)
    assert seen["flags"]["wsgi.multiprocess"] is True
    assert seen["flags"]["wsgi.multithread"] is True


def test_settings_come_from_the_penstock_section(serve, probe):
    probe.configure(workers=3, python_path=probe.directory)

    served = serve(probe.ini)

    assert client.fetch(served.url).body == b"hello"
    eventually(lambda: len(served.workers()) == 3)


def test_options_are_stronger_than_the_section_and_the_section_than_penstock_ini(serve, probe):
    (probe.directory / "penstock.ini").write_text("[penstock]\nworkers = 5\nthreads = 3\n")

    served = serve(probe.ini, "--workers", "1")

    seen = facts(served.url)
    eventually(lambda: len(served.workers()) == 1)
    assert seen["flags"]["wsgi.multithread"] is True


@pytest.mark.parametrize("where", ["section", "penstock.ini", "option"])
def test_an_unknown_setting_is_an_error_with_the_nearest_right_name(
    quickstart, probe, folder, where
):
    options = ["--set", "wokers=3"] if where == "option" else []
    if where == "section":
        probe.configure(wokers=3)
    if where == "penstock.ini":
        (probe.directory / "penstock.ini").write_text("[penstock]\nwokers = 3\n")

    result = penstock(
        quickstart, "serve", probe.ini, *options, "--http", "127.0.0.1:%d" % free_port()
    )

    assert result.returncode in (1, 2)
    assert "wokers" in result.stdout and "workers" in result.stdout
    if where != "option":
        name = "development.ini" if where == "section" else "penstock.ini"
        assert "%s/%s:" % (probe.directory, name) in result.stdout


@pytest.mark.parametrize("target", ["nowhere.ini", "what"])
def test_a_target_that_is_not_there_is_an_error_that_names_it(quickstart, folder, target):
    result = penstock(
        quickstart, "serve", target, "--http", "127.0.0.1:%d" % free_port(), cwd=folder, timeout=20
    )

    assert result.returncode != 0
    assert target.partition(":")[0] in result.stdout


def test_an_address_that_is_taken_is_an_error_that_names_it(quickstart, serve, probe):
    served = serve("probe:application", directory=probe.directory)

    taken = "127.0.0.1:%d" % served.http
    result = penstock(
        quickstart, "serve", "probe:application", "--http", taken, cwd=probe.directory
    )

    assert result.returncode == 1
    assert taken in result.stdout


def test_ctrl_c_stops_it_cleanly(serve, probe):
    served = serve(probe.ini)
    below = descendants(served.process.pid)
    assert len(below) >= 3

    status = served.interrupt()

    assert status in (0, 130)
    assert all(gone(process.pid) for process in below)
    assert "Traceback" not in served.output() and "Exception" not in served.output()


def test_an_application_that_does_not_load_shows_its_traceback_in_the_terminal(serve, probe):
    probe.break_it()

    served = serve(probe.ini)

    assert client.fetch(served.url).status == 500
    assert "RuntimeError: broken on purpose" in served.output()


@pytest.mark.parametrize("value", [None, "", "0"], ids=["unset", "empty", "zero"])
def test_fastcgi_without_a_content_length_is_a_request_without_a_body(
    quickstart, probe, folder, running, value
):
    socket = folder / "fcgi.sock"
    running(
        Served(quickstart, folder, "probe:application", fcgi=[socket], directory=probe.directory)
    )

    output = fastcgi.request(socket, fastcgi.environ("/digest", CONTENT_LENGTH=value))

    assert b'"length": 0' in output, output


@pytest.mark.parametrize("value", [None, "", "5"], ids=["unset", "empty", "right"])
def test_a_fastcgi_body_is_read_to_its_end_whatever_content_length_says(
    quickstart, probe, folder, running, value
):
    socket = folder / "fcgi.sock"
    running(
        Served(quickstart, folder, "probe:application", fcgi=[socket], directory=probe.directory)
    )

    output = fastcgi.request(
        socket, fastcgi.environ("/digest", "POST", CONTENT_LENGTH=value), b"12345"
    )

    assert json.loads(output.partition(b"\r\n\r\n")[2])["length"] == 5


def penstock(project, *arguments, cwd=None, env=None, timeout=30):
    return subprocess.run(
        [project.command("penstock"), *map(str, arguments)],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=timeout,
    )


def test_a_request_that_is_on_its_way_in_when_the_server_stops_is_answered(serve, probe, folder):
    """Its connection was accepted, so no other server will answer it; one that is idle is closed."""
    address = folder / "fcgi.sock"
    served = serve(probe.ini, fcgi=[address])
    with fastcgi.Connection(address) as idle, fastcgi.Connection(address) as busy:
        busy.begin(1, fastcgi.environ("/"))
        idle.get(1)
        assert idle.answer(1).body == b"hello"

        served.process.terminate()
        assert idle.receive() is None
        busy.send(fastcgi.STDIN, b"", 1)

        assert busy.answer(1).body == b"hello"
    assert served.process.wait(20) == 143
