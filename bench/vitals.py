"""What a site costs at one moment, and whether that grows: memory, descriptors, sockets, temporary files, processes."""

import os
import statistics
import time
from dataclasses import dataclass, replace
from pathlib import Path

import processes

SLACK_DESCRIPTORS = 8
FLAT_FACTOR, FLAT_BYTES = 1.15, 10_000_000
JUDGED_SECONDS = 300


@dataclass(frozen=True)
class Vitals:
    seconds: float
    """time.monotonic()"""
    servers: int
    zygotes: int
    workers: int
    others: int
    server_pid: int
    server_memory: int
    """PSS in bytes, 0 when it could not be read"""
    worker_memory: int
    descriptors: int
    """the server's; of them:"""
    sockets: int
    temporary_files: int
    threads: int

    HEAD = ('s', 'server', 'zygote', 'workers', 'others', 'server MB', 'workers MB', 'descriptors', 'sockets',
            'temporary files', 'threads')

    def row(self, since):
        return [f'{self.seconds - since:.0f}', self.servers, self.zygotes, self.workers, self.others,
                f'{self.server_memory / 1e6:.0f}', f'{self.worker_memory / 1e6:.0f}', self.descriptors, self.sockets,
                self.temporary_files, self.threads]


def look(site):
    roles = site.roles()
    pid = roles.servers[0] if roles.servers else 0
    links = _links(pid)
    return Vitals(time.monotonic(), len(roles.servers), len(roles.zygotes), len(roles.workers), len(roles.others), pid,
                  processes.proportional_size(pid) or 0,
                  sum(processes.proportional_size(worker) or 0 for worker in roles.workers + roles.zygotes),
                  len(links), sum(link.startswith('socket:') for link in links),
                  sum(link.endswith('(deleted)') and not link.startswith('/memfd:') for link in links), _threads(pid))


def without_connections(vitals, connections):
    return replace(vitals, descriptors=vitals.descriptors - connections, sockets=vitals.sockets - connections)


def _links(pid):
    found = []
    folder = Path(f'/proc/{pid}/fd')
    for name in os.listdir(folder) if folder.is_dir() else ():
        try:
            found.append(os.readlink(folder / name))
        except OSError:
            continue  # closed meanwhile
    return found


def _threads(pid):
    try:
        return len(os.listdir(f'/proc/{pid}/task'))
    except OSError:
        return 0


def leaks(before, after):
    """Findings about what stayed behind between two moments without load; connections are not counted in either."""
    findings = []
    for name in ('descriptors', 'sockets', 'temporary_files'):
        old, new = getattr(before, name), getattr(after, name)
        slack = 0 if name == 'temporary_files' else SLACK_DESCRIPTORS
        if new > old + slack:
            findings.append(f'{name.replace("_", " ")} of the server: {old} before, {new} after')
    return findings


def growth(samples):
    """A finding when the server's memory grew from the second quarter of the run to its last; too short is no finding."""
    sizes = [sample.server_memory for sample in samples if sample.server_memory]
    if len(sizes) < 8 or samples[-1].seconds - samples[0].seconds < JUDGED_SECONDS:
        return []
    quarter = len(sizes) // 4
    early, late = statistics.median(sizes[quarter:2 * quarter]), statistics.median(sizes[-quarter:])
    if late > early * FLAT_FACTOR + FLAT_BYTES:
        return [f'memory of the server grew from {early / 1e6:.0f} to {late / 1e6:.0f} MB']
    return []
