"""The quickstart project that the tests share, and copies of its INI file and database to change.
"""

import fcntl
import os
import shutil
from contextlib import contextmanager

from penstock.demo import apache
from penstock.demo.project import Quickstart, find_python

from harness import places, scripts

#: flup, for the tests that show what the recipe does without us.
EXTRAS = ("flup==1.0.3",)


@contextmanager
def shared_quickstart():
    """The cached project, made on the first run and kept up to date with the wheel under test.

    Other test runs, and this one's other processes, may share it meanwhile; one that has another
    wheel to install waits until they are through.
    """
    python = find_python()
    folder = places.cache() / ("quickstart-" + os.path.basename(os.path.realpath(python)))
    project = Quickstart(folder, wheel=places.wheel(), extras=EXTRAS, python=python)
    with open(str(folder) + ".in-use", "w") as in_use:
        with open(str(folder) + ".making", "w") as making:
            fcntl.flock(making, fcntl.LOCK_EX)
            if not project.is_made():
                fcntl.flock(in_use, fcntl.LOCK_EX)
                project.make(_announce)
                apache.give_to_apache(project.directory, project.database)
            fcntl.flock(in_use, fcntl.LOCK_SH)
        yield project


def copy_of(project, folder, debug=True, settings=None):
    """An INI file and database of their own in `folder`, running the shared project's code.

    `settings` go to the `[penstock]` section, on top of the usual ones.
    """
    places.writable(folder)
    shutil.copy(project.database, folder / "devdata.db")
    apache.give_to_apache(folder / "devdata.db")
    with open(project.ini, encoding="utf-8") as file:
        text = file.read()
    text = text.replace("debug = true", "debug = %s" % str(debug).lower())
    ini = folder / "development.ini"
    ini.write_text(text + "\n" + scripts.penstock_ini(settings or {}), encoding="utf-8")
    return ini


@contextmanager
def _announce(title):
    print("quickstart: " + title)
    yield
