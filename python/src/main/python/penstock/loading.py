"""Loads a WSGI application: from a dispatch script, an INI file, or `module:attribute`.

Used in the zygote, and in the CGI fall-back. The application's own interpreter and virtualenv do the
loading, by the real Paste Deploy; nothing of Penstock is needed in that virtualenv.
"""

import builtins
import importlib
import os
import sys
import traceback
import types

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep


#: The INI files that applications were loaded from: the zygote watches them like source files.
ini_files: list = []


class LoadError(Exception):
    """An application could not be loaded, for a reason that needs no traceback."""

    def __init__(self, message: str, hint: str = ""):
        super().__init__(message)
        self.hint = hint


def load(target: dict):
    """The application of a zygote's assignment: {"kind": "script" | "config" | "callable", …}."""
    kind = target["kind"]
    if kind == "script":
        return load_script(target["path"])
    if kind == "config":
        return load_config(target["uri"], target.get("global_conf", {}))
    return load_callable(target["spec"])


def load_target(target, global_conf):
    """The application of what a script gave to `penstock.fcgi.serve`."""
    if not isinstance(target, str):
        if not callable(target):
            raise LoadError(
                "expected a WSGI application, got %r, which is not callable" % (target,)
            )
        return target
    if target.startswith("config:"):
        return load_config(target, global_conf)
    return load_callable(target)


def load_script(path: str):
    """Runs a dispatch script as `python script` would; it hands its application to penstock.fcgi."""
    from penstock import fcgi

    if not os.path.exists(path):
        raise LoadError("no such dispatch script: %s" % path)
    handed = []
    fcgi.receiver = lambda target, global_conf: handed.append((target, global_conf))
    sys.argv[:] = [path]
    main = types.ModuleType("__main__")
    main.__dict__.update(__file__=path, __builtins__=builtins)
    sys.modules["__main__"] = main  # and stays: the script's classes can be found by their module
    with open(path, "rb") as file:
        source = file.read()
    try:
        exec(compile(source, path, "exec", dont_inherit=True), main.__dict__)
    except SystemExit as end:
        if not handed:
            raise LoadError("%s ended with sys.exit(%r)" % (path, end.code), _NO_SERVE) from None
    finally:
        fcgi.receiver = None
    if not handed:
        raise LoadError("%s ended without giving an application" % path, _NO_SERVE)
    return load_target(*handed[-1])


def load_config(uri: str, global_conf: dict):
    """The application of `config:/path/file.ini#name`, with its [loggers] configured first."""
    path = uri[len("config:") :].partition("#")[0]
    if not os.path.exists(path):
        raise LoadError("no such INI file: %s" % path, "Check the path in the dispatch script.")
    ini_files.append(path)
    configure_logging(path)
    try:
        from paste.deploy import loadapp
    except ImportError as reason:
        if (reason.name or "").partition(".")[0] != "paste":
            raise
        raise LoadError(
            "%s needs Paste Deploy, which %s does not have" % (path, sys.executable),
            "%s -m pip install PasteDeploy" % sys.executable,
        ) from None
    return loadapp(uri, global_conf=dict(global_conf))


def configure_logging(path: str) -> None:
    """What launchers of INI files do before they load the application."""
    import configparser
    import logging.config

    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return  # Paste Deploy will say it better
    if parser.has_section("loggers"):
        here = os.path.dirname(os.path.abspath(path))
        defaults = {"here": here.replace("%", "%%"), "__file__": path.replace("%", "%%")}
        logging.config.fileConfig(path, defaults, disable_existing_loggers=False)


def load_callable(spec: str):
    """The object that `package.module:attribute.attribute` names."""
    module_name, colon, attributes = spec.partition(":")
    if not (colon and module_name and attributes):
        raise LoadError("expected module:attribute or the path of an INI file, got %r" % spec)
    found = importlib.import_module(module_name)
    for name in attributes.split("."):
        if not hasattr(found, name):
            raise LoadError("%s has no attribute %s (of %s)" % (module_name, name, spec))
        found = getattr(found, name)
    if not callable(found):
        raise LoadError("%s is %s, not a WSGI application" % (spec, type(found).__name__))
    return found


def explain(fault: BaseException) -> dict:
    """What the server shows of a failed load: {"error", "traceback", "hint"}."""
    trace = fault.__traceback__
    while trace is not None and (
        trace.tb_frame.f_code.co_filename.startswith(_PACKAGE)
        or trace.tb_frame.f_globals.get("__name__", "").startswith("importlib")
    ):
        trace = trace.tb_next
    if isinstance(fault, LoadError):
        return {"error": str(fault), "traceback": str(fault) + "\n", "hint": fault.hint}
    lines = traceback.format_exception(type(fault), fault, trace)
    last = traceback.format_exception_only(type(fault), fault)[-1].strip()
    return {"error": last, "traceback": "".join(lines), "hint": hint(fault)}


def hint(fault: BaseException) -> str:
    """The next step for the usual reasons why an application does not load, or nothing."""
    pip = "%s -m pip install" % (sys.executable or "python")
    name = type(fault).__name__
    if name in ("DistributionNotFound", "PackageNotFoundError"):
        return (
            "A distribution that is named by the INI file (egg:…) or needed by the project is not "
            "installed. For the project itself:  %s -e /path/of/the/project" % pip
        )
    if name == "LookupError" and "Entry point" in str(fault):
        return "The project's entry points have changed? Install it again:  %s -e ." % pip
    if isinstance(fault, ModuleNotFoundError):
        missing = (fault.name or "").partition(".")[0]
        if missing == "paste":
            return "%s PasteDeploy" % pip
        return (
            "%s has no module %s. Install what the application needs, or name the virtualenv's "
            "Python in the first line of the dispatch script." % (sys.executable, fault.name)
        )
    if isinstance(fault, SyntaxError):
        version = ".".join(map(str, sys.version_info[:3]))
        return "This is Python %s (%s)." % (version, sys.executable)
    if isinstance(fault, PermissionError):
        return "The application runs as user id %d, which must be able to read it." % os.geteuid()
    return ""


_NO_SERVE = (
    "Expected a call such as  serve('/path/development.ini')  or  WSGIServer(app).run()  from "
    "penstock.fcgi, reached when the script runs as __main__."
)
