"""Mercurial's hgweb, by the real `hg`: clone, push, pull, and the pages."""

import io
import os
import re
import zipfile

import pytest
from penstock.demo.project import CommandFailed, run

from harness import client

#: Does not compress, so a push is as large.
BINARY = os.urandom(3_000_000)


class Clone:
    """A clone of `url` in `folder`, with a user's commands."""

    def __init__(self, hg, url, folder):
        self.hg_program = hg
        self.folder = folder
        self.said = self._run("clone", url, str(folder))

    def commit(self, name, content):
        (self.folder / name).write_bytes(content)
        self.hg("commit", "--addremove", "--message", "adds %s" % name, "--user", "a tester")

    def hg(self, *arguments):
        return self._run("--cwd", str(self.folder), *arguments)

    def _run(self, *arguments):
        return run(["env", "HGRCPATH=", "HGPLAIN=1", self.hg_program, *arguments])


@pytest.fixture(scope="module")
def hgweb(project):
    hgweb = project("hgweb")
    hgweb.run("hg", "init", "shared")
    # Relative paths would be relative to the folder that the process runs in.
    paths = "[paths]\n/shared = %s\n" % (hgweb.directory / "shared")
    with open(hgweb.directory / "hgweb.conf", "a") as file:
        file.write(paths)
    with hgweb.served("serve:application") as site:
        site.hg = hgweb.environment.command("hg")
        yield site


@pytest.fixture
def clone(hgweb, folder):
    """A function: a clone by that name."""
    return lambda name: Clone(hgweb.hg, hgweb.url + "/shared", folder / name)


def test_what_one_user_pushes_another_one_clones_and_pulls(clone):
    first = clone("first")
    first.commit("binary", BINARY)
    first.commit("Größe 日本.txt", "Größe\n".encode())
    assert "added 2 changesets" in first.hg("push")

    second = clone("second")
    assert (second.folder / "binary").read_bytes() == BINARY
    second.commit("of the second", b"x")
    second.hg("push")

    first.hg("pull", "--update")
    assert (first.folder / "of the second").read_bytes() == b"x"
    assert first.hg("id", "--id") == second.hg("id", "--id")


def test_a_push_that_would_make_a_second_head_is_refused(clone):
    first, second = clone("first"), clone("second")
    first.commit("one", b"of the first")
    second.commit("one", b"of the second")
    first.hg("push")

    with pytest.raises(CommandFailed, match="push (creates new remote head|includes)|unsynced"):
        second.hg("push")


def test_several_changesets_and_a_bookmark_in_one_push(clone):
    many = clone("many")
    before = len(many.hg("log", "--template", "x"))
    for number in range(5):
        many.commit("small-%d" % number, b"%d" % number)
    many.hg("bookmark", "a-bookmark")
    many.hg("push", "--bookmark", "a-bookmark")

    again = clone("again")
    assert len(again.hg("log", "--template", "x")) == before + 5
    assert "a-bookmark" in again.hg("bookmarks")


def test_the_pages_and_their_links(hgweb, clone):
    some = clone("some")
    some.commit("page.txt", b"to be read in a browser\n")
    some.hg("push")
    browser = hgweb.browser()

    page = browser.get("shared")
    assert "adds page.txt" in page.text
    links = [url for url in browser.urls if url.startswith("/")]
    assert len(links) > 10
    outside = {link for link in links if not (link + "/").startswith(hgweb.mount + "/")}
    assert outside == {"/"}, "hgweb's own breadcrumb begins at the server's root"
    (changeset,) = set(re.findall(hgweb.mount + r"/shared/rev/([0-9a-f]+)", page.text)[:1])
    assert "to be read in a browser" in browser.get("shared/rev/" + changeset).text
    assert client.fetch(hgweb.url + "/shared/raw-file/tip/page.txt").body == (
        b"to be read in a browser\n"
    )
    assert hgweb.fetch("/static/mercurial.js").headers["Content-Type"].endswith("javascript")


def test_an_archive_is_made_while_it_is_sent(hgweb, clone):
    some = clone("some")
    some.commit("archived.txt", b"in the archive")
    some.hg("push")

    archive = zipfile.ZipFile(io.BytesIO(hgweb.fetch("/shared/archive/tip.zip").body))

    (name,) = [name for name in archive.namelist() if name.endswith("archived.txt")]
    assert archive.read(name) == b"in the archive"
