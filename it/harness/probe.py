"""The probe application in a project folder of its own, which a test may change and break."""

import hashlib
import json
import shutil

from harness import client, places, scripts

SOURCE = places.REPOSITORY / "it" / "apps" / "probe.py"

INI = """\
[DEFAULT]
debug = false
place = %(here)s

[app:main]
paste.app_factory = probe:make_app
own_file = %(__file__)s

[app:other]
paste.app_factory = probe:make_app
which = other

[penstock]
{settings}

[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys = generic
[logger_root]
level = INFO
handlers = console
[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = generic
[formatter_generic]
format = probe-log %(levelname)s %(message)s
"""


class Probe:
    """`probe.py` and `development.ini` in `directory`."""

    def __init__(self, directory, **settings):
        self.directory = places.writable(directory)
        self.module = directory / "probe.py"
        self.ini = directory / "development.ini"
        shutil.copy(SOURCE, self.module)
        self.configure(**settings)

    def configure(self, **settings):
        """Write the INI file with these in its `[penstock]` section, on top of the usual ones."""
        self.ini.write_text(INI.replace("{settings}", scripts.settings_lines(settings)))

    def say(self, greeting):
        """Change the code, so that every other page says something else than hello.

        Something of another length: Python takes a .pyc for fresh by its source's size and second.
        """
        source = SOURCE.read_text().replace('b"hello"', "b%r" % greeting)
        self.module.write_text(source)

    def break_it(self):
        """Change the code so that it does not load."""
        self.module.write_text("raise RuntimeError('broken on purpose')\n")

    def mend(self):
        self.say("mended")


def facts(url, path="/environ"):
    """What the probe says about a request to `url`."""
    answer = client.fetch(url + path)
    assert answer.status == 200, answer
    return json.loads(answer.body)


class Big:
    """10 MB of a pattern, the same that the probe's /download gives."""

    size = 10_000_000

    def content(self):
        block = bytes(range(256)) * 256
        return (block * (self.size // len(block) + 1))[: self.size]

    def sha256(self):
        return hashlib.sha256(self.content()).hexdigest()


BIG = Big()


class Gate:
    """A request that the test holds inside the application: it has begun, and ends when the test
    says so.
    """

    def __init__(self, folder, name="gate"):
        self.folder = places.writable(folder / "gates")
        self.started = self.folder / (name + ".started")
        self.go = self.folder / (name + ".go")

    @property
    def path(self):
        return "/gate?started=%s&go=%s" % (self.started, self.go)

    def open(self):
        self.go.touch()
