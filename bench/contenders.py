"""What is compared: the ways to run an application behind Apache and behind nginx. A new one is one entry in the table.

Every contender runs the same `wsgi.py`, with its own defaults except where the title says otherwise: `--workers`
processes (2), Unix sockets, connections to it kept open where the web server can. Names end in the front's where that
is not Apache.
"""

import os
import shlex
import shutil
import socket
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable, Optional

import nginx
import processes
from applications import Application
from apache import Apache
from front import free_port
from project import BenchError, Project

HERE = Path(__file__).resolve().parent
# The recipe's script, the same for flup and Penstock but for the import.
DISPATCH = '''\
#!{python}
from wsgi import application
if __name__ == '__main__':
    from {module} import WSGIServer
    WSGIServer(application).run()
'''

HTACCESS = '''\
Options +ExecCGI
AddHandler fcgid-script .fcgi
RewriteEngine On
RewriteRule ^(dispatch\\.fcgi/.*)$ - [L]
RewriteRule ^(.*)$ dispatch.fcgi/$1 [L]
'''

FCGID = '''\
FcgidIPCDir {site.folder}/run
FcgidProcessTableFile {site.folder}/run/fcgid
FcgidMaxRequestLen 67108864
{site.fcgid_environment}
<Directory {site.htdocs}>
    AllowOverride All
</Directory>
'''


@dataclass
class Site:
    """Where one contender runs one application: a fresh folder, removed afterwards."""

    folder: Path
    project: Project
    application: Application
    mark: str
    workers: int

    def __post_init__(self):
        self.htdocs = self.folder / 'htdocs'
        self.socket = self.folder / 'run/app.sock'
        self.address = f'127.0.0.1:{free_port()}'
        self.environment = {'PENSTOCK_RUN_DIR': str(self.folder / 'run')}

    def port_is_open(self):
        host, port = self.address.split(':')
        with socket.socket() as probe:
            return probe.connect_ex((host, int(port))) == 0

    @property
    def fcgid_environment(self):
        """mod_fcgid passes on nothing of Apache's own environment."""
        variables = {**processes.environment(self.mark), **self.environment}
        return '\n'.join(f'FcgidInitialEnv {name} {value}' for name, value in variables.items())

    def write(self, name, text, mode=0o644):
        path = self.htdocs / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)


@dataclass(frozen=True)
class Contender:
    name: str
    title: str
    directives: Callable[[Site], str]
    """Writes what it needs into the site and returns the front's directives."""
    command: Optional[Callable[[Site], list]] = None
    """The server to start beside the front; None when Apache starts it."""
    front: str = 'apache'
    ceiling: bool = False
    """Runs no application: the most throughput that could be had; its start and memory mean nothing."""
    without: tuple = ()
    """Applications that mean nothing here."""


FRONTS = {'apache': Apache, 'nginx': nginx.Nginx}


def fcgid(module):
    def directives(site):
        site.write('dispatch.fcgi', DISPATCH.format(python=site.project.python, module=module), 0o755)
        site.write('.htaccess', HTACCESS)
        site.write('penstock.ini', f'[penstock]\nworkers = {site.workers}\n')
        return FCGID.format(site=site)
    return directives


def proxy(scheme, more='', tcp=False):
    def directives(site):
        where = f'{scheme}://{site.address}/' if tcp else f'unix:{site.socket}|{scheme}://localhost/'
        return f'{more}\nProxyPass / {where} enablereuse=on retry=0 iobuffersize=65536\n'
    return directives


# With this Apache sends SCRIPT_NAME and PATH_INFO as they should be, for every FastCGI server alike.
FCGI_PATHS = 'SetEnvIf Request_URI . proxy-fcgi-pathinfo=unescape'
proxy_fcgi = proxy('fcgi', FCGI_PATHS)


def penstock_command(site, address=None):
    return [site.project.bin / 'penstock', 'serve', 'wsgi:application', '--python', site.project.python,
            '--fcgi', address or site.socket, '--workers', site.workers]


def tap_command(site):
    """Penstock with `penstock tap` before it; the tap is stopped with the rest, by its mark."""
    behind = site.folder / 'run/behind.sock'
    penstock = site.project.bin / 'penstock'
    serve = shlex.join(map(str, [penstock, 'serve', 'wsgi:application', '--python', site.project.python,
                                 '--fcgi', behind, '--workers', site.workers]))
    tap = shlex.join(map(str, [penstock, 'tap', '--listen', site.socket, '--to', behind]))
    return ['sh', '-c', f'{serve} & while ! [ -S {shlex.quote(str(behind))} ]; do sleep 0.01; done; exec {tap} >tap.out']


def flup_command(site):
    return [site.project.python, '-c', 'from wsgi import application; from flup.server.fcgi import WSGIServer; '
            f'WSGIServer(application, bindAddress="{site.socket}").run()']


def uwsgi_command(site, address=None):
    return [site.project.bin / 'uwsgi', '--uwsgi-socket', address or site.socket, '--master', '--processes', site.workers,
            '--home', site.project.venv, '--pythonpath', site.htdocs, '--module', 'wsgi', '--need-app',
            '--disable-logging', '--die-on-term']


