"""How the zygote loads applications, and what it says when it cannot."""

import json
import os
import sys

import pytest
from conftest import PACKAGES
from fakes import HERE

from penstock import frames

RECIPE = """\
#!/usr/bin/env python
turbogears = {folder!r}
inifile = 'development.ini'
import sys, os
sys.path.insert(0, turbogears)
sys.path.append({helpers!r})
from shop import wsgi_app
if __name__ == '__main__':
    from penstock.fcgi import WSGIServer
    WSGIServer(wsgi_app).run()
"""
#: Run at interpreter start, a stand-in for Paste Deploy whether or not the tests' own environment
#: has it. It tells in its answer what it was asked for.
FAKE_PASTE = """\
import logging, sys, types
paste, deploy = types.ModuleType("paste"), types.ModuleType("paste.deploy")
sys.modules["paste"], sys.modules["paste.deploy"] = paste, deploy
def loadapp(uri, global_conf=None):
    level = logging.getLogger("shop").level
    def application(environ, start_response):
        start_response("200 OK", [])
        return [repr((uri, global_conf, level)).encode()]
    return application
deploy.loadapp = loadapp
"""
NO_PASTE = "import sys; sys.modules['paste.deploy'] = None\n"


@pytest.fixture
def project(tmp_path):
    (tmp_path / "shop.py").write_text("from apps import hello as wsgi_app\n")
    return tmp_path


def script_target(project, text):
    path = project / "dispatch.fcgi"
    path.write_text(text)
    return {"kind": "script", "path": str(path)}


def failure(server, target, **assignment):
    frame = server.start(target, **assignment)
    assert frame.type == frames.FAILED, frame.payload
    assert server.zygote.wait(10) == 3
    return frame.json


def test_the_recipe_s_script_gives_its_application(server, project):
    target = script_target(project, RECIPE.format(folder=str(project), helpers=HERE))
    loaded = server.load(target)
    assert loaded["application"] == "apps.hello"
    server.fork()
    assert server.ask().body == b"hello"


def test_a_script_sees_its_own_folder_first_and_itself_as_main(server, project):
    text = (
        "import os, sys\n"
        "class Own: pass\n"
        "def application(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    import __main__\n"
        "    return [repr([sys.argv, sys.path[0], __main__.Own is Own, __name__, __file__,\n"
        "                  'penstock' in os.listdir(sys.path[0])]).encode()]\n"
        "from penstock.fcgi import WSGIServer\n"
        "WSGIServer(application, multithreaded=False, bindAddress=None, maxThreads=5).run()\n"
        "sys.exit()\n"
    )
    target = script_target(project, text)
    server.load(target)
    server.fork()
    path = target["path"]
    expected = [[path], str(project), True, "__main__", path, False]
    assert server.ask().body.decode() == repr(expected)


def test_the_package_s_folder_is_not_on_the_path(server, project):
    text = (
        "import sys\n"
        "from penstock.fcgi import serve\n"
        "def application(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    return ['\\n'.join(sys.path).encode()]\n"
        "serve(application)\n"
    )
    server.load(script_target(project, text))
    server.fork()
    path = server.ask().body.decode().split("\n")
    assert PACKAGES not in path
    assert not [folder for folder in path if folder.endswith("/penstock")]


