"""A private nginx on a loopback port, in a folder of its own, without touching the machine's."""

import pwd
import shutil
import signal
import subprocess

import pytest

from penstock.demo import apache

CONFIGURATION = """\
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
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
    server {{
        listen 127.0.0.1:{port};
        server_name localhost;
{locations}
    }}
}}
"""


class Nginx:
    """One nginx with the `location` blocks given; `include uwsgi_params` and the like find the
    machine's own files. Use as a context manager.
    """

    PARAMETERS = "/etc/nginx"

    def __init__(self, folder, locations):
        self.binary = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
        if self.binary is None:
            pytest.skip("nginx is not installed")
        self.folder = folder
        self.locations = locations
        self.port = apache.free_port()
        self.process = None

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.port

    def log(self):
        return (self.folder / "error.log").read_text(errors="replace")

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        locations = self.locations.replace("include ", "include %s/" % self.PARAMETERS)
        user = apache.unprivileged_user()
        configuration = self.folder / "nginx.conf"
        configuration.write_text(
            CONFIGURATION.format(
                folder=self.folder, port=self.port, locations=locations, user=_user_line(user)
            )
        )
        with open(self.folder / "output", "wb") as output:
            self.process = subprocess.Popen(
                [self.binary, "-e", str(self.folder / "error.log"), "-c", str(configuration)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        if not apache.answers(self.port, self.process, 20):
            raise AssertionError("nginx did not start:\n" + (self.folder / "output").read_text())
        return self

    def __exit__(self, *_):
        print("--- nginx said\n" + self.log()[-3000:])  # pytest shows it where a test failed
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


def _user_line(user):
    """As root nginx serves as another user, whose main group is not always its name's."""
    import grp

    if user is None:
        return ""
    return "user %s %s;" % (user.pw_name, grp.getgrgid(user.pw_gid).gr_name)
