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
    else that a CGI program does. Lines that continue a value are joined by line ends; there is no
    interpolation.
    """
    found = None
    current = ""
    continued = False
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("["):
                    current = line[1:].partition("]")[0]
                    continued = False
                elif line[0] in " \t" and continued and found is not None:
                    found = (found + "\n" + line.strip()).strip()
                elif current == section and line[0] not in "#; \t\r\n":
                    end = min(line.find(mark) % 65536 for mark in "=:")
                    continued = line[:end].strip() == key
                    if continued:
                        found = line[end + 1 :].strip()
    except OSError:
        pass
    return found
