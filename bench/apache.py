"""A private Apache (event MPM) on a free loopback port, with its own configuration and nothing of the system's."""

import shutil
from pathlib import Path

from front import READY, Front
from project import BenchError

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


class Apache(Front):
    NAME = 'apache'

    def configure(self, directives):
        return load_modules() + BASE.format(folder=self.folder, port=self.port, ready=READY) + directives

    def command(self):
        return [binary(), '-f', self.configuration, '-DFOREGROUND']
