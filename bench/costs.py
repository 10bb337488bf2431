"""What a run of load cost each kind of process: processor time, context switches and system calls, by request."""

import os
import resource
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import processes

TICK = os.sysconf('SC_CLK_TCK')
GENERATOR = 'wrk (load generator)'
ATTACH_SECONDS = 10


@dataclass
class Cost:
    """Of one process, or the sum over all processes of one kind."""

    user: float = 0
    system: float = 0
    voluntary: int = 0
    involuntary: int = 0

    def __add__(self, other):
        return Cost(self.user + other.user, self.system + other.system, self.voluntary + other.voluntary,
                    self.involuntary + other.involuntary)

    def __sub__(self, other):
        return Cost(self.user - other.user, self.system - other.system, self.voluntary - other.voluntary,
                    self.involuntary - other.involuntary)


def kind(pid):
    title = processes.title(pid)
    if processes.is_front(pid):
        return 'web server'
    if title.startswith('penstock: '):
        return title.split()[1]  # zygote, worker
    if 'dev.penstock.cli.Main' in title or 'NullResponder' in title:
        return 'server (JVM)'
    return 'dispatch' if 'dispatch.fcgi' in title else 'application'


def by_kind(mark):
    """{kind: [pids]}"""
    found = {}
    for pid in processes.find(mark):
        found.setdefault(kind(pid), []).append(pid)
    return found


def snapshot(mark):
    """{(kind, pid): Cost so far}; the load generator's is that of all children that we have waited for."""
    costs = {}
    for name, pids in by_kind(mark).items():
        for pid in pids:
            try:
                costs[name, pid] = _cost(pid)
            except OSError:
                continue  # it has gone meanwhile
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    costs[GENERATOR, 0] = Cost(usage.ru_utime, usage.ru_stime, usage.ru_nvcsw, usage.ru_nivcsw)
    return costs


def _cost(pid):
    fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    cost = Cost(int(fields[11]) / TICK, int(fields[12]) / TICK)
    for task in Path(f'/proc/{pid}/task').iterdir():
        try:
            lines = dict(line.split(':', 1) for line in (task / 'status').read_text().splitlines())
        except OSError:
            continue  # the thread has ended meanwhile
        cost.voluntary += int(lines['voluntary_ctxt_switches'])
        cost.involuntary += int(lines['nonvoluntary_ctxt_switches'])
    return cost


def between(before, after):
    """{kind: Cost} of the processes that were there both times."""
    found = {}
    for key in after.keys() & before.keys():
        found[key[0]] = found.get(key[0], Cost()) + (after[key] - before[key])
    return found


class Strace:
    """Counts the system calls of processes while the `with` block runs; `calls` is then {name: count}.

    `refusal` says why there are none: it needs root, or a kernel that lets us trace our children.
    """

    def __init__(self, pids, output):
        self.pids, self.output = pids, Path(output)
        self.calls, self.refusal, self._said = {}, '', []

    def __enter__(self):
        words = [word for pid in self.pids for word in ('-p', str(pid))]
        try:
            self._process = subprocess.Popen(['strace', '-f', '-c', '-o', self.output, *words], stdin=subprocess.DEVNULL,
                                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        except FileNotFoundError:
            self.refusal, self._process = 'strace was not found; on Debian: apt-get install strace', None
            return self
        self._reader = threading.Thread(target=self._said.extend, args=(iter(self._process.stderr),))
        self._reader.start()
        deadline = time.monotonic() + ATTACH_SECONDS
        while (self._process.poll() is None and time.monotonic() < deadline
               and not all(self._is_traced(pid) for pid in self.pids)):
            time.sleep(0.01)
        return self

    @staticmethod
    def _is_traced(pid):
        try:
            return '\nTracerPid:\t0\n' not in Path(f'/proc/{pid}/status').read_text()
        except OSError:
            return True  # it has gone

    def __exit__(self, *_):
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        self._process.wait()
        self._reader.join()
        self.calls = self._read()
        said = ''.join(self._said)
        if not self.calls and 'attached' not in said:
            self.refusal = ' '.join(said[-300:].split()) or 'strace said nothing'

    def _read(self):
        """Columns of strace -c: % time, seconds, usecs/call, calls, errors or nothing, name."""
        found = {}
        for line in self.output.read_text().splitlines() if self.output.exists() else ():
            words = line.split()
            if len(words) >= 5 and words[3].isdigit() and words[-1] != 'total':
                found[words[-1]] = int(words[3])
        return found
