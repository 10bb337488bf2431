"""nginx's `uwsgi_pass` with its own `uwsgi_params`, as it is set up before uWSGI.

At `/` nothing more is needed. Below a prefix the configurations in use say SCRIPT_NAME, with or
without the old `uwsgi_modifier1 30`; all of them are right as they are.
"""

import json

import pytest

from harness import client, gates, webservers

LOCATIONS = """
location / {{
    include uwsgi_params;
    uwsgi_pass unix:{socket};
}}
location /pre/fix {{
    include uwsgi_params;
    uwsgi_param SCRIPT_NAME /pre/fix;
    uwsgi_pass unix:{socket};
}}
location /old {{
    include uwsgi_params;
    uwsgi_param SCRIPT_NAME /old;
    uwsgi_modifier1 30;
    uwsgi_pass unix:{socket};
}}
location /perl {{
    include uwsgi_params;
    uwsgi_modifier1 5;
    uwsgi_pass unix:{socket};
}}
"""


@pytest.fixture(scope="module")
def front(quickstart, shared_folder):
    address = shared_folder / "uwsgi.sock"
    locations = LOCATIONS.format(socket=address)
    with gates.probe(quickstart, shared_folder, uwsgi=[address]) as served:
        with webservers.nginx(shared_folder, locations) as nginx:
            yield gates.Front(nginx.url, nginx.url + "/pre/fix", served, shared_folder)


class TestNginxUwsgi(gates.Requests):
    pass


def test_modifier1_30_is_a_mount(front):
    answer = client.fetch(front.root + "/old/x%20y", headers={"X-Probe": "environ"})
    seen = json.loads(answer.body)["environ"]
    assert (seen["SCRIPT_NAME"], seen["PATH_INFO"]) == ("/old", "/x y")


def test_other_modifiers_are_refused_and_the_log_says_so(front):
    assert client.fetch(front.root + "/perl/").status == 502
    assert "modifier1 5 and modifier2 0 are not served" in front.served.output()


def test_status_shows_the_listener(front):
    assert front.served.status()["listeners"] == ["uwsgi %s/uwsgi.sock" % front.folder]
