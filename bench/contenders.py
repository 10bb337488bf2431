"""What is compared: the applications, and the ways to run them behind Apache. A new one is one entry in the tables.

Every contender runs the same `wsgi.py`, with its own defaults except where the title says otherwise: two processes,
eight threads each where threads are to be chosen, Unix sockets, connections to it kept open where Apache can.
"""

import os
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Optional

import processes
from apache import free_port
from project import BenchError, Project

HERE = Path(__file__).resolve().parent
HELLO = b'Hello, world!\n'

HELLO_WSGI = f'''\
def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '{len(HELLO)}')])
    return [{HELLO!r}]
'''

QUICKSTART_WSGI = '''\
import logging.config
from paste.deploy import loadapp
ini = '{ini}'
logging.config.fileConfig(ini, {{'here': '{ini.parent}', '__file__': ini}}, disable_existing_loggers=False)
application = loadapp('config:' + ini)
'''

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
{site.fcgid_environment}
<Directory {site.htdocs}>
    AllowOverride All
</Directory>
'''


@dataclass(frozen=True)
class Application:
    name: str
    path: str
    wsgi: Callable[[Project], str]
    body: Callable[[Project], bytes]

    def accepts(self, body, project):
        """Under mod_fcgid flup's links name the script (the recipe's bug): the page is right otherwise."""
        return body.replace(b'/dispatch.fcgi', b'') == self.body(project)


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
    """Writes what it needs into the site and returns Apache's directives."""
    command: Optional[Callable[[Site], list]] = None
    """The server to start beside Apache; None when Apache starts it."""
    ceiling: bool = False
    """Runs no application: the most throughput that could be had; its start and memory mean nothing."""


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
        return f'{more}\nProxyPass / {where} enablereuse=on retry=0\n'
    return directives


# With this Apache sends SCRIPT_NAME and PATH_INFO as they should be, for every FastCGI server alike.
FCGI_PATHS = 'SetEnvIf Request_URI . proxy-fcgi-pathinfo=unescape'
proxy_fcgi = proxy('fcgi', FCGI_PATHS)


def penstock_command(site, address=None):
    return [site.project.bin / 'penstock', 'serve', 'wsgi:application', '--python', site.project.python,
            '--fcgi', address or site.socket, '--workers', site.workers]


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
    return 'DefaultType none\n'


def null_command(site):
    site.write('body', site.application.body(site.project))
    site.write('NullResponder.java', (HERE / 'NullResponder.java').read_text())  # where the servers' user can read it
    return [java(), site.htdocs / 'NullResponder.java', site.socket, site.htdocs / 'body']


def java():
    homes = [os.environ[name] for name in ('JAVA_HOME',) if name in os.environ]
    homes += sorted(Path('/usr/lib/jvm').glob('*25*'))
    found = next((path for home in homes if (path := Path(home, 'bin/java')).exists()), shutil.which('java'))
    if found is None:
        raise BenchError('the null responder needs a JDK 25: set JAVA_HOME, or leave it out with --only')
    return found


APPLICATIONS = [
    Application('hello', '/hello', lambda project: HELLO_WSGI, lambda project: HELLO),
    Application('quickstart', '/demo', lambda project: QUICKSTART_WSGI.format(ini=project.ini),
                lambda project: project.page.read_bytes()),
]

CONTENDERS = [
    Contender('static', 'static file, no application', static, ceiling=True),
    Contender('null', 'null FastCGI responder, mod_proxy_fcgi', proxy_fcgi, null_command, ceiling=True),
    Contender('penstock-fcgid', 'Penstock, mod_fcgid', fcgid('penstock.fcgi')),
    Contender('penstock-proxy', 'Penstock, mod_proxy_fcgi', proxy_fcgi, penstock_command),
    Contender('penstock-tcp', 'Penstock, mod_proxy_fcgi, TCP', proxy('fcgi', FCGI_PATHS, tcp=True),
              lambda site: penstock_command(site, site.address)),
    Contender('flup-fcgid', 'flup, mod_fcgid', fcgid('flup.server.fcgi')),
    Contender('flup-proxy', 'flup threads, mod_proxy_fcgi', proxy_fcgi, flup_command),
    Contender('uwsgi', 'uWSGI 2 processes, mod_proxy_uwsgi', proxy('uwsgi'), uwsgi_command),
    Contender('uwsgi-tcp', 'uWSGI 2 processes, mod_proxy_uwsgi, TCP', proxy('uwsgi', tcp=True),
              lambda site: uwsgi_command(site, site.address)),
    Contender('mod_wsgi', 'mod_wsgi daemon 2 × 8 threads', mod_wsgi),
    Contender('gunicorn', 'gunicorn gthread 2 × 8, mod_proxy_http', proxy('http'), gunicorn_command),
]
