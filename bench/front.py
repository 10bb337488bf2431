"""A private web server in front of one contender: on a free loopback port, with nothing of the system's configuration."""

import shutil
import socket
import time

import processes
from project import BenchError

READY = '/bench-ready'
START_SECONDS = 10


class Front:
    """`folder` is writable by `user`; whoever starts it stops it by `mark`. Below: what it is called, how it is run."""

    NAME = ''

    def __init__(self, folder, directives, mark, user):
        self.folder, self.mark, self.user = folder, mark, user
        self.port = free_port()
        self.process = None
        for name in ('run', 'htdocs'):
            (folder / name).mkdir(exist_ok=True)
            shutil.chown(folder / name, user.pw_uid, user.pw_gid)
        (folder / 'ready.txt').write_text('ready\n')
        self.configuration = folder / f'{self.NAME}.conf'
        self.configuration.write_text(self.configure(directives))

    def configure(self, directives):
        """The configuration file's text: a file at READY, and what the contender needs."""
        raise NotImplementedError

    def command(self):
        """Runs in the foreground, so that its process is ours to stop."""
        raise NotImplementedError

    def start(self):
        """Returns when it has answered a request for a plain file, so that only the application is cold."""
        self.process = processes.start(self.command(), self.mark, self.user, self.folder,
                                       self.folder / f'{self.NAME}-output.log')
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise BenchError(f'{self.NAME} did not start:\n{self.log_tail()}')
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
        return ''.join(log_tail(path) for path in sorted(self.folder.glob(f'{self.NAME}*.log')))


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def log_tail(path, lines=25):
    return '\n'.join(path.read_text(errors='replace').splitlines()[-lines:]) if path.exists() else '(no log)'
