"""Folders that Apache's processes can reach: as root they are another user's, so pytest's own
folders will not do.
"""

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from penstock.demo import apache

REPOSITORY = Path(__file__).resolve().parents[2]


@contextmanager
def folder(name="it"):
    """A folder in /tmp that anyone may pass, removed at the end. Short, for the sake of Unix
    sockets' names.
    """
    place = Path(tempfile.mkdtemp(prefix="penstock-%s-" % name, dir="/tmp"))
    place.chmod(0o755)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def writable(place):
    """Make a folder that the spawned processes may write."""
    place.mkdir(parents=True, exist_ok=True)
    apache.give_to_apache(place)
    return place


def cache():
    """Where virtualenvs and the quickstart project stay between runs."""
    default = (
        "/var/cache/penstock-it"
        if os.geteuid() == 0
        else os.path.expanduser("~/.cache/penstock-it")
    )
    place = Path(os.environ.get("PENSTOCK_IT_CACHE", default))
    place.mkdir(parents=True, exist_ok=True)
    return place


def wheel():
    """The wheel under test: the build's, or the one that PENSTOCK_WHEEL names."""
    named = os.environ.get("PENSTOCK_WHEEL")
    if named:
        return Path(named)
    built = sorted((REPOSITORY / "dist").glob("*.whl"), key=lambda file: file.stat().st_mtime)
    return built[-1] if built else None
