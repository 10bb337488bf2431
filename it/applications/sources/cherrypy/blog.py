"""A CherryPy application: sessions in files, a form, uploads, static files, a stream."""

import hashlib
import os
import time

import cherrypy

HERE = os.path.dirname(os.path.abspath(__file__))
SESSIONS = os.path.join(HERE, "sessions")


class Blog:
    @cherrypy.expose
    def index(self):
        posts = cherrypy.session.get("posts", [])
        items = "".join("<li>%s</li>" % post for post in posts)
        form = '<form action="%s"></form>' % cherrypy.url("/post", relative="server")
        return "%s<ul>%s</ul>" % (form, items)

    @cherrypy.expose
    @cherrypy.tools.allow(methods=["POST"])
    def post(self, text):
        cherrypy.session["posts"] = cherrypy.session.get("posts", []) + [text]
        raise cherrypy.HTTPRedirect(cherrypy.url("/"))

    @cherrypy.expose
    @cherrypy.tools.json_out()
    def upload(self, file):
        return {"name": file.filename, "sha256": hashlib.sha256(file.file.read()).hexdigest()}

    @cherrypy.expose
    @cherrypy.tools.json_out()
    @cherrypy.config(**{"request.process_request_body": False})
    def raw(self):
        return {"sha256": hashlib.sha256(cherrypy.request.rfile.read()).hexdigest()}

    @cherrypy.expose
    @cherrypy.config(**{"response.stream": True, "tools.sessions.on": False})
    def stream(self, seen):
        cherrypy.response.headers["Content-Type"] = "text/plain"

        def chunks():
            yield b"first"
            deadline = time.monotonic() + 60
            while not os.path.exists(seen) and time.monotonic() < deadline:
                time.sleep(0.01)
            yield b"second"

        return chunks()


os.makedirs(SESSIONS, exist_ok=True)
cherrypy.config.update({"environment": "embedded", "log.screen": False})
# Without a script name of its own it takes the server's SCRIPT_NAME.
application = cherrypy.Application(
    Blog(),
    script_name=None,
    config={
        "/": {
            "tools.sessions.on": True,
            "tools.sessions.storage_class": cherrypy.lib.sessions.FileSession,
            "tools.sessions.storage_path": SESSIONS,
            "tools.encode.on": True,
        },
        "/files": {
            "tools.sessions.on": False,
            "tools.staticdir.on": True,
            "tools.staticdir.dir": os.path.join(HERE, "files"),
        },
    },
)
