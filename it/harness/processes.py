"""The machine's processes as /proc shows them: what runs for a site, and what it costs."""

import os
import signal

from harness.waiting import eventually


class Process:
    """One process at the time it was looked at."""

    def __init__(self, pid):
        self.pid = pid
        with open("/proc/%d/cmdline" % pid, "rb") as file:
            self.arguments = file.read().decode("utf-8", "replace").rstrip("\0").split("\0")
        with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        self.state = fields[0]
        self.parent = int(fields[1])
        self.uid = os.stat("/proc/%d" % pid).st_uid

    @property
    def title(self):
        """What `ps` shows."""
        return " ".join(self.arguments).strip()

    def memory(self):
        """Private and proportional memory in bytes, as (private, pss)."""
        private = pss = 0
        with open("/proc/%d/smaps_rollup" % self.pid, encoding="ascii") as file:
            for line in file:
                name, _, rest = line.partition(":")
                if name in ("Private_Clean", "Private_Dirty"):
                    private += int(rest.split()[0]) * 1024
                elif name == "Pss":
                    pss = int(rest.split()[0]) * 1024
        return private, pss

    def descriptors(self):
        """How many files, sockets and pipes it has open."""
        return len(os.listdir("/proc/%d/fd" % self.pid))

    def kill(self, number=signal.SIGKILL):
        os.kill(self.pid, number)

    def __repr__(self):
        return "%d %s" % (self.pid, self.title[:100])


def alive():
    """Every living process that we may look at; zombies are not alive."""
    processes = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                process = Process(int(entry))
            except (OSError, ValueError, IndexError):
                continue
            if process.state not in "ZX":
                processes.append(process)
    return processes


def descendants(*pids):
    """The processes below `pids`, without these themselves."""
    children = {}
    for process in alive():
        children.setdefault(process.parent, []).append(process)
    found, queue = [], list(pids)
    while queue:
        for child in children.get(queue.pop(), ()):
            found.append(child)
            queue.append(child.pid)
    return found


class Family:
    """What runs for one target (a dispatch script, or the target of `penstock serve`), by role."""

    def __init__(self, target):
        everything = alive()
        target = str(target)
        mine = [
            process for process in everything if any(target == word for word in process.arguments)
        ]
        self.servers = [process for process in mine if is_server(process)]
        self.dispatches = [process for process in mine if not is_server(process)]
        below = descendants(*[server.pid for server in self.servers])
        self.zygotes = [
            process for process in below if process.title.startswith("penstock: zygote")
        ]
        self.workers = [
            process for process in below if process.title.startswith("penstock: worker")
        ]
        self.others = [process for process in below if process not in self.zygotes + self.workers]

    @property
    def counts(self):
        """Servers, zygotes, workers. Just after a start, ask with `eventually`: processes
        get their titles when they begin to work.
        """
        return len(self.servers), len(self.zygotes), len(self.workers)

    def all(self):
        return self.dispatches + self.servers + self.zygotes + self.workers + self.others

    def __repr__(self):
        return "dispatches %s\nservers %s\nzygotes %s\nworkers %s\nothers %s" % (
            self.dispatches,
            self.servers,
            self.zygotes,
            self.workers,
            self.others,
        )


def end_all(target):
    """End what runs for a target at once, without its grace."""
    for process in Family(target).all():
        try:
            process.kill()
        except ProcessLookupError:
            pass
    eventually(lambda: not Family(target).all(), what="the end of all processes of %s" % target)


def is_server(process):
    return "dev.penstock.cli.Main" in process.arguments and "serve" in process.arguments


def gone(pid):
    """Whether the process has ended (a zombie that its parent has not looked at has ended)."""
    try:
        return Process(pid).state in "ZX"
    except (OSError, IndexError):
        return True
