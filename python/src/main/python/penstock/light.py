"""The C modules below `socket` and `signal`, for the dispatch.

The standard modules around them build enums at import: several milliseconds and more than a
megabyte, in a process of which a web server may keep dozens.
"""

try:
    import _signal as signal
    import _socket as socket
except ImportError:  # an interpreter that is built differently
    import signal
    import socket

__all__ = ["is_listening", "signal", "socket"]


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
