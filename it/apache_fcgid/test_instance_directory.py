"""Where an instance lives when the directory that it was told cannot be used, or is a trap."""

import shutil
import zlib
from pathlib import Path

import pytest

from penstock.demo import apache

from harness import places
from harness.fcgid import HOST_DIRECTIVES


@pytest.fixture
def instance_elsewhere():
    """A function: where a site's instance is, other than where it was told; removed at the end."""
    found = []

    def find(site):
        found.append(_instance_directory(site))
        return found[0]

    yield find
    for place in found:
        shutil.rmtree(place)


def test_a_run_directory_that_cannot_be_written_is_replaced_and_the_log_says_where(
    recipe_site, instance_elsewhere, running
):
    directives = HOST_DIRECTIVES.replace("{run}", "/proc/nowhere")
    site = running(recipe_site(directives=directives))

    assert site.fetch("/").body == b"hello"

    place = instance_elsewhere(site)
    assert str(place) in site.apache.log()
    assert place.stat().st_uid == site.family().servers[0].uid
    assert place.stat().st_mode & 0o777 == 0o711


def test_an_instance_directory_that_others_may_write_is_not_used(
    recipe_site, folder, instance_elsewhere, running
):
    site = recipe_site()
    site.run_folder.chmod(0o777)
    trap = site.run_folder / _instance_name(site)
    trap.mkdir()
    trap.chmod(0o777)
    apache.give_to_apache(trap)
    site = running(site)

    assert site.fetch("/").body == b"hello"

    assert instance_elsewhere(site) != trap
    assert not (trap / "control").exists()


def test_a_symbolic_link_in_the_instance_directorys_place_is_not_followed(
    recipe_site, folder, instance_elsewhere, running
):
    site = recipe_site()
    target = places.writable(folder / "elsewhere")
    (site.run_folder / _instance_name(site)).symlink_to(target)
    site = running(site)

    assert site.fetch("/").body == b"hello"

    assert instance_elsewhere(site).parent != site.run_folder
    assert list(target.iterdir()) == []


def _instance_name(site):
    return "app-%08x" % zlib.crc32(str(site.script.resolve()).encode())


def _instance_directory(site):
    """Where the server's control socket is: the server has it as its descriptor 0."""
    server = site.family().servers[0]
    candidates = [Path(word) for word in server.arguments if word.endswith(_instance_name(site))]
    assert candidates, server.arguments
    return candidates[0]
