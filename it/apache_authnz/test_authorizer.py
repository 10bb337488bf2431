"""Apache's mod_authnz_fcgi asks a Python application whether a request may go on. It sends no STDIN
record at all, and takes `Variable-` headers for the next handler.
"""

import pytest

from penstock.demo.apache import Apache

from harness import client, places, webservers
from harness.waiting import eventually

DIRECTIVES = """
AuthnzFcgiDefineProvider authz Penstock fcgi://127.0.0.1:{tcp}/
AuthnzFcgiDefineProvider authn PenstockUser fcgi://127.0.0.1:{tcp}/

<Location "/guarded">
    AuthType None
    AuthName "the gate"
    Require Penstock
    SetHandler cgi-script
    Options +ExecCGI
</Location>
"""
MODULES = ("authnz_fcgi", "cgid", "authz_core", "authn_core", "env")

SHOW = """#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
env
"""
