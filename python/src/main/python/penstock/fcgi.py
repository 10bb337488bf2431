"""What a dispatch script uses.

With an INI file, all that a `dispatch.fcgi` has to say is:

    #!/path/to/virtualenv/bin/python
    from penstock.fcgi import serve
    serve("/path/to/project/development.ini")

A script written for flup stays as it is but for its import:

    from penstock.fcgi import WSGIServer
    WSGIServer(wsgi_app).run()

The script means a different thing in each process that runs it. Spawned by a web server (descriptor 0
is a listening socket) it becomes the dispatch. In the zygote, which the Penstock server starts, it
yields its application and goes on to its end. Run as a CGI program it answers one request, by the
instance that runs if there is one. In a
terminal it says what it is.
"""

import os
import sys

#: Set by the zygote: a function that takes (target, global_conf) instead of a server.
receiver = None


def serve(target, **global_conf):
    """Serves an application; in a process spawned by a web server this does not return.

    `target` is the path of an INI file, `config:/path/file.ini#name`, `module:attribute`, or a
    WSGI application. Further arguments go to Paste Deploy's global configuration. A relative
    path is relative to the folder of the script.
    """
    target = _absolute(target)
    if receiver is not None:
        receiver(target, global_conf)
        return
    from penstock.light import is_listening

    if is_listening(0):
        _become_dispatch(target, global_conf)
    elif "GATEWAY_INTERFACE" in os.environ:
        _answer_as_cgi(target, global_conf)
    else:
        _explain(target)


class WSGIServer:
    """flup's name for a server of one application: `WSGIServer(application).run()`.

    All of flup's other arguments (environ, multithreaded, multiprocess, bindAddress, umask,
    multiplexed, debug, roles, forceCGI, minSpare, maxSpare, maxThreads, timeout …) are accepted
    and ignored: processes, threads, addresses and timeouts are settings of the Penstock server.
    """

    def __init__(self, application, *flup_arguments, **flup_options):
        self.application = application

    def run(self):
        """Serves the application: see `serve`. Returns False as flup does when told to end."""
        serve(self.application)
        return False


def _answer_as_cgi(target, global_conf) -> None:
    """Answers one request: by the instance that runs, else in this process."""
    from penstock import relay

    script = os.path.abspath(sys.argv[0])
    ini = None
    if isinstance(target, str) and target.startswith("config:"):
        ini = target[len("config:") :].partition("#")[0]
    status = relay.answer(script, ini)
    if status is not None:
        os._exit(status)
    from penstock import cgi

    paths, folder = relay.said("python_path", script, ini)
    if paths:
        folders = paths.replace("\n", ":").split(":")
        sys.path[:0] = [os.path.join(folder, path) for path in folders if path]
    cgi.answer(target, global_conf, relay.setting("script_name", script, ini) or "auto")


def _become_dispatch(target, global_conf) -> None:
    """Goes on as the dispatch: here while the process is still light, else in a fresh one."""
    from penstock import dispatch

    script = os.path.abspath(sys.argv[0])
    config = []
    if isinstance(target, str) and target.startswith("config:"):
        config = [target] + ["%s=%s" % item for item in sorted(global_conf.items())]
    if not isinstance(target, str) or "paste.deploy" in sys.modules:
        # The script has loaded the application, which only the zygote should do; the take-over at
        # interpreter start was not there to prevent it.
        program = [dispatch.interpreter(), "-I", "-S", dispatch.__file__, script, *config]
        sys.stdout.flush()
        sys.stderr.flush()
        os.execv(program[0], program)
    os._exit(dispatch.run(script, config))


def _absolute(target):
    """The target with an absolute path, in the form config:PATH[#NAME] when it is an INI file."""
    if not isinstance(target, str):
        if hasattr(target, "__fspath__"):
            return _absolute(os.fspath(target))
        return target
    path, mark, name = target.partition("#")
    if path.startswith("config:"):
        path = path[len("config:") :]
    elif not path.endswith((".ini", ".cfg", ".conf")):
        return target
    folder = os.path.dirname(os.path.abspath(sys.argv[0]))
    return "config:" + os.path.join(folder, os.path.expanduser(path)) + mark + name


def _explain(target) -> None:
    script = os.path.abspath(sys.argv[0])
    what = target[len("config:") :] if isinstance(target, str) else "development.ini"
    if isinstance(target, str) and not target.startswith("config:"):
        what = target
    sys.stderr.write(
        "%s is a dispatch script: a web server runs it, with its FastCGI socket as descriptor 0.\n"
        "To try the application by hand:  penstock serve %s --http 127.0.0.1:8080\n"
        % (script, what)
    )
    sys.exit(2)
