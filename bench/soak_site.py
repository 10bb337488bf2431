"""A Penstock behind an Apache of its own, as bench/soak troubles it: what runs of it, its version, its commands."""

import json
import os
import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path

import contenders
import processes
from applications import Application
from runner import Running

SOURCE = (Path(__file__).resolve().parent / 'soak_application.py').read_text()
COMMAND_SECONDS = 60


def application(version, broken=''):
    return f'VERSION = {version}\n{broken}{SOURCE}'


SOAK = Application('soak', '/page?0', lambda project: application(1), lambda project: b'page 0\n\n')


def contender(front, settings):
    """`fcgid`: spawned by mod_fcgid; `proxy`: `penstock serve` behind mod_proxy_fcgi. `settings` are Penstock's."""
    def directives(site):
        text = contenders.fcgid('penstock.fcgi')(site)
        lines = ''.join(f'{key} = {value}\n' for key, value in settings.items())
        site.write('penstock.ini', f'[penstock]\nworkers = {site.workers}\n{lines}')
        return text

    def command(site):
        more = [word for key, value in settings.items() for word in ('--set', f'{key}={value}')]
        return [*contenders.penstock_command(site), *more]

    if front == 'fcgid':
        return contenders.Contender('fcgid', 'mod_fcgid', directives)
    return contenders.Contender('proxy', 'mod_proxy_fcgi', contenders.proxy_fcgi, command)


class Roles:
    """The pids of what runs of a site, at the moment it was looked at."""

    def __init__(self, mark):
        self.servers, self.zygotes, self.workers, self.others = [], [], [], []
        for pid in processes.find(mark):
            title = processes.title(pid)
            if processes.is_front(pid) or not title:
                continue
            role = (self.zygotes if title.startswith('penstock: zygote') else
                    self.workers if title.startswith('penstock: worker') else
                    self.servers if 'dev.penstock.cli.Main' in title and 'serve' in title.split() else self.others)
            role.append(pid)

    def __repr__(self):
        return (f'{len(self.servers)} servers, {len(self.zygotes)} zygotes, {len(self.workers)} workers'
                + (f', {len(self.others)} others' if self.others else ''))


class SoakSite(Running):
    """Used as a context manager, like Running. `version` is the application's newest."""

    def __init__(self, front, project, workers, settings):
        super().__init__(contender(front, settings), SOAK, project, workers)
        self.front_name, self.workers, self.version = front, workers, 1
        self.state = self.folder / 'soak'
        self.state.mkdir()
        shutil.chown(self.state, self.user.pw_uid, self.user.pw_gid)

    def roles(self):
        return Roles(self.mark)

    def is_whole(self, without=()):
        """One server, one zygote, all workers, none of them stopped or one of the pids `without`."""
        roles = self.roles()
        counts = (len(roles.servers), len(roles.zygotes), len(roles.workers)) == (1, 1, self.workers)
        return counts and not set(without) & set(roles.workers) and 'T' not in map(state, roles.workers)

    def log(self):
        """All that was logged by server and Apache."""
        logs = [*self.folder.glob('*.log'), *self.folder.glob('run/*/penstock.log')]
        return ''.join(path.read_text(errors='replace') for path in logs)

    def write_application(self, broken=''):
        """Its next version, whole at any moment: a reload must not read half of it."""
        self.version += 1
        path = self.site.htdocs / 'wsgi.py'
        fresh = path.with_name('wsgi.py.new')
        fresh.write_text(application(self.version, broken))
        fresh.replace(path)

    def penstock(self, *words):
        """(exit status, output) of a command of Penstock's for this instance, which is named last."""
        instance = next((path.parent.name for path in self.folder.glob('run/*/control')), self.site.htdocs)
        done = subprocess.run([self.project.bin / 'penstock', *words, instance], cwd=self.site.htdocs, text=True,
                              env={**os.environ, **self.site.environment}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=COMMAND_SECONDS)
        return done.returncode, done.stdout

    def connections(self):
        """How many connections the server says it has; 0 when it does not answer."""
        try:
            return json.loads(self.penstock('status', '--json')[1])['server']['connections']
        except (ValueError, LookupError, subprocess.TimeoutExpired):
            return 0

    def start_again(self):
        """What a service manager does when `penstock serve` has ended."""
        self.started = [process for process in self.started if process.poll() is None]
        self._start_server()

    def arm(self, kind):
        fresh = self.state / 'arming'
        fresh.write_text(kind)
        shutil.chown(fresh, self.user.pw_uid, self.user.pw_gid)
        fresh.replace(self.state / 'armed')

    def ledger(self):
        return Ledger(self.state / 'ledger')


class Ledger:
    """What the application wrote down: {id: [pids]} of the POSTs begun; (kind, id, pid) of each fault."""

    def __init__(self, path):
        self.begun, self.faults = {}, []
        for line in path.read_text().splitlines() if path.exists() else ():
            words = line.split()
            if words[0] == 'begun':
                self.begun.setdefault(words[1], []).append(int(words[2]))
            else:
                self.faults.append((words[1], words[2], int(words[3])))

    def fault_count(self):
        return Counter(kind for kind, _, _ in self.faults)


def state(pid):
    """The letter in /proc/PID/stat; '' when it has gone."""
    try:
        return Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0]
    except OSError:
        return ''


def eventually(condition, seconds):
    """Whether `condition` came true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
