"""Mercurial's hgweb: the repositories that hgweb.conf names, each to browse, clone and push to."""

import os

from mercurial.hgweb import hgweb

HERE = os.path.dirname(os.path.abspath(__file__))
application = hgweb(os.path.join(HERE, "hgweb.conf").encode())
