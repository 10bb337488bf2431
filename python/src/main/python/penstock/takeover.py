"""Makes the process the dispatch before the dispatch script runs.

`penstock.pth` imports this at interpreter start, only where descriptor 0 is a socket or the process
is a CGI program. A dispatch
script as flup's users have it loads its application first and asks to be served last:

    wsgi_app = loadapp('config:/…/development.ini')
    from penstock.fcgi import WSGIServer
    WSGIServer(wsgi_app).run()

A web server spawns many of them, and only the zygote needs the application. So where descriptor 0
is a *listening* socket and the script names both `penstock.fcgi` and `WSGIServer`, the script is
not run here at all. Nor is it as a CGI program when an instance of it runs, which then answers
(`relay`). A script that says `serve("…/development.ini")` is left to run: it loads
nothing before it gets there.

An exception must not leave this module: `site` would print it, and SystemExit would be fatal.
"""

import os
import sys

#: No dispatch script is longer; of other programs only the beginning is looked at.
LONGEST_SCRIPT = 65536


def script_of_this_process():
    """The path of the script that the interpreter is going to run, or None (`-c`, `-m`, a REPL)."""
    name = getattr(sys, "argv", [""])[0]
    if not name or name in ("-c", "-m"):
        return None
    return os.path.abspath(name)


def asks_for_us(script: str) -> bool:
    """Whether the script's text is that of a flup-like dispatch with our import."""
    try:
        with open(script, "rb", 0) as file:
            text = file.read(LONGEST_SCRIPT)
    except OSError:
        return False
    return b"penstock.fcgi" in text and b"WSGIServer" in text


def take_over() -> None:
    """Becomes the dispatch and never returns, or returns having done nothing."""
    from penstock.light import is_listening

    script = script_of_this_process()
    if not script or not asks_for_us(script):
        return
    if is_listening(0):
        from penstock import dispatch

        status = 1
        try:
            status = dispatch.run(script)
        finally:
            os._exit(status)
    elif "GATEWAY_INTERFACE" in os.environ:
        from penstock import relay

        status = 1
        try:
            status = relay.answer(script)
        finally:
            if status is not None:
                os._exit(status)


take_over()
