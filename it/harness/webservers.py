"""nginx, HAProxy, Caddy and lighttpd, each in a folder and on a port of its own; and a `penstock serve`
of the application `streams` behind them. What a configuration has to say of Penstock stands in the
test; what every private server of its kind needs stands here.
"""

import grp
import os
import shutil
import subprocess

import pytest

from penstock.demo import apache

from harness import client, places
from harness.served import Served

COMMANDS = {
    "nginx": ("nginx", "-e", "{folder}/error.log", "-c", "{configuration}"),
    "haproxy": ("haproxy", "-db", "-f", "{configuration}"),
    "caddy": ("caddy", "run", "--adapter", "caddyfile", "--config", "{configuration}"),
    "lighttpd": ("lighttpd", "-D", "-f", "{configuration}"),
}
_FOLDERS = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"

NGINX = """\
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
{user}
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_max_body_size 100m;
    default_type application/octet-stream;
{http}
    server {{
        listen 127.0.0.1:{port};
        server_name localhost;
{locations}
    }}
}}
"""

HAPROXY = """
global
    nbthread 1

defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    http-reuse always

frontend web
    bind 127.0.0.1:{port}
    default_backend penstock
{sections}
"""

LIGHTTPD = """\
server.modules = ({modules})
server.document-root = "{htdocs}"
server.bind = "127.0.0.1"
server.port = {port}
server.errorlog = "{folder}/error.log"
server.breakagelog = "{folder}/programs.log"
server.upload-dirs = ("{folder}")
{directives}
"""


class WebServer:
    """`{folder}` and `{port}` in the configuration are filled in; other braces are doubled. Use as a
    context manager.
    """

    def __init__(self, name, folder, configuration, **values):
        self.name = name
        self.folder = folder / name
        self.binary = shutil.which(COMMANDS[name][0], path=_FOLDERS)
        if self.binary is None:
            pytest.skip("%s is not installed" % name)
        self.port = apache.free_port()
        self.text = configuration.format(folder=self.folder, port=self.port, **values)
        self.process = None

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.port

    def fetch(self, path, *arguments, **keywords):
        return client.fetch(self.url + path, *arguments, **keywords)

    def log(self):
        """What it has printed, its own log, and standard error of lighttpd's CGI programs."""
        logs = [self.folder / name for name in ("output", "error.log", "programs.log")]
        return "".join(log.read_text(errors="replace") for log in logs if log.exists())

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        configuration = self.folder / "configuration"
        configuration.write_text(self.text)
        words = [
            word.format(folder=self.folder, configuration=configuration)
            for word in COMMANDS[self.name][1:]
        ]
        home = {"HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder)}
        with open(self.folder / "output", "wb") as output:
            self.process = subprocess.Popen(
                [self.binary, *words],
                env=dict(os.environ, **home),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        if not apache.answers(self.port, self.process, 20):
            raise AssertionError("%s did not start:\n%s" % (self.name, self.log()))
        return self

    def __exit__(self, *_):
        print("--- %s said\n%s" % (self.name, self.log()[-3000:]))  # shown where a test failed
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def nginx(folder, locations, http=""):
    """nginx with these `location` blocks and, in `http`, an `upstream`, say. `include uwsgi_params` and
    the like find the machine's own files.
    """
    locations = locations.replace("include ", "include /etc/nginx/")
    return WebServer("nginx", folder, NGINX, locations=locations, http=http, user=_nginx_user())


def _nginx_user():
    """As root nginx serves as another user, whose main group is not always its name's."""
    user = apache.unprivileged_user()
    return user and "user %s %s;" % (user.pw_name, grp.getgrgid(user.pw_gid).gr_name) or ""


def haproxy(folder, sections):
    """HAProxy with these sections, of which one is `backend penstock`."""
    return WebServer("haproxy", folder, HAPROXY, sections=sections)


def lighttpd(folder, modules, directives, htdocs=None):
    """lighttpd with these modules and directives."""
    return WebServer(
        "lighttpd",
        folder,
        LIGHTTPD,
        modules=", ".join('"%s"' % module for module in modules),
        htdocs=htdocs or folder,
        directives=directives,
    )


def streams(project, folder, *arguments, workers=2, addresses=None, **settings):
    """A `penstock serve` of `apps/streams.py`, at `folder / "fcgi.sock"` if nothing else is said."""
    fcgi = addresses or [folder / "fcgi.sock"]
    shutil.copy(places.REPOSITORY / "it" / "apps" / "streams.py", folder)
    options = ["--workers", str(workers), "--set", "fcgi_mode=0666"]
    for name, value in settings.items():
        options += ["--set", "%s=%s" % (name, value)]
    target = "streams:application"
    return Served(project, folder, target, *options, *arguments, fcgi=fcgi, directory=folder)


def complaints(served):
    """Lines of the server's log that would worry someone."""
    return [
        line
        for line in served.output().splitlines()
        if " ERROR " in line or " WARNING " in line or "Traceback" in line
    ]
