"""Finds the Penstock that `penstock demo` installs into its virtualenv: the one that is running."""

import os
import zipfile
from importlib import metadata

from penstock.demo.project import ProjectError

# What pip adds when it installs; a wheel does not have it.
_ADDED_BY_PIP = ("INSTALLER", "REQUESTED", "direct_url.json")


def find_wheel(given, folder):
    """`given` (an option or the build's PENSTOCK_WHEEL), or a wheel put together in `folder` from
    what is installed.
    """
    if given:
        if not os.path.isfile(given):
            raise ProjectError("there is no wheel %s" % given)
        return given
    try:
        distribution = metadata.distribution("penstock")
        return _pack(distribution, folder)
    except metadata.PackageNotFoundError:
        raise ProjectError(
            "penstock runs from a folder, not installed: name its wheel with --wheel"
        ) from None


def _pack(distribution, folder):
    # The registry is not asked: what the demo shows is what runs here, released or not.
    path = os.path.join(folder, "penstock-%s-py3-none-any.whl" % distribution.version)
    os.makedirs(folder, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for file in sorted(distribution.files, key=str):
            if ".." in file.parts or "__pycache__" in file.parts or file.name in _ADDED_BY_PIP:
                continue
            content = file.locate().read_bytes()
            if file.name == "RECORD":
                lines = content.decode().splitlines(True)
                kept = [
                    line
                    for line in lines
                    if not line.startswith("..") and "__pycache__" not in line
                ]
                content = "".join(kept).encode()
            # A fixed time, so that the same files make the same wheel and the second run sees no
            # change.
            wheel.writestr(zipfile.ZipInfo(file.as_posix(), (1980, 1, 1, 0, 0, 0)), content)
    return path
