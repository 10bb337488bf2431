"""`penstock demo`: a real TurboGears 2 project behind a real Apache, from nothing, with two files.

Runs in the foreground until Ctrl-C, as the current user, and leaves the machine's own Apache alone.
What takes time (a virtualenv, the project) is kept for the next run. Standard library only.
"""

import argparse
import os
import signal
import sys
from contextlib import contextmanager

from penstock.demo import apache, packages
from penstock.demo.project import MissingPackage, ProjectError, Quickstart, reachable_by_others
from penstock.demo.screen import Screen
from penstock.demo.stages import ApacheStage, BuiltInStage
from penstock.demo.wheel import find_wheel

APACHE_PACKAGES = ("apache2-bin", "libapache2-mod-fcgid")


def main(arguments=None):
    """Run the demo; returns the exit status."""
    options = _options(arguments)
    screen = Screen(sys.stdout)
    os.umask(0o022)  # Apache's processes read what we write.
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
            signal.signal(number, _interrupt)
    try:
        with _stage(options, screen) as stage:
            answer = stage.first_page(screen)
            screen.say(stage.description())
            if not options.once:
                screen.say("\nOpen %s\nCtrl-C stops everything that runs here." % stage.url)
                stage.process.wait()
                raise ProjectError("it has stopped by itself; its log is %s" % stage.log_file)
        return 0 if answer == 200 else 1
    except KeyboardInterrupt:
        screen.say("Stopped.")
        return 0
    except (ProjectError, apache.ApacheError, OSError) as problem:
        print("penstock demo: %s" % problem, file=sys.stderr)
        return 1


def _options(arguments):
    parser = argparse.ArgumentParser(prog="penstock demo", description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--directory", help="where to make and keep it all (%(default)s)", default=_work_folder()
    )
    parser.add_argument(
        "--port", type=int, help="serve on this loopback port (default: any that is free)"
    )
    parser.add_argument(
        "--wheel", default=os.environ.get("PENSTOCK_WHEEL"), help="the Penstock to install"
    )
    parser.add_argument(
        "--no-install", action="store_true", help="install no packages of the operating system"
    )
    parser.add_argument(
        "--once", action="store_true", help="fetch one page, stop, and say whether it came"
    )
    return parser.parse_args(arguments)


def _work_folder():
    # Root's home is closed to Apache's processes, which are another user's.
    return (
        "/var/cache/penstock-demo"
        if os.geteuid() == 0
        else os.path.expanduser("~/.cache/penstock-demo")
    )


def _interrupt(*_):
    raise KeyboardInterrupt


@contextmanager
def _stage(options, screen):
    """Everything up and running, as a Stage; everything stopped at the end."""
    folder = os.path.abspath(options.directory)
    os.makedirs(folder, exist_ok=True)
    if os.geteuid() == 0 and not reachable_by_others(folder):
        raise ProjectError(
            "Apache's user cannot reach %s; name another place with --directory" % folder
        )
    installation = _apache(options, screen)
    project = Quickstart(folder, find_wheel(options.wheel, folder))
    try:
        project.make(screen.step)
    except MissingPackage as missing:
        packages.install([missing.package], options.no_install, screen, str(missing))
        project.make(screen.step)
    stage = BuiltInStage(project) if installation is None else ApacheStage(project, installation)
    try:
        with screen.step("start " + stage.NAME):
            stage.start(options.port)
        yield stage
    finally:
        signal.signal(
            signal.SIGINT, signal.SIG_IGN
        )  # a second Ctrl-C would leave half of it running
        with screen.step("stop"):
            stage.stop()


def _apache(options, screen):
    """The machine's Apache, installed first where we may; None, with a word about it, where not."""
    try:
        return apache.find()
    except apache.ApacheError as missing:
        try:
            packages.install(APACHE_PACKAGES, options.no_install, screen, str(missing))
        except ProjectError as refused:
            screen.say("%s\nUntil then, this is Penstock's own HTTP listener.\n" % refused)
            return None
    return apache.find()
