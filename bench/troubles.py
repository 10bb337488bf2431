"""What bench/soak does to a site: each kind of trouble is a function that does it and says what it found amiss.

A trouble has `patience` seconds for the site to be whole again: one server, one zygote, all workers, and none of them
one that was to be replaced. What the site does not mend in that time is a finding, and is then mended by hand, so that
the soak goes on.
"""

import os
import signal
import subprocess
import time

import processes
from soak_site import eventually, state

FAULTY = ("raise RuntimeError('this version is broken')\n", 'def broken(:\n', 'import os; os._exit(9)\n',
          "import no_such_module\n")


class Trouble:
    """One site's troubles. `killed` are the workers that came to harm: POSTs that they had begun may fail."""

    def __init__(self, site, visitors, patience, chance):
        self.site, self.visitors, self.patience, self.chance = site, visitors, patience, chance
        self.killed = set()

    def do(self, kind):
        """Does it and waits until the site is whole; the findings, each a line."""
        return [*KINDS[kind](self), *self._mended()]

    def _mended(self, victims=()):
        if eventually(lambda: self.site.is_whole(victims), self.patience):
            return []
        finding = f'not whole after {self.patience} s: {self.site.roles()}'
        for pid in self._stuck(victims):
            finding += f'; killed by the soak: {processes.title(pid)} (pid {pid}, {_state(pid)})'
            self.killed.add(pid)
            processes.kill([pid])
        eventually(self.site.is_whole, self.patience)
        return [finding]

    def _stuck(self, victims):
        roles = self.site.roles()
        return [pid for pid in roles.workers + roles.zygotes if pid in victims or _state(pid) == 'T']

    def _worker(self):
        workers = self.site.roles().workers
        return self.chance.choice(workers) if workers else None

    def _signal_worker(self, number):
        pid = self._worker()
        if pid is None:
            return ['there was no worker']
        self.killed.add(pid)
        os.kill(pid, number)
        return self._mended([pid])

    def kill(self):
        """SIGKILL to a worker."""
        return self._signal_worker(signal.SIGKILL)

    def stop(self):
        """SIGSTOP to a worker: it lives, and answers nothing."""
        return self._signal_worker(signal.SIGSTOP)

    def zygote(self):
        """SIGKILL to the zygote."""
        victims = self.site.roles().zygotes
        processes.kill(victims)
        return [] if eventually(lambda: not set(victims) & set(self.site.roles().zygotes), self.patience) else ['it lives']

    def _fault(self, kind):
        """The next request's worker has the fault; waits until one has, and until that worker has been replaced."""
        before = self.site.ledger().fault_count()[kind]
        self.site.arm(kind)
        if not eventually(lambda: self.site.ledger().fault_count()[kind] > before, self.patience):
            return ['no request came to have it']
        pid = self.site.ledger().faults[-1][2]
        self.killed.add(pid)
        return self._mended([pid])

    def exit(self):
        """os._exit in a request."""
        return self._fault('exit')

    def memory(self):
        """A request takes 300 MB, then comes SIGKILL as from the kernel's out-of-memory killer."""
        return self._fault('memory')

    def leak(self):
        """A request leaves 150 MB behind in its worker, which max_memory should then replace."""
        return self._fault('leak')

    def deadlock(self):
        """A request waits for a lock for ever."""
        return self._fault('deadlock')

    def reload(self):
        """A good new version, by `penstock reload`; no older one may answer what is asked afterwards."""
        self.site.write_application()
        status, output = self.site.penstock('reload')
        if status != 0:
            return [f'penstock reload: exit {status}: {output[-300:]}']
        self.visitors.floor = self.site.version
        return []

    def broken(self):
        """A version that does not load: the reload must say so, and the old version must go on."""
        self.site.write_application(self.chance.choice(FAULTY))
        status, output = self.site.penstock('reload')
        self.site.write_application()
        return [] if status == 1 else [f'penstock reload of a broken version: exit {status}: {output[-300:]}']

    def restart(self):
        """SIGTERM to the server; its dispatches, or with `penstock serve` we, start the next one."""
        return self._end_server(signal.SIGTERM)

    def crash(self):
        """SIGKILL to the server. What it had in hand is lost, so this is no part of the usual soak."""
        self.killed.update(self.site.roles().workers)
        return self._end_server(signal.SIGKILL)

    def _end_server(self, number):
        victims = self.site.roles().servers
        for pid in victims:
            os.kill(pid, number)
        if not eventually(lambda: not set(victims) & set(self.site.roles().servers), self.patience):
            return [f'the server was there {self.patience} s after its signal']
        if self.site.front_name == 'proxy':
            self.site.start_again()
        return []

    def graceful(self):
        """A graceful restart of Apache: it replaces its dispatches, the server stays."""
        self.site.front.process.send_signal(signal.SIGUSR1)
        return []


KINDS = {name: getattr(Trouble, name) for name in
         ('kill', 'exit', 'memory', 'zygote', 'reload', 'broken', 'restart', 'stop', 'deadlock', 'leak',
          'graceful', 'crash')}
USUAL = [name for name in KINDS if name not in ('graceful', 'crash')]


def _state(pid):
    return {'T': 'stopped', 'S': 'sleeping', 'R': 'running', '': 'gone'}.get(state(pid), state(pid))


class Run:
    """The troubles in the order of their turns: all kinds, shuffled anew each time, one every `every` seconds."""

    def __init__(self, trouble, kinds, every, say):
        self.trouble, self.kinds, self.every, self.say = trouble, kinds, every, say
        self.done = []
        """(kind, time.monotonic() of its begin, findings)"""

    def until(self, deadline):
        while True:
            for kind in self.trouble.chance.sample(self.kinds, len(self.kinds)):
                if time.monotonic() + self.every > deadline:
                    return
                time.sleep(self.every)
                began, findings = time.monotonic(), []
                self.done.append((kind, began, findings))
                try:
                    findings += self.trouble.do(kind)
                except (OSError, LookupError, subprocess.TimeoutExpired) as error:
                    findings.append(f'{type(error).__name__}: {error}')
                self.say(f'{kind}: mended in {time.monotonic() - began:.1f} s'
                         + ''.join(f'\n    {finding}' for finding in findings))