def gunicorn_command(site):
    return [site.project.bin / 'gunicorn', '--bind', f'unix:{site.socket}', '--workers', site.workers,
            '--worker-class', 'gthread', '--threads', '8', 'wsgi:application']


def gunicorn_preload_command(site):
    return [*gunicorn_command(site), '--preload']


def mod_wsgi(site):
    module = next(site.project.venv.glob('lib/python3*/site-packages/mod_wsgi/server/mod_wsgi-*.so'))
    return (f'LoadModule wsgi_module {module}\n'
            'WSGISocketPrefix run/wsgi\n'
            f'WSGIDaemonProcess bench processes={site.workers} threads=8 display-name=(wsgi:bench) '
            f'home={site.htdocs} python-home={site.project.venv} python-path={site.htdocs}\n'
            'WSGIProcessGroup bench\nWSGIApplicationGroup %{GLOBAL}\n'
            f'WSGIScriptAlias / {site.htdocs}/wsgi.py\n')


def static(site):
    site.write(site.application.path.lstrip('/'), site.application.body(site.project))
    return ''


def null_command(site):
    site.write('body', site.application.body(site.project))
    site.write('NullResponder.java', (HERE / 'NullResponder.java').read_text())  # where the servers' user can read it
    return [java(), site.htdocs / 'NullResponder.java', site.socket, site.htdocs / 'body']


def java_command(site):
    site.write('body', site.application.body(site.project))
    site.write('JavaResponder.java', (HERE / 'JavaResponder.java').read_text())
    library = next(site.project.venv.glob('lib/python3*/site-packages/penstock/lib'))
    options = library.parent / 'jvm.options'
    return [java(), *([f'@{options}'] if options.exists() else []), '-cp', f'{library}/*',
            site.htdocs / 'JavaResponder.java', site.socket, site.htdocs / 'body']


def java():
    homes = [os.environ[name] for name in ('JAVA_HOME',) if name in os.environ]
    homes += sorted(Path('/usr/lib/jvm').glob('*25*'))
    found = next((path for home in homes if (path := Path(home, 'bin/java')).exists()), shutil.which('java'))
    if found is None:
        raise BenchError('the null responder needs a JDK 25: set JAVA_HOME, or leave it out with --only')
    return found


def beside(front, *entries):
    return [replace(entry, name=f'{entry.name}-{front}', front=front) for entry in entries]


CONTENDERS = [
    Contender('static', 'static file, no application', static, ceiling=True, without=('upload',)),
    Contender('null', 'null FastCGI responder, mod_proxy_fcgi', proxy_fcgi, null_command, ceiling=True),
    Contender('penstock-java', 'Java application on Penstock, mod_proxy_fcgi', proxy_fcgi, java_command, ceiling=True,
              without=('upload',)),
    Contender('penstock-fcgid', 'Penstock, mod_fcgid', fcgid('penstock.fcgi')),
    Contender('penstock-proxy', 'Penstock, mod_proxy_fcgi', proxy_fcgi, penstock_command),
    Contender('penstock-tcp', 'Penstock, mod_proxy_fcgi, TCP', proxy('fcgi', FCGI_PATHS, tcp=True),
              lambda site: penstock_command(site, site.address)),
    Contender('tap', 'Penstock behind penstock tap, mod_proxy_fcgi', proxy_fcgi, tap_command),
    Contender('flup-fcgid', 'flup, mod_fcgid', fcgid('flup.server.fcgi')),
    Contender('flup-proxy', 'flup threads, mod_proxy_fcgi', proxy_fcgi, flup_command),
    Contender('uwsgi', 'uWSGI, mod_proxy_uwsgi', proxy('uwsgi'), uwsgi_command),
    Contender('uwsgi-tcp', 'uWSGI, mod_proxy_uwsgi, TCP', proxy('uwsgi', tcp=True),
              lambda site: uwsgi_command(site, site.address)),
    Contender('mod_wsgi', 'mod_wsgi daemon, 8 threads each', mod_wsgi),
    Contender('gunicorn', 'gunicorn gthread, 8 threads each, mod_proxy_http', proxy('http'), gunicorn_command),
    Contender('gunicorn-preload', 'the same with --preload', proxy('http'), gunicorn_preload_command),
    *beside('nginx',
            Contender('static', 'static file, no application', static, ceiling=True, without=('upload',)),
            Contender('null', 'null FastCGI responder, fastcgi_pass', lambda site: nginx.FASTCGI, null_command,
                      ceiling=True),
            Contender('penstock', 'Penstock, fastcgi_pass', lambda site: nginx.FASTCGI, penstock_command),
            Contender('flup', 'flup threads, fastcgi_pass', lambda site: nginx.FASTCGI, flup_command),
            Contender('uwsgi', 'uWSGI, uwsgi_pass', lambda site: nginx.UWSGI, uwsgi_command),
            Contender('gunicorn', 'gunicorn gthread, 8 threads each, proxy_pass', lambda site: nginx.HTTP,
                      gunicorn_command)),
]
