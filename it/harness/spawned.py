"""Dispatch processes started by hand, as mod_fcgid starts them, for what depends on the moment that
they start.
"""

import os
import socket
import subprocess

from harness import scripts
from harness.processes import Family, end_all


class Spawned:
    """A dispatch script in `folder` and the dispatches that were started from it; all end with the
    `with` block.
    """

    def __init__(self, folder, text):
        self.folder = folder
        folder.mkdir(mode=0o755)
        self.run_folder = folder / "run"
        self.run_folder.mkdir()
        self.script = folder / "dispatch.fcgi"
        self.script.write_text(text)
        self.script.chmod(0o755)
        (folder / "penstock.ini").write_text(scripts.penstock_ini({}))
        self.dispatches = []

    def dispatch(self):
        dispatch = Dispatch(self.script, self.folder / str(len(self.dispatches)), self.run_folder)
        self.dispatches.append(dispatch)
        return dispatch

    def family(self):
        return Family(self.script)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end_all(self.script)
        for dispatch in self.dispatches:
            dispatch.process.wait(10)


class Dispatch:
    """One process with its listening socket on descriptor 0, hardly any environment, in the
    script's folder.
    """

    def __init__(self, script, address, run_folder):
        self.address = str(address)
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(self.address)
        self._listening.listen(5)
        environment = {"PATH": os.environ["PATH"], "PENSTOCK_RUN_DIR": str(run_folder)}
        self.process = subprocess.Popen(
            [str(script)], stdin=self._listening, cwd=script.parent, env=environment
        )

    def terminate(self):
        """What mod_fcgid does to end it; returns the exit status."""
        self.process.terminate()
        return self.process.wait(10)
