"""A dispatch script that a web server runs as a CGI program."""

import os
import subprocess
import sys

import pytest
from conftest import PACKAGES
from fakes import HERE, PATIENCE

SCRIPT = """\
import sys
sys.path[:0] = [{packages!r}, {here!r}]
from penstock.fcgi import WSGIServer
{application}
WSGIServer(application).run()
raise SystemExit("goes on")
"""


@pytest.fixture
def cgi(tmp_path, run_directory):
    def run(application, body=b"", **environment):
        script = tmp_path / "dispatch.cgi"
        script.write_text(SCRIPT.format(packages=PACKAGES, here=HERE, application=application))
        given = {"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "SERVER_NAME": "x"}
        given["PENSTOCK_RUN_DIR"] = str(run_directory)
        given.update(environment, PATH=os.environ["PATH"])
        done = subprocess.run(
            [sys.executable, str(script)],
            input=body,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=given,
            timeout=PATIENCE,
        )
        return done

    return run


def test_one_request_is_answered(cgi):
    done = cgi("from apps import hello as application")
    head = b"Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, head + b"hello", b"")


def test_the_body_is_what_content_length_says(cgi):
    done = cgi("from apps import echo as application", b"\x00\r\nbodyrest", CONTENT_LENGTH="7")
    assert b"\r\n\r\n\x00\r\nbody|" in done.stdout


@pytest.mark.parametrize("length", [{}, {"CONTENT_LENGTH": ""}])
def test_without_a_length_there_is_no_body(cgi, length):
    assert b"\r\n\r\n|" in cgi("from apps import echo as application", b"pipe", **length).stdout


SHOWS = """\
def application(environ, start_response):
    start_response("200 OK", [])
    print("printed")
    environ["wsgi.errors"].write("logged")
    names = ("SCRIPT_NAME", "PATH_INFO", "wsgi.url_scheme", "wsgi.run_once")
    names += ("HTTP_PROXY", "HTTP_TRANSFER_ENCODING")
    return ["|".join(str(environ.get(name)) for name in names).encode("latin-1")]
"""


def test_the_environ_is_complete(cgi):
    done = cgi(
        SHOWS,
        SCRIPT_FILENAME="/srv/app/dispatch.cgi",
        SCRIPT_NAME="/app/dispatch.cgi",
        PATH_INFO="/caf\u00e9",
        REQUEST_URI="/app/caf%C3%A9?x",
        HTTPS="on",
        HTTP_PROXY="evil",
        HTTP_TRANSFER_ENCODING="chunked",
    )
    assert done.stdout.endswith("/app|/caf\u00e9|https|True|None|None".encode())


def test_what_is_printed_goes_to_the_log(cgi):
    done = cgi(SHOWS)
    assert b"printed" not in done.stdout
    assert b"printed\n" in done.stderr and b"logged" in done.stderr


def test_a_failing_application_is_a_500_with_its_traceback_in_the_log(cgi):
    done = cgi("from apps import leave as application")
    assert done.stdout.startswith(b"Status: 500 Internal Server Error\r\n")
    assert b"SystemExit: 3" in done.stderr


def test_an_application_that_does_not_load_is_a_500(cgi):
    done = cgi("application = 'no_such_module:app'")
    assert done.stdout.startswith(b"Status: 500 Internal Server Error\r\n")
    assert b"no_such_module" in done.stderr
