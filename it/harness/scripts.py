"""The two files that a user puts into a directory, in the forms that the tests prove."""

#: flup's own, to show that a check can fail; everything else goes through Penstock.
FLUP = "from flup.server.fcgi import WSGIServer"
PENSTOCK = "from penstock.fcgi import WSGIServer"

RECIPE = """\
#!{python}
turbogears = '{directory}'
inifile = '{inifile}'
import sys, os
sys.path.insert(0, turbogears)
from paste.deploy import loadapp
wsgi_app = loadapp('config:' + turbogears + '/' + inifile)
if __name__ == '__main__':
    {gateway}
    WSGIServer(wsgi_app).run()
"""

OURS = """\
#!{python}
from penstock.fcgi import serve
serve('{ini}')
"""

#: For applications that are one Python file: a module beside the INI file, found because the script
#: says so.
CALLABLE = """\
#!{python}
import sys
sys.path.insert(0, '{directory}')
{before}
if __name__ == '__main__':
    from {module} import {name}
    {gateway}
    WSGIServer({name}).run()
"""

# The recipe's lines as they are. Its handler's name is mod_fastcgi's; mod_fcgid listens to the
# second.
HTACCESS = """\
Options +ExecCGI
AddHandler fastcgi-script .fcgi
AddHandler fcgid-script .fcgi
RewriteEngine On
RewriteRule   ^(dispatch\\.fcgi/.*)$  - [L]
{static}RewriteRule   ^(.*)$  dispatch.fcgi/$1 [L]
"""
STATIC_RULE = "RewriteRule   ^(static/.*)$ - [L]\n"


#: Few workers and a quick end, so that a test's processes can be counted and go away soon.
SETTINGS = {"workers": 2, "idle_exit": "1s"}


def recipe(python, directory, inifile="development.ini", gateway=PENSTOCK):
    return RECIPE.format(python=python, directory=directory, inifile=inifile, gateway=gateway)


def ours(python, ini):
    return OURS.format(python=python, ini=ini)


def for_callable(python, directory, module, name="application", before="", gateway=PENSTOCK):
    return CALLABLE.format(
        python=python, directory=directory, module=module, name=name, before=before, gateway=gateway
    )


def penstock_ini(settings):
    """The file beside the dispatch script; the recipe's form leaves no other place for settings."""
    return "[penstock]\n" + settings_lines(settings)


def settings_lines(settings):
    return "".join("%s = %s\n" % pair for pair in dict(SETTINGS, **settings).items())


def htaccess(static=False):
    return HTACCESS.format(static=STATIC_RULE if static else "")
