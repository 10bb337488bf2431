"""Trac: the environment beside this module."""

import os

HERE = os.path.dirname(os.path.abspath(__file__))
os.environ["TRAC_ENV"] = os.path.join(HERE, "environment")

from trac.web.main import dispatch_request as application
