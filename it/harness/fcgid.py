"""A site as the recipe's user has it: a directory with two files, under an Apache that they cannot
configure.
"""

import os
import subprocess

from penstock.demo import apache

from harness import client, places, scripts
from harness.processes import Family, end_all

# What a host allows: big uploads, and as many processes as requests ask for, started without a
# pause.
HOST_DIRECTIVES = """
FcgidMaxRequestLen 20000000
FcgidSpawnScoreUpLimit 1000
FcgidMinProcessesPerClass 0
FcgidInitialEnv PENSTOCK_RUN_DIR {run}
"""


class FcgidSite:
    """`dispatch.fcgi` and `.htaccess` in `htdocs<mount>`, an Apache with mod_fcgid that serves
    them.

    Use as a context manager. All that it starts ends with it.
    """

    def __init__(
        self,
        installation,
        folder,
        script,
        mount="/app",
        static=False,
        directives=None,
        settings=None,
    ):
        self.folder = folder
        self.htdocs = folder / "htdocs"
        self.home = self.htdocs / mount.strip("/")
        self.mount = mount.rstrip("/")
        self.script = self.home / "dispatch.fcgi"
        self.run_folder = places.writable(folder / "run")
        self.home.mkdir(parents=True, exist_ok=True)
        self.write_script(script)
        (self.home / ".htaccess").write_text(scripts.htaccess(static))
        (self.home / "penstock.ini").write_text(scripts.penstock_ini(settings or {}))
        if directives is None:
            directives = HOST_DIRECTIVES
        self.apache = apache.Apache(
            installation,
            folder / "apache",
            self.htdocs,
            directives=directives.format(run=self.run_folder),
        )

    def write_script(self, text):
        self.script.write_text(text)
        self.script.chmod(0o755)

    def __enter__(self):
        self.apache.start()
        return self

    def __exit__(self, *_):
        print("--- logs\n" + self.log()[-6000:])  # pytest shows it where a test failed
        self.apache.stop()
        self.end_server()

    @property
    def url(self):
        """Of the mount, without a slash at its end."""
        return self.apache.url + self.mount

    @property
    def port(self):
        return self.apache.port

    def fetch(self, path, *arguments, **keywords):
        return client.fetch(self.url + path, *arguments, **keywords)

    def log(self):
        """All that was logged: Apache's error log and the instances' own."""
        logs = sorted(self.run_folder.glob("*/penstock.log"))
        return self.apache.log() + "".join(log.read_text(errors="replace") for log in logs)

    def browser(self):
        return client.Browser(self.url)

    def family(self):
        """What runs for this site now."""
        return Family(self.script)

    def workers(self):
        return self.family().workers

    def penstock(self, project, *arguments, timeout=30):
        """Run the command as the owner of the dispatch script would; the environment says where
        instances are.
        """
        return subprocess.run(
            [project.command("penstock"), *arguments],
            env=dict(os.environ, PENSTOCK_RUN_DIR=str(self.run_folder)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=timeout,
        )

    def end_server(self):
        """The tests of how the server ends by itself do not come here."""
        end_all(self.script)
