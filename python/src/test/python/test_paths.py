"""The paths of a CGI program's own answer, by the table that the server's own are tested with."""

import os

import pytest
from conftest import HERE

from penstock import paths

TABLE = os.path.join(HERE, *[".."] * 4, "server", "src", "test", "resources", "paths.csv")
#: The set-ups in which a CGI program can be; the others are listeners of a server.
CGI = ("htaccess", "the script's own URL", "the mount's name", "PT", "ScriptAlias", "CGI")


def rows():
    with open(TABLE, encoding="utf-8") as table:
        for line in list(table)[1:]:
            cells = [cell.strip().strip('"') for cell in line.rstrip("\n").split("|")]
            if line.startswith(CGI):
                yield pytest.param(*cells[1:], id="%s: %s" % (cells[0], cells[4]))


@pytest.mark.parametrize("script, info, file, uri, setting, script_name, path_info", rows())
def test_they_are_those_of_the_server(script, info, file, uri, setting, script_name, path_info):
    given = {"SCRIPT_NAME": script, "PATH_INFO": info, "REQUEST_URI": uri, "REDIRECT_URL": "/x"}
    environ = {name: value for name, value in given.items() if value != "-"}

    paths.correct(environ, os.path.basename(file), setting)

    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == (script_name, path_info)
    assert "REDIRECT_URL" not in environ


def test_the_table_is_used():
    assert len(list(rows())) > 35


def test_as_is_changes_nothing_but_makes_sure_of_both():
    environ = {"SCRIPT_NAME": "/app/dispatch.cgi", "REQUEST_URI": "/app/x"}
    paths.correct(environ, "dispatch.cgi", "as-is")
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("/app/dispatch.cgi", "")
