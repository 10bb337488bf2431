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


@dataclass
class Figures:
    """What was measured of one contender with one application; a list has an entry for every round or start."""

    rate: list = field(default_factory=list)
    p50_ms: list = field(default_factory=list)
    p99_ms: list = field(default_factory=list)
    requests: int = 0
    bad_status: int = 0
    timeouts: int = 0
    socket_errors: int = 0
    cold_ms: list = field(default_factory=list)
    fresh_rate: list = field(default_factory=list)
    fresh_errors: int = 0
    memory: list = field(default_factory=list)
    apache_memory: list = field(default_factory=list)
    processes: list = field(default_factory=list)
    failure: str = ''

    @property
    def errors(self):
        return self.bad_status + self.timeouts + self.socket_errors

    def median(self, name):
        values = getattr(self, name)
        return statistics.median(values) if values else None


def wrk():
    found = shutil.which('wrk')
    if found is None:
        raise BenchError('wrk was not found; on Debian: apt-get install wrk')
    return found


def load(url, connections, seconds):
    """Runs wrk; a dictionary of requests, microseconds, p50, p99 (microseconds), status, timeout, socket (errors)."""
    threads = min(2, connections)
    command = [wrk(), f'-c{connections}', f'-t{threads}', f'-d{seconds}s', f'--timeout={TIMEOUT_SECONDS}s',
               '-s', str(HERE / 'report.lua'), url]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        return json.loads(done.stderr.strip().splitlines()[-1])
    except (IndexError, ValueError):
        raise BenchError(f'wrk failed:\n{done.stdout}{done.stderr}') from None


def rate(result):
    """Only good answers count as throughput: an error page is quickly made."""
    return (result['requests'] - result['status']) * 1e6 / result['microseconds']


def add(figures, result):
    """One round's load on a contender that is warm."""
    figures.rate.append(rate(result))
    figures.p50_ms.append(result['p50'] / 1000)
    figures.p99_ms.append(result['p99'] / 1000)
    figures.requests += result['requests']
    figures.bad_status += result['status']
    figures.timeouts += result['timeout']
    figures.socket_errors += result['socket']


def add_fresh(figures, result):
    """The load right after a cold start: processes are still being spawned, code is not yet compiled."""
    figures.fresh_rate.append(rate(result))
    figures.fresh_errors += result['status'] + result['timeout'] + result['socket']


def get(port, path, timeout=COLD_SECONDS):
    """(status, body, time.monotonic() at the first byte) of one request on a connection of its own."""
    with socket.create_connection(('127.0.0.1', port), timeout) as connection:
        connection.sendall(f'GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n'.encode())
        data = connection.recv(65536)
        first_byte = time.monotonic()
        while more := connection.recv(65536):
            data += more
    head, _, body = data.partition(b'\r\n\r\n')
    words = head.split(None, 2)
    return int(words[1]) if len(words) > 1 else 0, body, first_byte


def first_answer(port, path, process):
    """Asks until there is an answer that is not 'nothing there yet' (502, 503); None when the server exits before."""
    deadline = time.monotonic() + COLD_SECONDS
    while time.monotonic() < deadline:
        try:
            status, body, first_byte = get(port, path)
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


def machine(python, apache):
    """One line: what the figures belong to."""
    model = next((line.partition(':')[2].strip() for line in Path('/proc/cpuinfo').read_text().splitlines()
                  if line.startswith('model name')), platform.machine())
    packages = ('penstock', 'flup', 'uWSGI', 'mod_wsgi', 'gunicorn', 'TurboGears2')
    script = ('import importlib.metadata as m, platform as p\nprint("Python", p.python_version(), end="")\n'
              f'for n in {packages}:\n try: print(",", n, m.version(n), end="")\n except m.PackageNotFoundError: pass')
    versions = _output(python, '-c', script)
    server = _output(apache, '-v').splitlines()[0].partition(': ')[2]
    return f'{len(os.sched_getaffinity(0))} cores, {model}, Linux {platform.release()}, {server}, {versions}'


def _output(*command):
    return subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True).stdout.strip()
