"""nginx, HAProxy and php-fpm of the machine, each with a configuration of its own on a free loopback
port, for what is not Apache.
"""

import os
import shutil
import socket
import subprocess

from penstock.demo.apache import free_port

from harness.waiting import eventually

NGINX = """\
daemon off; master_process off; worker_processes 1;
pid {folder}/nginx.pid; error_log {folder}/nginx.log;
{user}
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/t1; fastcgi_temp_path {folder}/t2;
    uwsgi_temp_path {folder}/t3; scgi_temp_path {folder}/t4;
    client_max_body_size 100m;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            {fastcgi}
        }}
    }}
}}
"""

HAPROXY = """\
global
    maxconn 64
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend web
    bind 127.0.0.1:{port}
    use_backend application
fcgi-app application
    docroot /nowhere
    option keep-conn
    option mpxs-conns
    option max-reqs 50
backend application
    use-fcgi-app application
    http-reuse always
    server one unix@{address} proto fcgi
"""

PHP_FPM = """\
[global]
error_log = {folder}/fpm.log
daemonize = no
[www]
listen = {folder}/fpm.sock
listen.mode = 0666
{user}
pm = static
pm.max_children = 1
"""


class Program:
    """A server of the machine that is there when `port` (or a socket) answers; ends with the `with`
    block.
    """

    def __init__(self, command, address, folder):
        self.command, self.address, self.folder = command, address, folder
        self.process = None

    def __enter__(self):
        with open(self.folder / "output", "wb") as output:
            self.process = subprocess.Popen(
                [str(word) for word in self.command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        eventually(self._answers, 20, "an answer of %s" % self.command[0])
        return self

    def __exit__(self, *_):
        print("--- %s said\n%s" % (self.command[0], (self.folder / "output").read_text()[-3000:]))
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.address[1]

    def _answers(self):
        assert self.process.poll() is None, (self.folder / "output").read_text()
        family = socket.AF_INET if isinstance(self.address, tuple) else socket.AF_UNIX
        with socket.socket(family) as connection:
            address = self.address if isinstance(self.address, tuple) else str(self.address)
            return connection.connect_ex(address) == 0


def find(*names):
    """The path of the first of these programs that is installed, or None."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
    return next(filter(None, (shutil.which(name, path=path) for name in names)), None)


def nginx(folder, fastcgi):
    """nginx with these directives for `/`."""
    folder.mkdir()
    user = "user root;" if os.geteuid() == 0 else ""
    address = ("127.0.0.1", free_port())
    configuration = folder / "nginx.conf"
    configuration.write_text(
        NGINX.format(folder=folder, user=user, port=address[1], fastcgi=fastcgi)
    )
    return Program([find("nginx"), "-p", folder, "-c", configuration], address, folder)


def haproxy(folder, to):
    """HAProxy, which keeps connections and puts several requests on one."""
    folder.mkdir()
    address = ("127.0.0.1", free_port())
    configuration = folder / "haproxy.cfg"
    configuration.write_text(HAPROXY.format(port=address[1], address=to))
    return Program([find("haproxy"), "-db", "-f", configuration], address, folder)


def php_fpm(folder):
    """php-fpm with one process; `address` is its socket."""
    folder.mkdir()
    user = "user = www-data\ngroup = www-data" if os.geteuid() == 0 else ""
    configuration = folder / "fpm.conf"
    configuration.write_text(PHP_FPM.format(folder=folder, user=user))
    program = find("php-fpm8.2", "php-fpm8.3", "php-fpm8.4", "php-fpm")
    return Program([program, "-F", "-y", configuration], folder / "fpm.sock", folder)
