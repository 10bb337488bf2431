"""A CGI program's way to the running instance: one request there, its answer back.

The web server runs the dispatch script anew for each request. Where an instance of it runs already,
this process need not load the application: it connects to the instance's control socket, says
`cgi`, and from then on the connection speaks SCGI, of which the answer is what a CGI program writes:

    cgi NUL script NUL NUL                                       the server says ok
    digits ':' NAME NUL value NUL … ','  body                    the answer comes, up to end of file

Light, like the dispatch: this happens for each request.
"""

import os
import stat
from select import POLLIN, POLLOUT, poll

from penstock.instance import connect_running
from penstock.light import ini_value, socket

#: What is read at once, and how much of an answer may wait for the web server to take it.
PIECE_BYTES = 65536
#: A server that is just being started answers when it is up; one that hangs is not waited for.
PATIENCE_SECONDS = 10.0

NO_ANSWER = b"Status: 502 Bad Gateway\r\nContent-Type: text/plain\r\n\r\nThe server gave no answer.\n"


def answer(script: str, ini=None):
    """Has the instance answer. Returns the exit status, or None where this process has to answer by
    itself; nothing has been read or written then.

    `ini` is the INI file that the script names, if it does.
    """
    if setting("reload", script, ini) == "always":
        return None
    connection = connect(script)
    if connection is None:
        return None
    body, rest = body_of(os.environb)
    relay = Relay(connection, head(os.environb, rest), body, rest)
    relay.run()
    relay.drain()
    return 0


def setting(name: str, script: str, ini=None):
    """A setting as the server would read it, without what a full reader knows: in `[penstock]` of the
    INI file, of penstock.ini beside the script, of penstock.ini beside the INI file.
    """
    return said(name, script, ini)[0]


def said(name: str, script: str, ini=None):
    """The same, and the folder of the file that says so."""
    beside = [os.path.join(os.path.dirname(file), "penstock.ini") for file in (script, ini) if file]
    for file in [ini] + beside:
        value = ini_value(file, "penstock", name) if file else None
        if value is not None:
            folder = os.path.dirname(file)
            return value.replace("%(here)s", folder), folder
    return None, ""


def connect(script: str):
    """A connection that a server has taken for this script, or None. The instance is that of the
    script, or of the same script under its name for FastCGI.
    """
    targets = [script]
    stem, extension = os.path.splitext(script)
    if extension == ".cgi":
        targets.append(stem + ".fcgi")
    for target in targets:
        connection = connect_running(target)
        if connection is None:
            continue
        try:
            connection.settimeout(PATIENCE_SECONDS)
            connection.sendall(b"cgi\0" + os.fsencode(target) + b"\0\0")
            said = b""
            while not said.endswith(b"\n"):
                piece = connection.recv(1)  # what follows the line is the answer
                if not piece:
                    break
                said += piece
            if said == b"ok\n":
                return connection
        except OSError:
            pass  # it ends, or does not answer: we do without
        connection.close()
    return None


def body_of(environ):
    """The descriptor that has the body, and its length. Web servers leave descriptor 0 open after it;
    a body without a length (a chunked upload under Apache, which bounds it) ends with the file.
    """
    length = environ.get(b"CONTENT_LENGTH", b"")
    if length.isdigit():
        return 0, int(length)
    if b"chunked" not in environ.get(b"HTTP_TRANSFER_ENCODING", b"").lower():
        return 0, 0
    from tempfile import TemporaryFile

    with TemporaryFile() as file:
        for piece in iter(lambda: os.read(0, PIECE_BYTES), b""):
            file.write(piece)
        length = file.tell()
        file.seek(0)
        return os.dup(file.fileno()), length


def head(environ, length: int) -> bytes:
    """The request's variables as SCGI has them. Where our own variables point is nobody's business."""
    pairs = [b"CONTENT_LENGTH", b"%d" % length, b"SCGI", b"1"]
    for name, value in environ.items():
        if name not in (b"CONTENT_LENGTH", b"SCGI") and not name.startswith(b"PENSTOCK_"):
            pairs += [name, value]
    headers = b"\0".join(pairs) + b"\0"
    return b"%d:%s," % (len(headers), headers)


class Relay:
    """Copies both ways at once: web servers send a whole body before they read, others read before
    they have sent it, and the server may answer at any time. Single-threaded, never blocks on one side.
    """

    def __init__(self, connection, request: bytes, body: int, rest: int):
        self.connection = connection
        self.connection.setblocking(False)
        self.body = body
        self.rest = rest  # bytes of the body that are still to be read
        self.to_server = request
        self.to_client = b""
        self.answered = False
        self.ended = False  # the server has said everything, or the client has gone
        os.set_blocking(1, False)
        if rest:
            os.set_blocking(body, False)

    def run(self) -> None:
        """Until the answer is out, or nobody wants it any more."""
        while not self.ended or self.to_client:
            ready = dict(self.wait())
            if self.connection.fileno() in ready:
                self.serve(ready[self.connection.fileno()])
            if self.body in ready:
                self.read_body()
            if 1 in ready:
                self.write_answer(ready[1])
        if not self.answered:
            self.to_client, self.answered = NO_ANSWER, True
            os.write(2, b"penstock: the server ended before it answered; its log says why\n")
            self.write_answer(POLLOUT)
        self.connection.close()

    def wait(self):
        waiting = poll()
        to_read = POLLIN if len(self.to_client) < 4 * PIECE_BYTES else 0
        to_write = POLLOUT if self.to_server else 0
        if not self.ended and to_read | to_write:
            waiting.register(self.connection.fileno(), to_read | to_write)
        if self.rest and not self.to_server and not self.ended:
            waiting.register(self.body, POLLIN)
        waiting.register(1, POLLOUT if self.to_client else 0)  # 0: only whether it has been closed
        return waiting.poll()

    def serve(self, events: int) -> None:
        if self.to_server:
            self.send()
        if events & ~POLLOUT:
            try:
                piece = self.connection.recv(PIECE_BYTES)
            except BlockingIOError:
                return
            except OSError:
                piece = b""
            self.ended = not piece
            self.answered = self.answered or bool(piece)
            self.to_client += piece

    def send(self) -> None:
        try:
            self.to_server = self.to_server[self.connection.send(self.to_server) :]
        except BlockingIOError:
            pass
        except OSError:
            self.to_server = b""  # it takes no more, but has perhaps said why

    def read_body(self) -> None:
        try:
            piece = os.read(self.body, min(self.rest, PIECE_BYTES))
        except BlockingIOError:
            return
        self.rest -= len(piece)
        self.to_server = piece
        if not piece:  # cut short: the server is told, and says so to the client
            self.rest = 0
            self.connection.shutdown(socket.SHUT_WR)

    def write_answer(self, events: int) -> None:
        try:
            if events & ~POLLOUT:
                raise BrokenPipeError
            self.to_client = self.to_client[os.write(1, self.to_client) :]
        except BlockingIOError:
            pass
        except OSError:  # the client has gone, and the server sees it by our end
            self.to_client, self.answered, self.ended, self.rest = b"", True, True, 0

    def drain(self) -> None:
        """Reads what the web server has still to send after an early answer such as a 413: it would
        take our end for a failure.
        """
        if not self.rest:
            return
        if stat.S_ISSOCK(os.fstat(1).st_mode):
            socket.socket(fileno=os.dup(1)).shutdown(socket.SHUT_WR)
        os.close(1)
        os.set_blocking(self.body, True)
        piece = b"begin"
        while self.rest > 0 and piece:
            piece = os.read(self.body, min(self.rest, PIECE_BYTES))
            self.rest -= len(piece)
