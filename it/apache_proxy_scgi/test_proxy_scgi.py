"""Apache's mod_proxy_scgi with plain `ProxyPass`, over a Unix socket and over TCP, at `/` and at a
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
    installation = apache_with("proxy", "proxy_scgi")
    with places.folder() as folder:
        probe = Probe(folder / "project")
        addresses = [folder / "scgi.sock", ("127.0.0.1", free_port())]
        served = Served(
            quickstart,
            folder,
            "probe:application",
            *gates.SETTINGS,
            scgi=addresses,
            directory=probe.directory,
        )
        target = (
            "unix:%s|scgi://localhost/" % addresses[0]
            if request.param == "unix"
            else "scgi://127.0.0.1:%d/" % addresses[1][1]
        )
        apache = Apache(
            installation,
            folder / "apache",
            places.writable(folder / "htdocs"),
            modules=("proxy", "proxy_scgi"),
            directives=DIRECTIVES.format(target=target),
        )
        with served:
            try:
                url = apache.start().url
                yield gates.Front(url, url + "/pre/fix", served, folder)
            finally:
                apache.stop()


class TestProxyScgi(gates.Requests):
    chunked_upload_is = 411
    tells_of_an_abort = False
