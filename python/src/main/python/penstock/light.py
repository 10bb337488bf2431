"""The C modules below `socket` and `signal`, and other light replacements, for the dispatch.

The standard modules around them build enums at import: several milliseconds and more than a
megabyte, in a process of which a web server may keep dozens.
"""

try:
    import _signal as signal
    import _socket as socket
except ImportError:  # an interpreter that is built differently
    import signal
    import socket

__all__ = ["ini_value", "is_listening", "signal", "socket"]


def is_listening(descriptor: int) -> bool:
    """Whether a web server gave us its listening socket there (FastCGI), the test of SO_ACCEPTCONN.

    A CGI script has a pipe, a file or a *connected* socket in the same place.
    """
    import os

    try:
        copy = socket.socket(fileno=os.dup(descriptor))
    except OSError:
        return False
    try:
        return copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) != 0
    except OSError:
        return False
    finally:
        copy.close()


def ini_value(path: str, section: str, key: str):
    """One value of an INI file as it stands there, or None. `configparser` would cost more than all
    else that a CGI program does; what it alone can (interpolation, continued lines) no setting that
    is read here needs.
    """
    found = None
    current = ""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("["):
                    current = line[1:].partition("]")[0]
                elif current == section and line[0] not in "#; \t\r\n":
                    name, _, value = line.replace(":", "=", 1).partition("=")
                    if name.strip() == key:
                        found = value.strip()
    except OSError:
        pass
    return found
