"""A site whose dispatch script Apache runs as a CGI program, with its FastCGI name beside it."""

from harness import client
from harness.fcgid import HOST_DIRECTIVES, FcgidSite

# The recipe's .htaccess with .cgi in the place of .fcgi. dispatch.fcgi can still be asked for by its
# name, which starts the instance.
HTACCESS = """\
Options +ExecCGI
AddHandler fcgid-script .fcgi
AddHandler cgi-script .cgi
RewriteEngine On
RewriteRule   ^(dispatch\\.fcgi/.*)$  - [L]
RewriteRule   ^(dispatch\\.cgi/.*)$  - [L]
RewriteRule   ^(.*)$  dispatch.cgi/$1 [L]
"""


class CgidSite(FcgidSite):
    """`dispatch.fcgi` and the same file as `dispatch.cgi`; the `.htaccess` sends all requests to the
    second.
    """

    def __init__(self, installation, folder, script, module="cgid", **options):
        directives = HOST_DIRECTIVES + 'SetEnv PENSTOCK_RUN_DIR "{run}"\n'
        super().__init__(installation, folder, script, directives=directives, **options)
        self.apache.modules = ("fcgid", module)
        (self.home / ".htaccess").write_text(HTACCESS)

    def write_script(self, text):
        super().write_script(text)
        program = self.script.with_suffix(".cgi")
        program.write_text(text)
        program.chmod(0o755)

    def start_instance(self):
        """As the first visitor by FastCGI does; returns the workers' process ids."""
        assert client.fetch(self.url + "/dispatch.fcgi/").status in (200, 302)
        return {worker.pid for worker in self.family().workers}
