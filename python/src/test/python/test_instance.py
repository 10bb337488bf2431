"""Where the instance directory is, and which directories are refused."""

import os
import pwd
import socket
import stat
from collections import namedtuple
from zlib import crc32

import pytest

from penstock import instance
from penstock.instance import InstanceError, instance_id, open_instance


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "My Site!"
    folder.mkdir()
    script = folder / "dispatch.fcgi"
    script.write_text("")
    return str(script)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The home of the user that the test runs as; PENSTOCK_RUN_DIR is not set."""
    monkeypatch.delenv("PENSTOCK_RUN_DIR", raising=False)
    folder = tmp_path / "home"
    folder.mkdir()
    entry = namedtuple("Entry", "pw_dir")(str(folder))
    monkeypatch.setattr(pwd, "getpwuid", lambda user: entry)
    monkeypatch.setenv("HOME", "/nowhere")
    return folder


def test_the_id_is_the_folder_s_name_and_a_checksum_of_the_real_path(target, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(os.path.dirname(target))
    checksum = "%08x" % crc32(target.encode())
    assert instance_id(target) == "My_Site_-" + checksum
    assert instance_id(str(link / "dispatch.fcgi")) == "My_Site_-" + checksum


def test_the_owner_s_home_comes_first(target, home):
    found = open_instance(target)
    assert found.path == str(home / ".penstock" / instance_id(target))
    for level in (found.path, home / ".penstock"):
        assert stat.S_IMODE(os.stat(level).st_mode) == 0o711
    with open(os.path.join(found.path, "target")) as file:
        assert file.read() == target + "\n"
    assert open_instance(target).path == found.path


def test_the_umask_makes_no_difference(target, home):
    before = os.umask(0o077)
    try:
        found = open_instance(target)
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat(found.path).st_mode) == 0o711


def test_the_run_directory_comes_before_the_home(target, home, run_directory):
    assert open_instance(target).path == str(run_directory / instance_id(target))


@pytest.fixture
def fallback(tmp_path, monkeypatch):
    """The candidates with the last two levels in the test's folder."""
    folder = tmp_path / "shm"
    real = instance.candidates

    def candidates(target):
        *first, _, _ = real(target)
        yield from first
        yield [str(folder), str(folder / instance_id(target))]

    monkeypatch.setattr(instance, "candidates", candidates)
    return folder


def spoil_with_link(path, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    path.symlink_to(elsewhere)


def spoil_with_mode(path, tmp_path):
    path.mkdir()
    path.chmod(0o777)


def spoil_with_group(path, tmp_path):
    path.mkdir()
    path.chmod(0o770)


def spoil_with_file(path, tmp_path):
    path.write_text("")


def spoil_with_owner(path, tmp_path):
    if os.geteuid():
        pytest.skip("only root can give a directory to another user")
    path.mkdir(mode=0o755)
    os.chown(path, 12345, 12345)


SPOILERS = [spoil_with_link, spoil_with_mode, spoil_with_group, spoil_with_file, spoil_with_owner]


@pytest.mark.parametrize("spoil", SPOILERS)
@pytest.mark.parametrize("level", [0, 1])
def test_a_directory_that_others_could_change_is_passed_over(
    target, home, fallback, tmp_path, spoil, level
):
    path = home / ".penstock"
    if level:
        path.mkdir(mode=0o711)
        path = path / instance_id(target)
    spoil(path, tmp_path)
    assert open_instance(target).path == str(fallback / instance_id(target))


def test_the_home_of_another_user_is_not_used(target, home, fallback, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    assert [levels[0] for levels in instance.candidates(target)] == [str(fallback)]


def test_a_home_that_does_not_exist_is_passed_over(target, home, fallback):
    home.rmdir()
    assert open_instance(target).path == str(fallback / instance_id(target))


def test_the_error_says_what_was_tried(target, home, fallback, tmp_path):
    spoil_with_mode(home / ".penstock", tmp_path)
    spoil_with_file(fallback, tmp_path)
    with pytest.raises(InstanceError) as error:
        open_instance(target)
    text = str(error.value)
    assert "others may write to %s" % (home / ".penstock") in text
    assert "expected a directory" in text and "PENSTOCK_RUN_DIR" in text


def test_the_last_candidates_are_in_memory_and_tmp(target, home):
    user = os.geteuid()
    bases = [levels[0] for levels in instance.candidates(target)]
    assert bases[-2:] == ["/dev/shm/penstock-%d" % user, "/tmp/penstock-%d" % user]


@pytest.mark.parametrize("length", [20, 200])
def test_the_control_socket_works_at_any_length_of_path(target, tmp_path, monkeypatch, length):
    folder = tmp_path / ("x" * length)
    folder.mkdir()
    monkeypatch.setenv("PENSTOCK_RUN_DIR", str(folder))
    found = open_instance(target)
    assert found.connect() is None
    for _ in range(2):  # the second takes the place of the first
        listener = found.listen()
        connection = found.connect()
        listener._accept() if not hasattr(listener, "accept") else listener.accept()
        connection.close()
        listener.close()
    assert found.connect() is None
    path = os.path.join(found.path, "control")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o666
    assert stat.S_ISSOCK(os.stat(path).st_mode)
    assert isinstance(connection, socket.SocketType)
