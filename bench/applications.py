"""The applications that every contender runs, each as the text of its `wsgi.py` and the request that is made of it."""

import zlib
from dataclasses import dataclass
from typing import Callable, Optional

from project import Project

HELLO = b'Hello, world!\n'
BLOCK = bytes(range(256)) * 256
MEGABYTE = 16 * len(BLOCK)

HELLO_WSGI = f'''\
def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '{len(HELLO)}')])
    return [{HELLO!r}]
'''

# TurboGears without a database, a session or templates: its dispatch, its request and response, and nothing else.
MINIMAL_WSGI = f'''\
from tg import MinimalApplicationConfigurator, TGController, expose

class Root(TGController):
    @expose(content_type='text/plain')
    def hello(self):
        return {HELLO.decode()!r}

configurator = MinimalApplicationConfigurator()
configurator.update_blueprint({{'root_controller': Root()}})
application = configurator.make_wsgi_app()
'''

QUICKSTART_WSGI = '''\
import logging.config
from paste.deploy import loadapp
ini = '{ini}'
logging.config.fileConfig(ini, {{'here': '{ini.parent}', '__file__': ini}}, disable_existing_loggers=False)
application = loadapp('config:' + ini)
'''

DJANGO_WSGI = '''\
import sys
sys.path.insert(0, '{folder}')
from django_site import application
'''

DOWNLOAD_WSGI = f'''\
BLOCK = bytes(range(256)) * 256

def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'application/octet-stream'), ('Content-Length', '{MEGABYTE}')])
    return iter([BLOCK] * {MEGABYTE // len(BLOCK)})
'''

UPLOAD_WSGI = '''\
import zlib

def application(environ, start_response):
    length = checksum = 0
    while block := environ['wsgi.input'].read(65536):
        length, checksum = length + len(block), zlib.crc32(block, checksum)
    body = b'%d %08x\\n' % (length, checksum)
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', str(len(body)))])
    return [body]
'''


@dataclass(frozen=True)
class Application:
    name: str
    path: str
    wsgi: Callable[[Project], str]
    body: Callable[[Project], bytes]
    """The right answer, which every answer that is looked at is compared with."""
    upload: int = 0
    """Bytes (all of them `x`) to be sent by POST; 0 is a GET."""
    cookie: Optional[Callable[[Project], str]] = None

    def accepts(self, body, project):
        """Under mod_fcgid flup's links name the script (the recipe's bug): the page is right otherwise."""
        return body.replace(b'/dispatch.fcgi', b'') == self.body(project)

    def headers(self, project):
        return {'Cookie': self.cookie(project)} if self.cookie else {}


def _uploaded(_):
    return b'%d %08x\n' % (MEGABYTE, zlib.crc32(b'x' * MEGABYTE))


APPLICATIONS = [
    Application('hello', '/hello', lambda project: HELLO_WSGI, lambda project: HELLO),
    Application('minimal', '/hello', lambda project: MINIMAL_WSGI, lambda project: HELLO),
    Application('quickstart', '/demo', lambda project: QUICKSTART_WSGI.format(ini=project.ini),
                lambda project: project.page.read_bytes()),
    Application('django', '/entries', lambda project: DJANGO_WSGI.format(folder=project.django),
                lambda project: project.django_page.read_bytes(), cookie=lambda project: project.django_cookie),
    Application('download', '/download', lambda project: DOWNLOAD_WSGI, lambda project: BLOCK * (MEGABYTE // len(BLOCK))),
    Application('upload', '/upload', lambda project: UPLOAD_WSGI, _uploaded, upload=MEGABYTE),
]
