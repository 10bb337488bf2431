"""Radicale, with users from a file and its collections beside this module."""

import os

from radicale import Application, config

HERE = os.path.dirname(os.path.abspath(__file__))
configuration = config.load([(os.path.join(HERE, "radicale.conf"), False)])
configuration.update(
    {
        "auth": {"htpasswd_filename": os.path.join(HERE, "users")},
        "storage": {"filesystem_folder": os.path.join(HERE, "collections")},
    },
    "here",
)
application = Application(configuration)
