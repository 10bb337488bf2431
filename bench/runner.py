"""One contender running one application: started, checked, stopped."""

import shutil
import tempfile
import time
from pathlib import Path

import measure
import processes
from contenders import FRONTS, Site
from front import log_tail
from project import BenchError, run_user


class Running:
    """A context manager: the contender has answered rightly on entry, and nothing of it is left on exit.

    `cold_ms` is the time from the moment something was asked of it – the server's start, or, where Apache starts the
    application, the first request – to the first byte of the answer.
    """

    def __init__(self, contender, application, project, workers):
        self.contender, self.application, self.project = contender, application, project
        self.user = run_user()
        self.folder = Path(tempfile.mkdtemp(prefix='penstock-bench-'))
        self.mark = self.folder.name
        self.site = Site(self.folder, project, application, self.mark, workers)
        self.started = []
        self.cold_ms = None

    def __enter__(self):
        try:
            self._start()
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        processes.stop(self.mark, self.started)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def port(self):
        """Where requests are to be sent."""
        return self.front.port

    @property
    def url(self):
        return f'http://127.0.0.1:{self.port}{self.application.path}'

    def load(self, connections, seconds):
        """wrk's figures of a load on it: see measure.load."""
        return measure.load(self.url, connections, seconds, self.application.upload, self._headers())

    def ask(self):
        """(status, body, time of the first byte) of one request."""
        return measure.ask(self.port, self.application.path, self.application.upload, self._headers())

    def _headers(self):
        return self.application.headers(self.project)

    def _start(self):
        self.folder.chmod(0o755)
        self.site.write('wsgi.py', self.application.wsgi(self.project))
        front = FRONTS[self.contender.front]
        self.front = front(self.folder, self.contender.directives(self.site), self.mark, self.user)
        shutil.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        self.started.append(self.front.start())
        measure.quiet(5)
        server, before = None, time.monotonic()
        if self.contender.command:
            server = self._start_server()
        answer = measure.first_answer(self.ask, server)
        if answer is None:
            raise self._failed('did not answer')
        self._check(*answer[:2])
        self.cold_ms = (answer[2] - before) * 1000

    def _listens(self):
        return self.site.socket.exists() or self.site.port_is_open()

    def _start_server(self):
        server = processes.start(self.contender.command(self.site), self.mark, self.user, self.site.htdocs,
                                 self.folder / 'server.log', self.site.environment)
        self.started.append(server)
        deadline = time.monotonic() + measure.COLD_SECONDS
        while not self._listens() and server.poll() is None and time.monotonic() < deadline:
            time.sleep(0.001)
        if not self._listens():
            raise self._failed('does not listen')
        if self.site.socket.exists():
            self.site.socket.chmod(0o777)
        return server

    def check(self):
        """Its answer is still the right one; a BenchError with the logs when not."""
        self._check(*self.ask()[:2])

    def respawn_ms(self):
        """From the SIGKILL of all its workers to the first byte of the next good answer; None if it has no workers.

        What dies has no request in hand. The answers in between (502 of some peers) are waited over.
        """
        workers = processes.workers(self.mark)
        if not workers:
            return None
        before = time.monotonic()
        processes.kill(workers)
        while time.monotonic() < before + measure.COLD_SECONDS:
            try:
                status, _, first_byte = self.ask()
            except OSError:
                status = 0
            if status == 200:
                return (first_byte - before) * 1000
            time.sleep(0.001)
        raise self._failed('did not answer after its workers had been killed')

    def _check(self, status, body):
        if status != 200:
            raise self._failed(f'answered {status}, not 200')
        if not self.application.accepts(body, self.project):
            raise self._failed(f'answered with another body: {body[:200]!r}')

    def _failed(self, what):
        logs = ''.join(f'\n--- {path.name}\n{log_tail(path)}' for path in sorted(self.folder.glob('*.log')))
        return BenchError(f'{self.contender.name} {what}{logs}')
