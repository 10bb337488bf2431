"""nginx's `scgi_pass` with its own `scgi_params`, which say nothing of SCRIPT_NAME and PATH_INFO.

At `/` nothing more is needed; below a prefix one line in nginx, or `script_name` in Penstock.
"""

import contextlib
import socket

import pytest

from harness import client, gates, webservers
from harness.waiting import eventually

LOCATIONS = """
location / {{
    include scgi_params;
    scgi_pass unix:{socket};
}}
location /pre/fix {{
    include scgi_params;
    scgi_param SCRIPT_NAME /pre/fix;
    scgi_pass unix:{socket};
}}
location /twice {{
    include scgi_params;
    scgi_param CONTENT_LENGTH $content_length;
    scgi_pass unix:{socket};
}}
"""


@pytest.fixture(scope="module")
def front(quickstart, shared_folder):
    address = shared_folder / "scgi.sock"
    locations = LOCATIONS.format(socket=address)
    with gates.probe(quickstart, shared_folder, scgi=[address]) as served:
        with webservers.nginx(shared_folder, locations) as nginx:
            yield gates.Front(nginx.url, nginx.url + "/pre/fix", served, shared_folder)


class TestNginxScgi(gates.Requests):
    pass


def test_a_content_length_that_the_configuration_sends_again_does_no_harm(front):
    assert client.fetch(front.root + "/twice/").body == b"hello"
    assert client.fetch(front.root + "/twice/", "POST", b"body").body == b"hello"


def test_status_shows_the_listener(front):
    assert front.served.status()["listeners"] == ["scgi %s/scgi.sock" % front.folder]


@pytest.mark.parametrize(
    "garbage, why",
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "found 'G' 0x47 (does the peer speak SCGI?)"),
        (b"29:CONTENT_LENGTH\0-1\0SCGI\x001\0A\0b\0,", "as CONTENT_LENGTH, found: -1"),
        (b"999999999:", "more than 262144 bytes (max_parameter_bytes)"),
    ],
)
def test_what_is_not_scgi_is_one_line_in_the_log_and_the_end_of_the_connection(front, garbage, why):
    before = front.served.output().count("\n")
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(front.folder / "scgi.sock"))
        connection.sendall(garbage)
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""
    (line,) = eventually(lambda: front.served.output().split("\n")[before:-1])
    assert "closed a connection from user " in line
    assert line.endswith(why)
    assert client.fetch(front.root + "/").body == b"hello"
