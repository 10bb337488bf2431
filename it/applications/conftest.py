"""Real applications, each in a virtualenv of its own, behind mod_fcgid and behind mod_proxy_fcgi.

A file of tests for each application; what it serves is in `sources/`, what it installs is pinned in
`requirements/`.
"""

import contextlib
import os
import shutil
from pathlib import Path

import pytest
from penstock.demo import apache
from penstock.demo.project import ProjectError, run

from harness import fronts
from harness.virtualenvs import Virtualenv

HERE = Path(__file__).resolve().parent


class Project:
    """What `sources/NAME` has, in a folder of its own, to be served one `way`."""

    def __init__(self, way, apache_with, environment, folder, source):
        self.way = way
        self.apache_with = apache_with
        self.environment = environment
        self.folder = folder
        self.directory = folder / "project"
        shutil.copytree(source, self.directory)

    def run(self, program, *arguments):
        """A program of the virtualenv, in the project's folder."""
        command = [self.environment.command(program), *map(str, arguments)]
        return run(command, cwd=str(self.directory))

    def served(self, target=None, ini=None, directives="", **settings):
        """The site: what `target` (`module:name`) or the file `ini` says, with two workers."""
        for place, folders, files in os.walk(self.directory):
            apache.give_to_apache(place, *[os.path.join(place, name) for name in files])
        return fronts.serve(
            self.way,
            self.apache_with,
            self.environment,
            self.folder,
            fronts.Target(self.directory, target, ini and self.directory / ini),
            directives=directives,
            **settings,
        )


@pytest.fixture(scope="session")
def virtualenv():
    """A function: the virtualenv of an application, or a skip where it cannot be made."""
    with contextlib.ExitStack() as stack:

        def find(name):
            requirements = HERE / "requirements" / (name + ".txt")
            try:
                return stack.enter_context(Virtualenv(name, requirements).in_use())
            except ProjectError as reason:
                pytest.skip("no virtualenv for %s: %s" % (name, str(reason)[-400:]))

        yield find


@pytest.fixture(scope="module", params=fronts.BEHIND_APACHE)
def project(request, apache_with, virtualenv, shared_folder):
    """A function: the Project of that name."""

    def make(name):
        folder = shared_folder / request.param
        folder.mkdir()
        return Project(
            request.param, apache_with, virtualenv(name), folder, HERE / "sources" / name
        )

    return make
