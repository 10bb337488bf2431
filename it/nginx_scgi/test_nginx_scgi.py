"""nginx's `scgi_pass` with its own `scgi_params`, which say nothing of SCRIPT_NAME and PATH_INFO.

At `/` nothing more is needed; below a prefix one line in nginx, or `script_name` in Penstock.
"""

import pytest

from harness import client, gates
from harness.nginx import Nginx
from harness.probe import Probe
from harness.served import Served

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
    probe = Probe(shared_folder / "project")
    scgi = shared_folder / "scgi.sock"
    served = Served(
        quickstart,
        shared_folder,
        "probe:application",
        *gates.SETTINGS,
        scgi=[scgi],
        directory=probe.directory,
    )
    with served, Nginx(shared_folder / "nginx", LOCATIONS.format(socket=scgi)) as nginx:
        yield gates.Front(nginx.url, nginx.url + "/pre/fix", served, shared_folder)


class TestNginxScgi(gates.Requests):
    pass


def test_a_content_length_that_the_configuration_sends_again_does_no_harm(front):
    assert client.fetch(front.root + "/twice/").body == b"hello"
    assert client.fetch(front.root + "/twice/", "POST", b"body").body == b"hello"


def test_status_shows_the_listener(front):
    assert front.served.status()["listeners"] == ["scgi %s/scgi.sock" % front.folder]
