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

#: The pids that `start` started, by marker, until they have been waited for: nginx writes its title over its environment.
_started = {}


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
        process = subprocess.Popen([str(word) for word in command], cwd=folder, env={**environment(mark), **(extra or {})},
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                                   umask=0o022, **identity)
    _started.setdefault(mark, []).append(process.pid)
    return process


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
            if int(folder.name) in _started.get(mark, ()) or wanted in (folder / 'environ').read_bytes().split(b'\0'):
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
    _started.pop(mark, None)
    for process in started:
        process.wait()


def _signal(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def kill(pids):
    for pid in pids:
        _signal(pid, signal.SIGKILL)


def terminate(pids):
    for pid in pids:
        _signal(pid, signal.SIGTERM)


def title(pid):
    """The command line, blanks between its words; '' when the process has gone."""
    try:
        return Path(f'/proc/{pid}/cmdline').read_bytes().replace(b'\0', b' ').decode(errors='replace').strip()
    except OSError:
        return ''


def parent(pid):
    """0 when the process has gone."""
    try:
        return int(Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[1])
    except OSError:
        return 0


def is_front(pid):
    """Whether it is Apache's or nginx's own. mod_wsgi's daemons are Apache's, but renamed (display-name)."""
    program = title(pid).split(' ')[0]
    return program.endswith(('/apache2', '/httpd', '/nginx')) or program == 'nginx:'


def workers(mark):
    """The processes that another one of the application has forked and that have forked none themselves."""
    mine = [pid for pid in find(mark) if not is_front(pid)]
    parents = {pid: parent(pid) for pid in mine}
    return [pid for pid in mine if parents[pid] in parents and pid not in parents.values()]


def memory(mark):
    """(PSS of the application's processes, PSS of the web server's, number of the former); bytes."""
    application = front = count = 0
    for pid in find(mark):
        size = proportional_size(pid)
        if size is None:
            continue
        if is_front(pid):
            front += size
        else:
            application, count = application + size, count + 1
    return application, front, count


def proportional_size(pid):
    """PSS in bytes; None when the process has gone."""
    try:
        rollup = Path(f'/proc/{pid}/smaps_rollup').read_text()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith('Pss:')), 0) * 1024
