"""Makes the database, its superuser and the static files: `python -m shop.prepare`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

import django
from django.core.management import call_command

django.setup()
call_command("migrate", run_syncdb=True, verbosity=0)
call_command("collectstatic", interactive=False, verbosity=0)

from django.contrib.auth.models import User

User.objects.create_superuser("admin", password="not a secret")
