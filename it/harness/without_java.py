"""Runs a command on a machine without Java: the system's folder for it is hidden in a mount
namespace of its own.
"""

import os
import subprocess

import pytest

JAVA_FOLDER = "/usr/lib/jvm"


def wrapper(folder):
    """Words to put before a command; skips the test where hiding is not allowed."""
    if not os.path.isdir(JAVA_FOLDER):
        return []
    empty = folder / "no-java"
    empty.mkdir(exist_ok=True)
    unshare = (
        ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    )
    words = [*unshare, "sh", "-c", 'mount --bind %s %s && exec "$0" "$@"' % (empty, JAVA_FOLDER)]
    if subprocess.run(
        [*words, "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ).returncode:
        pytest.skip("hiding %s needs `unshare --mount`, which this user may not do" % JAVA_FOLDER)
    return words


def environment(**more):
    """No hint at a Java, and only the system's programs."""
    return dict({"PATH": "/usr/sbin:/usr/bin:/bin"}, **more)
