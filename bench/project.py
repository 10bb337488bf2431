"""The virtualenv, the quickstart project and the Django site that everything compared runs from.

They are the demo's, with the peers installed beside, kept in a cache folder because making them takes a minute.
When the bench runs as root the servers run as www-data, so the cache then lies where that user can read it, and
the interpreter is one that it can reach, too.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'python/src/main/python'))
from penstock.demo.project import ProjectError, Quickstart, find_python, run  # noqa: E402

INTERPRETERS = ('/usr/bin/python3.11', '/usr/local/bin/python3.11', 'python3.11')

# Run inside the virtualenv: the page as the application itself gives it, to check every server against.
REFERENCE_PAGE = '''
import sys
from paste.deploy import loadapp
from webob import Request
app = loadapp('config:' + sys.argv.pop())
response = Request.blank('/demo').get_response(app)
sys.stdout.buffer.write(response.body)
'''


class BenchError(Exception):
    """The bench cannot go on; the text says why and what to do."""


def run_user():
    """The user that Apache and all servers run as: ourselves, or www-data when we are root."""
    return pwd.getpwnam('www-data') if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def cache_folder():
    if 'PENSTOCK_BENCH_CACHE' in os.environ:
        return Path(os.environ['PENSTOCK_BENCH_CACHE']).resolve()
    return Path('/var/cache/penstock-bench') if os.geteuid() == 0 else Path.home() / '.cache/penstock-bench'


class Project:
    """`python`, `bin`, `venv`; `ini` and `page` of the quickstart; the Django site in `django`. Ready after `prepare`."""

    def __init__(self, cache, wheel, say):
        python = next((found for name in INTERPRETERS if (found := shutil.which(name))), None)
        if python is None:
            raise BenchError('Python 3.11 was not found; on Debian 12: apt-get install python3.11-venv python3.11-dev')
        lines = (HERE / 'requirements.txt').read_text().splitlines()
        peers = [line for line in lines if line and not line.startswith('#')]
        self.quickstart = Quickstart(cache, wheel, peers, python)
        self.say = say
        self.venv = Path(self.quickstart.virtualenv)
        self.bin = self.venv / 'bin'
        self.python = self.bin / 'python'
        self.folder = Path(self.quickstart.directory)
        self.ini = self.folder / 'production.ini'
        self.page = self.folder / 'demo.html'
        self.django = Path(cache) / 'django'
        self.django_page = self.django / 'entries.html'

    def prepare(self):
        """Makes what is missing; seconds when nothing is."""
        try:
            self.quickstart.make(self._step)
        except ProjectError as error:
            raise BenchError(str(error)) from None
        if self.quickstart.wheel:  # as `penstock init` does for its users
            subprocess.run([self.python, '-m', 'penstock.training'], check=False)
        text = production((self.folder / 'development.ini').read_text())
        if not self.page.exists() or not self.ini.exists() or self.ini.read_text() != text:
            self.ini.write_text(text)
            self._write_page()
            self._give_to_run_user(self.folder)
        self._make_django()

    @contextmanager
    def _step(self, title):
        self.say(title)
        yield

    @property
    def django_cookie(self):
        return 'sessionid=penstockbenchpenstockbenchpenst0'  # SESSION in django_site.py

    def _write_page(self):
        # Not from the folder above the project: that would shadow its package by a namespace package.
        self._write_output(self.page, [self.python, '-c', REFERENCE_PAGE, self.ini], self.folder)

    def _make_django(self):
        source, site = HERE / 'django_site.py', self.django / 'django_site.py'
        if not self.django_page.exists() or site.read_bytes() != source.read_bytes():
            self.django.mkdir(exist_ok=True)
            self.django_page.unlink(missing_ok=True)
            shutil.copyfile(source, site)
            self._write_output(self.django_page, [self.python, site], self.django)
            self._give_to_run_user(self.django)

    def _write_output(self, page, command, folder):
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0 or b'</html>' not in done.stdout:
            raise BenchError(f'{command[1]} gave no page:\n{done.stderr.decode(errors="replace")[-3000:]}')
        page.write_bytes(done.stdout)

    def _give_to_run_user(self, folder):
        user = run_user()
        if user.pw_uid != os.geteuid():
            for path in [folder, *folder.rglob('*')]:
                os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


class PlainProject:
    """A virtualenv with Penstock and nothing else; `python`, `bin` and `venv` are ready after `prepare`."""

    def __init__(self, cache, wheel, say):
        self.wheel, self.say = Path(wheel), say
        self.venv = Path(cache) / 'plain'
        self.bin = self.venv / 'bin'
        self.python = self.bin / 'python'

    def prepare(self):
        mark, made = self.venv / 'made', hashlib.sha256(self.wheel.read_bytes()).hexdigest()
        if mark.exists() and mark.read_text() == made:
            return
        self.say('make a virtualenv with Penstock')
        try:
            shutil.rmtree(self.venv, ignore_errors=True)
            run([find_python(), '-m', 'venv', str(self.venv)])
            run([str(self.python), '-m', 'pip', '--disable-pip-version-check', '--quiet', 'install', str(self.wheel)])
        except ProjectError as error:
            raise BenchError(str(error)) from None
        subprocess.run([self.python, '-m', 'penstock.training'], check=False)
        mark.write_text(made)


def production(text):
    """The quickstart's development.ini with what its comments ask for in production, and every logger at WARNING.

    Without `auto_reload_templates = false` Kajiki compiles the page's templates again for every request (15 ms).
    """
    text = text.replace('debug = true', 'debug = false', 1)
    text = text.replace('#auto_reload_templates = false', 'auto_reload_templates = false', 1)
    for level in ('DEBUG', 'INFO'):
        text = text.replace(f'\nlevel = {level}\n', '\nlevel = WARN\n')
    return text


def newest_wheel():
    """The wheel that the build left in dist/, or None."""
    wheels = sorted((HERE.parent / 'dist').glob('penstock-*.whl'), key=lambda path: path.stat().st_mtime)
    return wheels[-1] if wheels else None
