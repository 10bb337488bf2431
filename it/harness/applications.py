"""Programs of others that speak FastCGI."""

import os
import shutil
import socket
import subprocess

import pytest

from harness.processes import alive
from harness.waiting import eventually

PHP_FPM = """\
[global]
error_log = {folder}/error.log
daemonize = no
[www]
listen = {folder}/app.sock
listen.mode = 0666
{user}
pm = static
pm.max_children = {children}
catch_workers_output = yes
php_admin_flag[log_errors] = on
"""


class Listening:
    """A program that serves a Unix socket which it finds as descriptor 0, or opens itself."""

    def __init__(self, folder, command, given=True, environment=None):
        self.socket = folder / "app.sock"
        self.log = folder / "app.log"
        self.command = [str(word) for word in command]
        self.given = given
        self.environment = dict(os.environ, **(environment or {}))

    def __enter__(self):
        listening = socket.socket(socket.AF_UNIX)
        if self.given:
            listening.bind(str(self.socket))
            listening.listen(64)
        with listening, open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=listening if self.given else subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                start_new_session=True,
            )
        eventually(self.answers, 20, "somebody at %s" % self.socket)
        return self

    def answers(self):
        assert self.process.poll() is None, self.log.read_text(errors="replace")
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.socket)) == 0

    def __exit__(self, *_):
        print("--- the application said\n" + self.log.read_text(errors="replace")[-3000:])
        self.process.kill()
        self.process.wait()


def php_fpm(folder, children):
    """php-fpm with so many processes."""
    binary = program("php-fpm8.2", "php-fpm8.3", "php-fpm8.4", "php-fpm")
    user = "user = www-data\ngroup = www-data" if os.geteuid() == 0 else ""  # it wants one to become
    configuration = folder / "fpm.conf"
    configuration.write_text(PHP_FPM.format(folder=folder, user=user, children=children))
    command = [binary, "--fpm-config", configuration, "--nodaemonize"]
    return Listening(folder, command, given=False)


def program(*names):
    """The path of the first of these programs that is there, or a skip."""
    for name in names:
        found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/usr/local/go/bin")
        if found:
            return found
    pytest.skip("%s is not installed" % " or ".join(names))


def end_processes_of(command):
    """End what runs this program, for one that was started in the background by another."""
    for process in alive():
        if process.arguments[:1] == [str(command)]:
            process.kill()
