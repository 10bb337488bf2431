"""Apache's mod_proxy_uwsgi with plain `ProxyPass`, over a Unix socket and over TCP, at `/` and at a
prefix.
"""

import pytest

from penstock.demo.apache import Apache, free_port

from harness import gates, places
from harness.probe import Probe
from harness.served import Served

DIRECTIVES = """
ProxyPass "/pre/fix/" "{target}"
ProxyPass "/" "{target}"
"""


@pytest.fixture(scope="module", params=["unix", "tcp"])
def front(request, apache_with, quickstart):
    installation = apache_with("proxy", "proxy_uwsgi")
    with places.folder() as folder:
        probe = Probe(folder / "project")
        addresses = [folder / "uwsgi.sock", ("127.0.0.1", free_port())]
        served = Served(
            quickstart,
            folder,
            "probe:application",
            *gates.SETTINGS,
            uwsgi=addresses,
            directory=probe.directory,
        )
        target = (
            "unix:%s|uwsgi://localhost/" % addresses[0]
            if request.param == "unix"
            else "uwsgi://127.0.0.1:%d/" % addresses[1][1]
        )
        apache = Apache(
            installation,
            folder / "apache",
            places.writable(folder / "htdocs"),
            modules=("proxy", "proxy_uwsgi"),
            directives=DIRECTIVES.format(target=target),
        )
        with served:
            try:
                url = apache.start().url
                yield gates.Front(url, url + "/pre/fix", served, folder)
            finally:
                apache.stop()


class TestProxyUwsgi(gates.Requests):
    chunked_upload_is = 411
    tells_of_an_abort = False
