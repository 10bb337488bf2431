"""The fast start: when a trained cache is used, and what is left of a training that fails."""

import os
import sys

import pytest

from penstock import runtime, training

#: Stands for java: with an AOTCacheOutput it does its part of the conversation, and writes that file.
FAKE_SERVER = """\
import socket, sys, os
cache = [a for a in sys.argv if a.startswith("-XX:AOTCacheOutput=")][0].split("=", 1)[1]
control = socket.socket(fileno=0)
dispatch, _ = control.accept()
_, (rights,), _, _ = dispatch.recvmsg(500, 100)
web = socket.socket(fileno=int.from_bytes(rights[2][:4], sys.byteorder))
dispatch.sendall(b"ok\\n")
def answer(listener, end, text):
    connection, _ = listener.accept()
    asked = b""
    while not asked.endswith(end):
        asked += connection.recv(65536)
    connection.sendall(text)
    connection.close()
    return asked
END = bytes((1, 5, 0, 1, 0, 0, 0, 0))
answer(web, END, b"trained")
answer(web, END, b"trained")
for _ in range(3):
    answer(control, b"\\0\\0", b"exit 0\\n")
answer(web, END, b"trained")
assert answer(control, b"\\0\\0", b"exit 0\\n") == b"stop\\0\\0"
dispatch.close()
open(cache + ".config", "w").close()
with open(cache, "w") as made:
    made.write("a cache")
os.chmod(cache, 0o600)
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A package with a jar, and a Java that is a fake."""
    package = tmp_path / "penstock"
    (package / "lib").mkdir(parents=True)
    (package / "lib" / "penstock.jar").write_text("jar")
    (package / "jvm.options").write_text("")
    monkeypatch.setattr(runtime, "PACKAGE", str(package))
    monkeypatch.setattr(training.tempfile, "tempdir", str(tmp_path))
    jdk = tmp_path / "jdk"
    (jdk / "bin").mkdir(parents=True)
    (jdk / "release").write_text('JAVA_VERSION="25.0.3"\n')
    monkeypatch.setenv("PENSTOCK_JAVA", str(jdk))
    program(jdk, FAKE_SERVER)
    return tmp_path


def program(jdk, text):
    (jdk / "bin" / "java").write_text("#!%s\n%s" % (sys.executable, text))
    (jdk / "bin" / "java").chmod(0o755)


def java(home):
    return str(home / "jdk" / "bin" / "java")


def lib(home):
    return sorted(os.listdir(str(home / "penstock" / "lib")))


def test_a_training_leaves_a_cache_that_is_used(home, capsys):
    assert runtime.cache_options(java(home)) == []
    assert training.main([]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Preparing a fast start ... ") and out.endswith(" s\n")
    assert lib(home) == ["penstock.aot", "penstock.aot.java", "penstock.jar"]
    cache = home / "penstock" / "lib" / "penstock.aot"
    assert cache.stat().st_mode & 0o777 == 0o644
    command = runtime.java_command(java(home), ["status"])
    assert command[2] == "-XX:AOTCache=%s" % cache
    assert "-Xlog:disable" in command and command[-1] == "status"
    assert not [each for each in os.listdir(str(home)) if each.startswith("penstock-training")]


@pytest.mark.parametrize("path", ["penstock/lib/penstock.jar", "penstock/jvm.options", "jdk/release"])
def test_a_cache_of_something_else_is_not_used(home, path):
    training.train(java(home))
    assert runtime.cache_options(java(home))
    (home / path).write_text('JAVA_VERSION="25.0.4"\n')
    assert runtime.cache_options(java(home)) == []


def test_a_cache_of_another_java_is_not_used(home, tmp_path):
    training.train(java(home))
    other = tmp_path / "other"
    (other / "bin").mkdir(parents=True)
    program(other, "")
    assert runtime.cache_options(str(other / "bin" / "java")) == []


def test_a_cache_that_is_gone_is_not_used(home):
    training.train(java(home))
    (home / "penstock" / "lib" / "penstock.aot").unlink()
    assert runtime.cache_options(java(home)) == []


@pytest.mark.parametrize(
    "text, reason",
    [
        ("print('no memory'); raise SystemExit(1)", "no memory"),
        (FAKE_SERVER.replace("with open(cache", "raise SystemExit(0)\nwith open(cache"), "status 0"),
        (FAKE_SERVER.replace('b"trained"', 'b"500"'), "as it should"),
        (FAKE_SERVER.replace('b"ok\\n"', 'b"no\\n"'), "did not take the socket"),
    ],
)
def test_a_training_that_fails_says_why_and_leaves_nothing(home, capsys, text, reason):
    program(home / "jdk", text)
    assert training.main([]) == 0
    said = capsys.readouterr().out
    assert "starts will be a little slower: " in said and reason in said
    assert said.count("\n") == 1
    assert lib(home) == ["penstock.jar"]
    assert not [each for each in os.listdir(str(home)) if each.startswith("penstock-training")]


def test_a_training_that_waits_for_ever_is_ended(home, capsys, monkeypatch):
    program(home / "jdk", "import time\ntime.sleep(60)")
    monkeypatch.setattr(training, "PATIENCE_SECONDS", 0.2)
    assert training.main([]) == 0
    assert "a little slower" in capsys.readouterr().out
    assert lib(home) == ["penstock.jar"]


def test_a_failed_training_keeps_the_cache_that_is_there(home):
    training.train(java(home))
    before = runtime.cache_options(java(home))
    text = (home / "jdk" / "bin" / "java").read_text()
    program(home / "jdk", "raise SystemExit(1)")
    training.main([])
    program(home / "jdk", text)
    assert runtime.cache_options(java(home)) == before != []


def test_for_a_web_server_only_where_there_is_need(home, capsys):
    training.main(["--for-web-server"])
    assert "Preparing" in capsys.readouterr().out
    training.main(["--for-web-server"])
    assert capsys.readouterr().out == ""


def test_for_a_web_server_not_where_the_package_cannot_be_written(home, capsys, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK | os.X_OK)
    training.main(["--for-web-server"])
    assert capsys.readouterr().out == ""


def test_without_java_nothing_is_said(home, capsys, monkeypatch):
    monkeypatch.setenv("PENSTOCK_JAVA", str(home / "nowhere"))
    assert training.main([]) == 0
    assert capsys.readouterr().out == ""


def test_the_java_of_a_web_server_is_not_the_users_own(home, monkeypatch):
    monkeypatch.delenv("PENSTOCK_JAVA")
    monkeypatch.setenv("HOME", str(home / "me"))
    places = [home / "me" / "jdk", home / "me" / "sdk", home / "system"]
    for place in places:
        (place / "bin").mkdir(parents=True)
        (place / "release").write_text('JAVA_VERSION="25"\n')
        program(place, "")
    monkeypatch.setenv("JAVA_HOME", str(places[0]))
    monkeypatch.setenv("PATH", os.pathsep.join(str(each / "bin") for each in places[1:]))
    before = dict(os.environ)
    assert training.java_of_web_server() == str(home / "system" / "bin" / "java")
    assert dict(os.environ) == before
