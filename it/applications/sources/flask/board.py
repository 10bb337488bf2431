"""A Flask application: a form with a session, uploads, files, server-sent events."""

import hashlib
import os
import time

from flask import Flask, flash, get_flashed_messages, jsonify, redirect, render_template_string
from flask import request, send_file, session, url_for

application = Flask(__name__)
application.secret_key = "a secret that only this test knows"

PAGE = """<form method="post" action="{{ url_for('board') }}"><input name="entry"></form>
{% for message in messages %}<p>{{ message }}</p>{% endfor %}
<ol>{% for entry in session.get('entries', []) %}<li>{{ entry }}</li>{% endfor %}</ol>
<a href="{{ url_for('board', _external=True) }}">here</a>
"""


@application.route("/board", methods=["GET", "POST"])
def board():
    if request.method == "POST":
        session["entries"] = session.get("entries", []) + [request.form["entry"]]
        flash("added")
        return redirect(url_for("board"))
    return render_template_string(PAGE, messages=get_flashed_messages())


@application.post("/upload")
def upload():
    file = request.files["file"]
    digest = hashlib.sha256(file.read()).hexdigest()
    return jsonify(name=file.filename, sha256=digest, title=request.form["title"])


@application.post("/raw")
def raw():
    """Reads block by block what may have no length."""
    digest, blocks = hashlib.sha256(), iter(lambda: request.stream.read(8192), b"")
    for block in blocks:
        digest.update(block)
    return jsonify(sha256=digest.hexdigest())


@application.get("/file")
def file():
    return send_file(__file__, mimetype="text/x-python", conditional=True)


@application.get("/events")
def events():
    """Each event is made when the one before it has been seen."""
    folder = request.args["folder"]

    def stream():
        for number in range(5):
            yield "data: event %d\n\n" % number
            deadline = time.monotonic() + 60
            while not os.path.exists("%s/%d" % (folder, number)) and time.monotonic() < deadline:
                time.sleep(0.01)

    return application.response_class(stream(), mimetype="text/event-stream")


@application.get("/broken")
def broken():
    raise LookupError("broken on purpose")