def at_interpreter_start(project, monkeypatch, text):
    (project / "customize").mkdir()
    (project / "customize" / "sitecustomize.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(project / "customize"))


@pytest.fixture
def paste(project, monkeypatch):
    at_interpreter_start(project, monkeypatch, FAKE_PASTE)
    ini = project / "development.ini"
    ini.write_text(
        "[app:main]\nuse = egg:shop\n"
        "[loggers]\nkeys = root, shop\n[handlers]\nkeys = console\n[formatters]\nkeys =\n"
        "[logger_root]\nhandlers = console\n[logger_shop]\nlevel = ERROR\nhandlers =\n"
        "qualname = shop\n"
        "[handler_console]\nclass = StreamHandler\nargs = (sys.stderr,)\n# caf\xe9\n",
        encoding="utf-8",
    )
    return ini


@pytest.mark.parametrize("by", ["assignment", "script", "relative"])
def test_an_ini_file_is_loaded_by_paste_deploy_with_logging_configured(server, paste, by):
    target = {"kind": "config", "uri": "config:%s#main" % paste, "global_conf": {"debug": "false"}}
    if by != "assignment":
        given = {"script": "config:%s#main" % paste, "relative": "development.ini#main"}[by]
        text = "from penstock.fcgi import serve\nserve(%r, debug='false')\n" % given
        target = script_target(paste.parent, text)
    server.load(target, directory="/")
    server.fork()
    expected = ("config:%s#main" % paste, {"debug": "false"}, 40)
    assert server.ask().body.decode() == repr(expected)
    paste.write_text("[app:main]\n")
    frames.send_json(server.connection, frames.CHANGED, {})
    assert server.receive().json["files"] == [str(paste)]


def test_a_traceback_names_the_application_s_lines_only(server, project):
    (project / "shop.py").write_text("def deep():\n    raise ValueError('because')\ndeep()\n")
    told = failure(server, {"kind": "callable", "spec": "shop:app"}, directory=str(project))
    assert told["error"] == "ValueError: because"
    assert "shop.py" in told["traceback"] and "deep()" in told["traceback"]
    assert "penstock" not in told["traceback"].replace("penstock_", "")
    assert "importlib" not in told["traceback"]


@pytest.mark.parametrize(
    "text, error, hint",
    [
        ("x = (\n", "SyntaxError", "This is Python"),
        ("import nowhere_to_be_found\n", "nowhere_to_be_found", "has no module"),
        ("import sys\nsys.exit(4)\n", "sys.exit(4)", "Expected a call such as"),
        ("pass\n", "without giving an application", "Expected a call such as"),
        ("class DistributionNotFound(Exception): pass\nraise DistributionNotFound('x')\n",
         "DistributionNotFound: x", "-m pip install -e"),
        ("from penstock.fcgi import serve\nserve(5)\n", "not callable", ""),
        ("from penstock.fcgi import serve\nserve('nowhere.ini')\n", "no such INI file", "Check"),
        ("from penstock.fcgi import serve\nserve('os:nothing')\n", "os has no attribute nothing", ""),
        ("from penstock.fcgi import serve\nserve('os')\n", "expected module:attribute", ""),
        ("from penstock.fcgi import serve\nserve('os:name')\n", "not a WSGI application", ""),
    ],
)  # fmt: skip
def test_a_script_that_does_not_load_is_explained(server, project, text, error, hint):
    told = failure(server, script_target(project, text))
    assert error in told["error"]
    assert hint in told["hint"]
    assert told["traceback"]


def test_missing_paste_deploy_is_explained(server, project, monkeypatch):
    at_interpreter_start(project, monkeypatch, NO_PASTE)
    ini = project / "development.ini"
    ini.write_text("[app:main]\nuse = call:shop:wsgi_app\n")
    target = {"kind": "config", "uri": "config:%s" % ini, "global_conf": {}}
    told = failure(server, target)
    assert told["hint"] == "%s -m pip install PasteDeploy" % sys.executable


def test_a_missing_script_is_explained(server):
    told = failure(server, {"kind": "script", "path": "/nowhere/dispatch.fcgi"})
    assert told["error"] == "no such dispatch script: /nowhere/dispatch.fcgi"


def test_a_missing_directory_is_explained(server):
    told = failure(server, {"kind": "callable", "spec": "apps:hello"}, directory="/nowhere")
    assert "/nowhere" in told["error"]


def sources(server, target, **assignment):
    """The folders that a zygote tells when it is asked to, and whether it loaded then."""
    frame = server.start(target, watch=True, **assignment)
    assert frame.type == frames.SOURCES, frame
    return frame.json["folders"], server.receive().type == frames.LOADED


def test_the_folders_of_the_imported_files_are_told_before_the_load_ends(server):
    folders, loaded = sources(server, {"kind": "callable", "spec": "apps:hello"})

    assert loaded
    assert HERE in folders
    assert os.path.dirname(json.__file__) in folders


def test_a_module_that_failed_has_its_folder_told_too(server, tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("from package import views\n")
    (package / "views.py").write_text("def broken(:\n")

    folders, loaded = sources(
        server, {"kind": "callable", "spec": "package:app"}, python_path=[str(tmp_path)]
    )

    assert not loaded
    assert str(package) in folders
