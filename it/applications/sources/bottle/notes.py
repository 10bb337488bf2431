"""A Bottle application: notes in signed cookies, uploads, files, a stream."""

import hashlib
import os
import time

from bottle import Bottle, abort, redirect, request, response, static_file, template

HERE = os.path.dirname(os.path.abspath(__file__))
SECRET = "a secret that only this test knows"
PAGE = """<form method="post" action="{{base}}/notes"><input name="note"></form>
<ul>
% for note in notes:
<li>{{note}}</li>
% end
</ul>
"""

application = Bottle()


@application.get("/notes")
def show():
    notes = request.get_cookie("notes", default=[], secret=SECRET)
    return template(PAGE, notes=notes, base=request.script_name.rstrip("/"))


@application.post("/notes")
def add():
    notes = request.get_cookie("notes", default=[], secret=SECRET) + [request.forms.note]
    response.set_cookie("notes", notes, secret=SECRET, path="/")
    redirect("notes")


@application.post("/upload")
def upload():
    digest = hashlib.sha256(request.files.file.file.read()).hexdigest()
    return {"name": request.files.file.raw_filename, "sha256": digest}


@application.post("/raw")
def raw():
    return {"sha256": hashlib.sha256(request.body.read()).hexdigest()}


@application.get("/files/<name>")
def file(name):
    return static_file(name, root=HERE)


@application.get("/stream")
def stream():
    response.content_type = "text/plain"
    yield "first"
    deadline = time.monotonic() + 60
    while not os.path.exists(request.query.seen) and time.monotonic() < deadline:
        time.sleep(0.01)
    yield "second"


@application.get("/teapot")
def teapot():
    abort(418, "Größe")
