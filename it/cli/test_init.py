"""`penstock init apache`: writes the two files, says what it wrote and what comes next."""

import subprocess

import pytest

from penstock.demo.apache import Apache

from harness import client, places, project
from harness.processes import Family
from harness.waiting import eventually


@pytest.fixture
def ini(quickstart, folder):
    return project.copy_of(quickstart, folder / "project")


def init(quickstart, *arguments):
    return subprocess.run(
        [quickstart.command("penstock"), "init", "apache", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=30,
    )


def test_it_writes_a_script_that_names_the_virtualenvs_python_and_the_ini_file(
    quickstart, folder, ini
):
    result = init(quickstart, folder / "app", "--ini", ini)

    assert result.returncode == 0, result.stdout
    script = folder / "app" / "dispatch.fcgi"
    assert script.stat().st_mode & 0o777 == 0o755
    assert script.read_text().splitlines()[0] == "#!" + quickstart.command("python")
    assert "serve('%s')" % ini in script.read_text()


def test_it_writes_the_recipes_lines(quickstart, folder, ini):
    init(quickstart, folder / "app", "--ini", ini)

    lines = [
        " ".join(line.split()) for line in (folder / "app" / ".htaccess").read_text().splitlines()
    ]
    for line in (
        "Options +ExecCGI",
        "AddHandler fcgid-script .fcgi",
        "RewriteEngine On",
        r"RewriteRule ^(dispatch\.fcgi/.*)$ - [L]",
        "RewriteRule ^(.*)$ dispatch.fcgi/$1 [L]",
    ):
        assert line in lines, lines


def test_it_shows_both_files_and_what_to_do_next(quickstart, folder, ini):
    output = init(quickstart, folder / "app", "--ini", ini).stdout

    for name in ("dispatch.fcgi", ".htaccess"):
        assert str(folder / "app" / name) in output
        for line in (folder / "app" / name).read_text().splitlines():
            assert line.strip() in output
    assert "penstock status" in output


@pytest.mark.parametrize("name", ["dispatch.fcgi", ".htaccess"])
def test_it_overwrites_nothing(quickstart, folder, ini, name):
    place = folder / "app"
    place.mkdir()
    (place / name).write_text("mine\n")

    result = init(quickstart, place, "--ini", ini)

    assert result.returncode == 1
    assert name in result.stdout and "--force" in result.stdout
    assert [file.name for file in place.iterdir()] == [name]
    assert (place / name).read_text() == "mine\n"


def test_with_force_it_overwrites(quickstart, folder, ini):
    place = folder / "app"
    place.mkdir()
    (place / ".htaccess").write_text("mine\n")

    assert init(quickstart, place, "--ini", ini, "--force").returncode == 0
    assert "RewriteEngine On" in (place / ".htaccess").read_text()


def test_a_missing_ini_file_is_an_error_and_writes_nothing(quickstart, folder):
    result = init(quickstart, folder / "app", "--ini", folder / "nowhere.ini")

    assert result.returncode != 0
    assert str(folder / "nowhere.ini") in result.stdout
    assert not (folder / "app" / "dispatch.fcgi").exists()


def test_what_it_writes_serves_the_project_under_apache(apache_with, quickstart, folder, ini):
    place = folder / "htdocs" / "app"
    place.parent.mkdir()
    init(quickstart, place, "--ini", ini)
    run_folder = places.writable(folder / "run")
    directives = "FcgidInitialEnv PENSTOCK_RUN_DIR %s\n" % run_folder
    apache = Apache(
        apache_with("fcgid"), folder / "apache", folder / "htdocs", directives=directives
    ).start()
    try:
        assert client.fetch(apache.url + "/app/").location == apache.url + "/app/demo"
    finally:
        apache.stop()
        eventually(lambda: not Family(place / "dispatch.fcgi").all(), 15, "idle_exit")
