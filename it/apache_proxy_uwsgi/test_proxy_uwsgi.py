"""Apache's mod_proxy_uwsgi with plain `ProxyPass`, over a Unix socket and over TCP, at `/` and at a
prefix.
"""

import pytest

from harness import gates


@pytest.fixture(scope="module", params=["unix", "tcp"])
def front(request, apache_with, quickstart):
    with gates.behind_apache(apache_with, quickstart, "uwsgi", request.param) as front:
        yield front


class TestProxyUwsgi(gates.Requests):
    chunked_upload_is = 411
    tells_of_an_abort = False
