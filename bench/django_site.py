"""A Django site in one file: a page with a session, a template that extends another, and rows out of SQLite.

    python django_site.py       makes site.db beside this file and prints the page

A visitor's cookie names the one session there is, so a request reads the session and the rows and writes nothing:
with writes the figures would be SQLite's locks.
"""

import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import django
from django.conf import settings

FOLDER = Path(__file__).resolve().parent
DATABASE = FOLDER / 'site.db'
SESSION = 'penstockbenchpenstockbenchpenst0'

TEMPLATES = {
    'base.html': '''\
<!DOCTYPE html>
<html><head><title>{% block title %}{% endblock %}</title></head>
<body><p>{% if visitor %}Welcome back, {{ visitor }}.{% else %}Nobody is logged in.{% endif %}</p>
{% block content %}{% endblock %}
<address>{% url 'entries' %}</address></body></html>
''',
    'entries.html': '''\
{% extends 'base.html' %}
{% block title %}{{ entries|length }} entries{% endblock %}
{% block content %}<table>{% for entry in entries %}
<tr class="{% cycle 'odd' 'even' %}"><td>{{ forloop.counter }}</td><td>{{ entry.title }}</td>
<td>{{ entry.author|upper }}</td><td>{{ entry.written|date:"j F Y" }}</td><td>{{ entry.text|truncatewords:8 }}</td></tr>
{% endfor %}</table>{% endblock %}
''',
}

settings.configure(
    DEBUG=False, ALLOWED_HOSTS=['*'], SECRET_KEY='of the bench', ROOT_URLCONF=__name__, USE_TZ=True,
    INSTALLED_APPS=['django.contrib.sessions'],
    MIDDLEWARE=['django.middleware.security.SecurityMiddleware', 'django.contrib.sessions.middleware.SessionMiddleware',
                'django.middleware.common.CommonMiddleware', 'django.middleware.csrf.CsrfViewMiddleware',
                'django.middleware.clickjacking.XFrameOptionsMiddleware'],
    DATABASES={'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': DATABASE, 'CONN_MAX_AGE': None}},
    TEMPLATES=[{'BACKEND': 'django.template.backends.django.DjangoTemplates',
                'OPTIONS': {'loaders': [('django.template.loaders.cached.Loader',
                                         [('django.template.loaders.locmem.Loader', TEMPLATES)])]}}])
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402 (Django's modules want its settings)
from django.db import models  # noqa: E402
from django.shortcuts import render  # noqa: E402
from django.urls import path  # noqa: E402


class Entry(models.Model):
    title = models.CharField(max_length=100)
    author = models.CharField(max_length=40)
    written = models.DateTimeField(db_index=True)
    text = models.TextField()

    class Meta:
        app_label = 'bench'


def entries(request):
    newest = Entry.objects.order_by('-written')[:20]
    return render(request, 'entries.html', {'entries': newest, 'visitor': request.session.get('visitor')})


urlpatterns = [path('entries', entries, name='entries')]
application = get_wsgi_application()


def make_database():
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session
    from django.core.management import call_command
    from django.db import connection
    DATABASE.unlink(missing_ok=True)
    call_command('migrate', verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(Entry)
    first = datetime(2026, 1, 1, tzinfo=timezone.utc)
    Entry.objects.bulk_create(
        Entry(title=f'Entry <{number}>', author=f'author {number % 7}', written=first + timedelta(hours=number),
              text=' '.join(f'word{word}' for word in range(number % 40))) for number in range(500))
    Session(session_key=SESSION, session_data=SessionStore().encode({'visitor': 'Ada Lovelace'}),
            expire_date=datetime.now(timezone.utc) + timedelta(days=3650)).save()


if __name__ == '__main__':
    from django.test import Client
    make_database()
    visitor = Client(HTTP_HOST='localhost')
    visitor.cookies['sessionid'] = SESSION
    answer = visitor.get('/entries')
    sys.stdout.buffer.write(answer.content)
