"""A Pyramid application out of an INI file: a form with CSRF tokens, a template, static files, a
stream.
"""

import os
import time

from pyramid.config import Configurator
from pyramid.csrf import CookieCSRFStoragePolicy
from pyramid.httpexceptions import HTTPFound
from pyramid.response import FileResponse, Response
from pyramid.session import SignedCookieSessionFactory

HERE = os.path.dirname(os.path.abspath(__file__))


def main(global_config, **settings):
    config = Configurator(settings=settings)
    config.include("pyramid_chameleon")
    config.set_session_factory(SignedCookieSessionFactory(settings["session_secret"]))
    config.set_csrf_storage_policy(CookieCSRFStoragePolicy())
    config.set_default_csrf_options(require_csrf=True)
    config.add_static_view("files", os.path.join(HERE, "files"))
    config.add_route("notes", "/notes/{folder}")
    config.add_view(show, route_name="notes", request_method="GET", renderer=HERE + "/notes.pt")
    config.add_view(add, route_name="notes", request_method="POST")
    config.add_route("stream", "/stream")
    config.add_view(stream, route_name="stream")
    config.add_route("source", "/source")
    config.add_view(lambda request: FileResponse(__file__, request), route_name="source")
    return config.make_wsgi_app()


def show(request):
    return {"folder": request.matchdict["folder"], "notes": request.session.get("notes", [])}


def add(request):
    notes = request.session.get("notes", []) + [request.POST["note"]]
    request.session["notes"] = notes
    if "file" in request.POST:
        request.session["size"] = len(request.POST["file"].file.read())
    return HTTPFound(request.route_url("notes", folder=request.matchdict["folder"]))


def stream(request):
    def chunks():
        yield b"first"
        deadline = time.monotonic() + 60
        while not os.path.exists(request.GET["seen"]) and time.monotonic() < deadline:
            time.sleep(0.01)
        yield b"second"

    return Response(app_iter=chunks(), content_type="text/plain")
