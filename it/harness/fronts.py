"""One application behind each of the ways that a request can come to it, so that one test can be run
against all of them.

    http             a client speaks to the built-in HTTP listener
    mod_fcgid        Apache spawns dispatch.fcgi, found through .htaccess
    mod_proxy_fcgi   Apache speaks FastCGI to `penstock serve`

Behind Apache the application is mounted at /app, and Apache passes each chunk of a response on.
"""

import contextlib
from typing import NamedTuple, Optional

from penstock.demo.apache import Apache, free_port

from harness import client, places, scripts
from harness.fcgid import HOST_DIRECTIVES, FcgidSite
from harness.served import Served

HTTP, FCGID, PROXY_FCGI = "http", "mod_fcgid", "mod_proxy_fcgi"
WAYS = (HTTP, FCGID, PROXY_FCGI)
BEHIND_APACHE = (FCGID, PROXY_FCGI)
MOUNT = "/app"

_STREAMING = {FCGID: "FcgidOutputBufferSize 0\n", PROXY_FCGI: " flushpackets=on"}


class Target(NamedTuple):
    """What is served: a callable `module:name` in `directory`, or the INI file `ini`."""

    directory: object
    callable: Optional[str] = None
    ini: Optional[object] = None


#: The sites that this process has open now, so that a test that fails can show what they logged.
OPEN = []


class ServedSite:
    """`penstock serve`, alone or behind an Apache. What tests use of it, a FcgidSite has as well."""

    def __init__(self, served, apache=None):
        self.served = served
        self.apache = apache
        self.mount = MOUNT if apache else ""

    @property
    def port(self):
        return self.apache.port if self.apache else self.served.http

    @property
    def url(self):
        return "http://127.0.0.1:%d%s" % (self.port, self.mount)

    def fetch(self, path, *arguments, **keywords):
        return client.fetch(self.url + path, *arguments, **keywords)

    def browser(self):
        return client.Browser(self.url)

    def log(self):
        return (self.apache.log() if self.apache else "") + self.served.output()

    def workers(self):
        return self.served.workers()


@contextlib.contextmanager
def serve(way, apache_with, environment, folder, target, directives="", **settings):
    """The application by that way, from the programs of `environment`, until the `with` block ends.

    `directives` are Apache's. `settings` are Penstock's.
    """
    if way == FCGID:
        script = scripts.ours(environment.command("python"), target.ini)
        if target.callable:
            module, _, name = target.callable.partition(":")
            script = scripts.for_callable(
                environment.command("python"), target.directory, module, name
            )
        directives = HOST_DIRECTIVES + _STREAMING[FCGID] + directives
        with FcgidSite(
            apache_with("fcgid"),
            folder,
            script,
            mount=MOUNT,
            directives=directives,
            settings=settings,
        ) as site:
            with _listed(site):
                yield site
        return
    with contextlib.ExitStack() as stack:
        served = _served(way, environment, folder, target, settings)
        stack.enter_context(served)
        apache = None
        if way == PROXY_FCGI:
            apache = _proxy(apache_with("proxy", "proxy_fcgi"), folder, served, directives)
            stack.callback(apache.stop)
            apache.start()
        yield stack.enter_context(_listed(ServedSite(served, apache)))


@contextlib.contextmanager
def _listed(site):
    OPEN.append(site)
    try:
        yield site
    finally:
        OPEN.remove(site)


def _served(way, environment, folder, target, settings):
    settings = dict(scripts.SETTINGS, fcgi_mode="0666", **settings)  # Apache may be another user
    options = []
    for pair in settings.items():
        options += ["--set", "%s=%s" % pair]
    return Served(
        environment,
        folder,
        target.callable or target.ini,
        *options,
        http=free_port() if way == HTTP else None,
        fcgi=[folder / "fcgi.sock"] if way == PROXY_FCGI else (),
        directory=target.directory,
    )


def _proxy(installation, folder, served, directives):
    line = 'ProxyPass "%s/" "unix:%s|fcgi://localhost/" enablereuse=on%s\n'
    return Apache(
        installation,
        folder / "apache",
        places.writable(folder / "htdocs"),
        modules=("proxy", "proxy_fcgi"),
        directives=line % (MOUNT, served.addresses[0], _STREAMING[PROXY_FCGI]) + directives,
    )
