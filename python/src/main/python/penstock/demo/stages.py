"""What serves the project during the demo: a private Apache with mod_fcgid, or Penstock's own HTTP
listener.
"""

import os
import subprocess
import time
import urllib.error
import urllib.request

from penstock.demo.apache import Apache, answers, free_port, give_to_apache
from penstock.demo.project import CommandFailed, ProjectError, environment, run

# A host's mod_fcgid takes 128 KiB of request body unless it is told otherwise.
APACHE_DIRECTIVES = "FcgidMaxRequestLen 20000000\n"

# The exit status of `penstock stop` and its like when there is no server.
NOTHING_RUNS = 3

NEXT = """\
Try next:
  log in             {url}login
                     as manager, password managepass
  edit a page        {project}/quickstart/templates/demo/index.xhtml
                     then load it again in the browser
  edit the program   {project}/quickstart/controllers/root.py
                     then: {penstock} reload {target}
  see what runs      {penstock} status
  kill things        kill -9 any of what `ps aux | grep -e penstock: -e dispatch` shows,
                     then load the page again"""


class Stage:
    """What serves the project, and how it is shown."""

    def __init__(self, project):
        self.project = project
        self.folder = project.folder

    def first_page(self, screen):
        """The status of the first page, which also starts what starts on demand."""
        with screen.step("first page"):
            started = time.monotonic()
            status, size = _get(self.url)
            milliseconds = 1000 * (time.monotonic() - started)
        screen.say("%s answered %d, %d bytes, in %d ms" % (self.url, status, size, milliseconds))
        return status

    def next_steps(self, target):
        penstock = self.project.command("penstock")
        return NEXT.format(
            url=self.url, project=self.project.directory, penstock=penstock, target=target
        )


class ApacheStage(Stage):
    """The recipe: a directory with `dispatch.fcgi` and `.htaccess` under a private Apache."""

    NAME = "Apache"

    def __init__(self, project, installation):
        super().__init__(project)
        self.htdocs = os.path.join(self.folder, "htdocs")
        self.app = os.path.join(self.htdocs, "app")
        self.script = os.path.join(self.app, "dispatch.fcgi")
        self.apache = Apache(
            installation,
            os.path.join(self.folder, "apache"),
            self.htdocs,
            directives=APACHE_DIRECTIVES,
        )
        self.log_file = self.apache.log_file

    @property
    def url(self):
        return self.apache.url + "/app/"

    @property
    def process(self):
        return self.apache.process

    def start(self, port):
        os.makedirs(self.app, exist_ok=True)
        init_apache(self.project, self.app)
        give_to_apache(self.project.directory, self.project.database)
        self.apache.port = port
        self.apache.start()

    def stop(self):
        self.apache.stop()
        # The server would end by itself after idle_exit; whoever presses Ctrl-C does not want to
        # wait for that.
        stop_server(self.project, self.script)

    def description(self):
        shown = [_indented(os.path.join(self.app, name)) for name in ("dispatch.fcgi", ".htaccess")]
        parts = [
            "",
            "Two files in %s make it work:" % self.app,
            *shown,
            "",
            self.next_steps(self.app),
        ]
        return "\n".join(parts + ["  read the logs      %s" % self.log_file])


class BuiltInStage(Stage):
    """Without an Apache: `penstock serve` with its own HTTP listener."""

    NAME = "the HTTP listener"

    def __init__(self, project):
        super().__init__(project)
        self.log_file = os.path.join(self.folder, "serve.log")
        self.process = None
        self.port = None

    @property
    def url(self):
        return "http://127.0.0.1:%d/" % self.port

    def start(self, port):
        self.port = port or free_port()
        command = [
            self.project.command("penstock"),
            "serve",
            self.project.ini,
            "--http",
            "127.0.0.1:%d" % self.port,
        ]
        with open(self.log_file, "wb") as log:
            self.process = subprocess.Popen(
                command,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if not answers(self.port, self.process, timeout_s=60):
            with open(self.log_file, encoding="utf-8", errors="replace") as log:
                raise ProjectError("penstock serve did not start; it said:\n" + log.read()[-2000:])

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()

    def description(self):
        return "\n" + self.next_steps(self.project.ini)


def _get(url):
    # Without the proxies of the environment: they do not know our loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=60) as page:
            return page.status, len(page.read())
    except urllib.error.HTTPError as error:
        return error.code, len(error.read())
    except OSError as error:
        raise ProjectError("%s did not answer: %s" % (url, error)) from None


def init_apache(project, directory):
    """Let `penstock init apache` write the two files, which are a product of the wheel: anew when
    that has changed.
    """
    project.once_per_wheel(
        "two files in " + directory,
        lambda: run(
            [
                project.command("penstock"),
                "init",
                "apache",
                directory,
                "--ini",
                project.ini,
                "--force",
            ]
        ),
    )


def stop_server(project, target):
    """Stop the server of a dispatch script, if one runs."""
    try:
        run([project.command("penstock"), "stop", target])
    except CommandFailed as refused:
        if refused.status != NOTHING_RUNS:
            raise


def _indented(path):
    with open(path, encoding="utf-8") as file:
        return "  %s\n%s" % (
            os.path.basename(path),
            "".join("      " + line for line in file).rstrip(),
        )
