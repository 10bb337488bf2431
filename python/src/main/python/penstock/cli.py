"""The console script `penstock`: finds Java and becomes the Java program of the same name."""

import os
import stat
import sys

from penstock import runtime


def main(argv=None) -> None:
    """`penstock COMMAND …`. Only `demo` is Python's own; it sets up virtualenvs."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    if arguments[:1] == ["demo"]:
        from penstock import demo

        sys.exit(demo.main(arguments[1:]))
    jar = os.path.join(runtime.PACKAGE, "lib", "penstock.jar")
    if not os.path.exists(jar):
        sys.exit("penstock: %s is not there: run the build, or `pip install penstock`" % jar)
    try:
        java = runtime.find_java()
    except runtime.NoJava as reason:
        sys.exit("penstock: %s" % reason)
    command = runtime.java_command(java, arguments)
    if arguments[:1] == ["serve"] and stdin_listens():
        command.insert(-1 - len(arguments), "-Dpenstock.stdin_listens=true")
    # The interpreter of this virtualenv: what `serve` takes where no other is named or found.
    command.insert(-1 - len(arguments), "-Dpenstock.python=" + (sys.executable or "python3"))
    try:
        os.execve(java, command, runtime.java_environment())
    except OSError as reason:
        sys.exit("penstock: %s cannot be run: %s" % (java, reason.strerror))


def stdin_listens() -> bool:
    """Whether descriptor 0 is a listening socket: spawn-fcgi, systemd with StandardInput=socket."""
    try:
        if not stat.S_ISSOCK(os.fstat(0).st_mode):
            return False
    except OSError:
        return False
    import _socket  # only here: `penstock --help` has nothing to do with sockets

    socket = _socket.socket(fileno=0)
    try:
        return bool(socket.getsockopt(_socket.SOL_SOCKET, _socket.SO_ACCEPTCONN))
    except OSError:
        return False
    finally:
        socket.detach()


if __name__ == "__main__":
    main()
