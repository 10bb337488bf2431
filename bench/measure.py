"""The measurements: one run of load, time to the first byte, and what the machine is."""

import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from project import BenchError

HERE = Path(__file__).resolve().parent
TIMEOUT_SECONDS = 10  # mod_fcgid makes a request wait in steps of a second: slow, in p99, but no error
COLD_SECONDS = 60


class Medians:
    def median(self, name):
        values = getattr(self, name)
        return statistics.median(values) if values else None


@dataclass
class Load(Medians):
    """What a contender did under one number of connections; a list has an entry for every round."""

    rate: list = field(default_factory=list)
    p50_ms: list = field(default_factory=list)
    p99_ms: list = field(default_factory=list)
    bad_status: int = 0
    timeouts: int = 0
    socket_errors: int = 0

    @property
    def errors(self):
        return self.bad_status + self.timeouts + self.socket_errors

    def add(self, result):
        self.rate.append(rate(result))
        self.p50_ms.append(result['p50'] / 1000)
        self.p99_ms.append(result['p99'] / 1000)
        self.bad_status += result['status']
        self.timeouts += result['timeout']
        self.socket_errors += result['socket']


@dataclass
class Figures(Medians):
    """What was measured of one contender with one application; a list has an entry for every start."""

    loads: dict = field(default_factory=dict)
    """A Load for each number of connections."""
    cold_ms: list = field(default_factory=list)
    fresh_rate: list = field(default_factory=list)
    fresh_errors: int = 0
    memory: list = field(default_factory=list)
    front_memory: list = field(default_factory=list)
    processes: list = field(default_factory=list)
    many_memory: list = field(default_factory=list)
    """As `memory`, with as many workers as the goals are about."""
    respawn_ms: list = field(default_factory=list)
    failure: str = ''

    @property
    def is_empty(self):
        return not (self.loads or self.cold_ms or self.failure)

    def add_fresh(self, result):
        """The load right after a cold start: processes are still being spawned, code is not yet compiled."""
        self.fresh_rate.append(rate(result))
        self.fresh_errors += result['status'] + result['timeout'] + result['socket']


def wrk():
    found = shutil.which('wrk')
    if found is None:
        raise BenchError('wrk was not found; on Debian: apt-get install wrk')
    return found


def wrk_command(url, connections, seconds, upload=0, headers=None):
    threads = min(2, connections)
    return [wrk(), f'-c{connections}', f'-t{threads}', f'-d{seconds}s', f'--timeout={TIMEOUT_SECONDS}s',
            '-s', str(HERE / 'report.lua'), url, '--', 'POST' if upload else 'GET', str(upload),
            *(f'{name}: {value}' for name, value in (headers or {}).items())]


def load(*arguments):
    """Runs wrk; a dictionary of requests, microseconds, p50, p99 (microseconds), status, timeout, socket (errors)."""
    command = wrk_command(*arguments)
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        return json.loads(done.stderr.strip().splitlines()[-1])
    except (IndexError, ValueError):
        raise BenchError(f'wrk failed:\n{done.stdout}{done.stderr}') from None


def rate(result):
    """Only good answers count as throughput: an error page is quickly made."""
    return (result['requests'] - result['status']) * 1e6 / result['microseconds']


def ask(port, path, upload=0, headers=None, timeout=COLD_SECONDS):
    """(status, body, time.monotonic() at the first byte) of one request on a connection of its own."""
    lines = [f'{"POST" if upload else "GET"} {path} HTTP/1.0', f'Host: 127.0.0.1:{port}',
             *(f'{name}: {value}' for name, value in (headers or {}).items())]
    if upload:
        lines.append(f'Content-Length: {upload}')
    with socket.create_connection(('127.0.0.1', port), timeout) as connection:
        connection.sendall('\r\n'.join([*lines, '', '']).encode() + b'x' * upload)
        data = connection.recv(65536)
        first_byte = time.monotonic()
        while more := connection.recv(65536):
            data += more
    head, _, body = data.partition(b'\r\n\r\n')
    words = head.split(None, 2)
    return int(words[1]) if len(words) > 1 else 0, body, first_byte


def first_answer(request, process):
    """Asks until there is an answer that is not 'nothing there yet' (502, 503); None when the server exits before."""
    deadline = time.monotonic() + COLD_SECONDS
    while time.monotonic() < deadline:
        try:
            status, body, first_byte = request()
        except OSError:
            return None
        if status not in (502, 503):
            return status, body, first_byte
        if process is not None and process.poll() is not None:
            return None
        time.sleep(0.005)
    return None


def quiet(seconds=10):
    """Waits until the machine idles (over 85 % of a quarter second), at most `seconds`; False if it never did.

    What a contender still has in its backlog when its round ends must not be charged to the next.
    """
    deadline = time.monotonic() + seconds
    before = _cpu()
    while time.monotonic() < deadline:
        time.sleep(0.25)
        now = _cpu()
        if now[0] - before[0] > 0.85 * (now[1] - before[1]):
            return True
        before = now
    return False


def _cpu():
    """(idle, all) ticks so far."""
    ticks = [int(word) for word in Path('/proc/stat').read_text().splitlines()[0].split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)


def machine(python, fronts):
    """One line: what the figures belong to."""
    model = next((line.partition(':')[2].strip() for line in Path('/proc/cpuinfo').read_text().splitlines()
                  if line.startswith('model name')), platform.machine())
    packages = ('penstock', 'flup', 'uWSGI', 'mod_wsgi', 'gunicorn', 'TurboGears2', 'Django')
    script = ('import importlib.metadata as m, platform as p\nprint("Python", p.python_version(), end="")\n'
              f'for n in {packages}:\n try: print(",", n, m.version(n), end="")\n except m.PackageNotFoundError: pass')
    versions = _output(python, '-c', script)
    servers = ', '.join(_output(binary, '-v').splitlines()[0].partition(': ')[2] for binary in fronts)
    return f'{len(os.sched_getaffinity(0))} cores, {model}, Linux {platform.release()}, {servers}, {versions}'


def _output(*command):
    return subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True).stdout.strip()
