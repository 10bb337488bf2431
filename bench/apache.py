"""A private Apache (event MPM) on a free loopback port, with its own configuration and nothing of the system's."""

import shutil
import socket
import time
from pathlib import Path

import processes
from project import BenchError

READY = '/bench-ready'
MODULE_FOLDERS = ('/usr/lib/apache2/modules', '/usr/lib64/httpd/modules', '/usr/lib/httpd/modules')
MODULES = ('mpm_event', 'authz_core', 'mime', 'dir', 'alias', 'env', 'setenvif', 'rewrite',
           'proxy', 'proxy_fcgi', 'proxy_http', 'proxy_uwsgi', 'fcgid')

BASE = '''\
ServerRoot {folder}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile run/apache.pid
DefaultRuntimeDir run
Mutex file:run default
ErrorLog {folder}/apache.log
LogLevel warn
TypesConfig /dev/null
# As many connections as the load generator opens, kept for the whole run; no access log for anybody.
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 30
ServerLimit 4
StartServers 2
ThreadsPerChild 64
MaxRequestWorkers 256
DocumentRoot {folder}/htdocs
<Directory />
    AllowOverride None
    Require all granted
</Directory>
Alias {ready} {folder}/ready.txt
ProxyPass {ready} !
'''


def binary():
    places = '/usr/sbin:/usr/bin'
    found = shutil.which('apache2', path=places) or shutil.which('httpd', path=places)
    if found is None:
        raise BenchError('Apache was not found; on Debian: apt-get install apache2-bin libapache2-mod-fcgid')
    return found


def load_modules():
    folder = next((Path(name) for name in MODULE_FOLDERS if Path(name).is_dir()), None)
    missing = [name for name in MODULES if folder is None or not (folder / f'mod_{name}.so').exists()]
    if missing:
        raise BenchError(f'Apache modules are missing: {", ".join(missing)}; '
                         'on Debian: apt-get install apache2-bin libapache2-mod-fcgid')
    built_in_on_debian = [name for name in ('unixd',) if (folder / f'mod_{name}.so').exists()]
    return ''.join(f'LoadModule {name}_module {folder}/mod_{name}.so\n' for name in (*MODULES, *built_in_on_debian))


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Apache:
    """One Apache for one contender. `folder` is writable by `user`; whoever starts it stops it by `mark`."""

    def __init__(self, folder, directives, mark, user):
        self.folder, self.mark, self.user = folder, mark, user
        self.port = free_port()
        self.process = None
        for name in ('run', 'htdocs'):
            (folder / name).mkdir(exist_ok=True)
            shutil.chown(folder / name, user.pw_uid, user.pw_gid)
        (folder / 'ready.txt').write_text('ready\n')
        base = BASE.format(folder=folder, port=self.port, ready=READY)
        (folder / 'apache.conf').write_text(load_modules() + base + directives)

    def start(self):
        """Returns when it has answered a request for a plain file, so that only the application is cold."""
        self.process = processes.start([binary(), '-f', self.folder / 'apache.conf', '-DFOREGROUND'],
                                       self.mark, self.user, self.folder, self.folder / 'apache-output.log')
        deadline = time.monotonic() + 10
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise BenchError(f'Apache did not start:\n{self.log_tail()}')
            time.sleep(0.01)
        return self.process

    def _answers(self):
        try:
            with socket.create_connection(('127.0.0.1', self.port), 1) as connection:
                connection.sendall(f'GET {READY} HTTP/1.0\r\n\r\n'.encode())
                return b' 200 ' in connection.recv(64)
        except OSError:
            return False

    def log_tail(self):
        return log_tail(self.folder / 'apache.log')


def log_tail(path, lines=25):
    return '\n'.join(path.read_text(errors='replace').splitlines()[-lines:]) if path.exists() else '(no log)'
