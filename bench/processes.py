"""Processes of one run: started with a marker in their environment, found by it, stopped by pid.

A marker finds what a process tree does not: a server that detaches itself, the processes that mod_fcgid
spawns, what is left when a parent has gone. Descendants count as well, should one of them drop its environment.
"""

import os
import signal
import subprocess
import time
from pathlib import Path

MARK = 'PENSTOCK_BENCH_RUN'
STOP_SECONDS = 8


def environment(mark):
    """A small, equal environment for every server."""
    kept = {name: os.environ[name] for name in ('JAVA_HOME', 'PENSTOCK_JAVA') if name in os.environ}
    return {'PATH': '/usr/local/bin:/usr/bin:/bin', 'LANG': 'C.UTF-8', MARK: mark, **kept}


def start(command, mark, user, folder, log, extra=None):
    """Starts a server in a session of its own, as `user`, with its output in the file `log`."""
    identity = {}
    if user.pw_uid != os.geteuid():
        identity = {'user': user.pw_uid, 'group': user.pw_gid, 'extra_groups': []}
    with open(log, 'ab') as output:
        return subprocess.Popen([str(word) for word in command], cwd=folder, env={**environment(mark), **(extra or {})},
                                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                                umask=0o022, **identity)


def find(mark):
    """The pids of all running processes that carry the marker, and of their descendants."""
    wanted = f'{MARK}={mark}'.encode()
    children, marked = {}, []
    for folder in Path('/proc').glob('[0-9]*'):
        try:
            stat = (folder / 'stat').read_text().rpartition(')')[2].split()
            if stat[0] == 'Z':
                continue
            children.setdefault(int(stat[1]), []).append(int(folder.name))
            if wanted in (folder / 'environ').read_bytes().split(b'\0'):
                marked.append(int(folder.name))
        except OSError:
            continue  # it has gone meanwhile, or is another user's
    found, queue = set(), marked
    while queue:
        pid = queue.pop()
        if pid not in found:
            found.add(pid)
            queue += children.get(pid, [])
    return sorted(found)


def stop(mark, started):
    """SIGTERM to all that carry the marker, SIGKILL to what is still there, until nothing is."""
    deadline = time.monotonic() + STOP_SECONDS
    signalled = set()
    while pids := find(mark):
        late = time.monotonic() > deadline
        for pid in pids:
            if late or pid not in signalled:
                _signal(pid, signal.SIGKILL if late else signal.SIGTERM)
                signalled.add(pid)
        time.sleep(0.02)
    for process in started:
        process.wait()


def _signal(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def memory(mark):
    """(PSS of the application's processes, PSS of Apache's, number of the former); bytes.

    mod_wsgi's daemons are forked by Apache but renamed (display-name), so they count as the application's.
    """
    application = apache = count = 0
    for pid in find(mark):
        try:
            rollup = Path(f'/proc/{pid}/smaps_rollup').read_text()
            command = Path(f'/proc/{pid}/cmdline').read_bytes().split(b'\0')[0]
        except OSError:
            continue
        size = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith('Pss:')) * 1024
        if command.endswith((b'/apache2', b'/httpd')):
            apache += size
        else:
            application, count = application + size, count + 1
    return application, apache, count
