"""Applications on every Python from 3.8 on, under one Penstock that is installed in a newer one's
virtualenv.
"""

import glob
import os
import shutil
import subprocess

import pytest

from penstock.demo.apache import free_port

from harness import client
from harness.probe import BIG, Probe, facts
from harness.served import Served

VERSIONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")


def interpreter(version):
    """Of that version on the PATH or in pyenv's folder; None when the machine has none."""
    pattern = os.path.expanduser("~/.pyenv/versions/%s.*/bin/python" % version)
    candidates = [
        shutil.which("python" + version),
        shutil.which("python3"),
        *sorted(glob.glob(pattern)),
    ]
    probe = "import sys; print('%d.%d' % sys.version_info[:2])"
    for candidate in filter(None, candidates):
        result = subprocess.run(
            [candidate, "-c", probe], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        if result.stdout.decode().strip() == version:
            return candidate
    return None


@pytest.mark.parametrize("version", VERSIONS)
def test_an_application_runs_on_python(quickstart, folder, running, version):
    python = interpreter(version)
    if python is None:
        pytest.skip("no Python %s on the PATH or in ~/.pyenv" % version)
    probe = Probe(folder / "project")
    arguments = ["probe:application", "--python", python, "--workers", "2"]

    served = running(
        Served(quickstart, folder, *arguments, http=free_port(), directory=probe.directory)
    )

    seen = facts(served.url)
    assert ".".join(map(str, seen["python"])) == version
    assert seen["utf8"] == 1
    assert client.fetch(served.url + "/download?size=%d" % BIG.size).body == BIG.content()
    assert BIG.sha256() in client.fetch(served.url + "/digest", "POST", BIG.content()).text
