"""`apps/letter.py` behind each of the three ways: one server each for all tests of a file."""

import shutil

import pytest

from harness import fronts, places

SOURCE = places.REPOSITORY / "it" / "apps" / "letter.py"


@pytest.fixture(scope="module", params=fronts.WAYS)
def site(request, apache_with, quickstart, shared_folder):
    folder = shared_folder / request.param
    project = places.writable(folder / "project")
    shutil.copy(SOURCE, project)
    target = fronts.Target(project, "letter:application")
    with fronts.serve(request.param, apache_with, quickstart, folder, target) as site:
        site.way = request.param
        yield site
