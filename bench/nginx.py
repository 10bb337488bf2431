"""A private nginx: buffers as it does by default, keeps connections to the application, writes no access log."""

import shutil

from front import READY, Front
from project import BenchError

BASE = '''\
daemon off;
worker_processes 2;
worker_rlimit_nofile {descriptors};
pid {folder}/run/nginx.pid;
error_log {folder}/nginx.log warn;
events {{ worker_connections {connections}; }}
http {{
    access_log off;
    default_type text/plain;
    keepalive_timeout 30s;
    keepalive_requests 1000000000;
    client_max_body_size 64m;
    client_body_temp_path {folder}/run/body;
    proxy_temp_path {folder}/run/proxy;
    fastcgi_temp_path {folder}/run/fastcgi;
    uwsgi_temp_path {folder}/run/uwsgi;
    scgi_temp_path {folder}/run/scgi;
    upstream application {{
        server unix:{folder}/run/app.sock;
        keepalive 64;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        server_name localhost;
        root {folder}/htdocs;
        location = {ready} {{ alias {folder}/ready.txt; }}
        location / {{
{directives}
        }}
    }}
}}
'''

# The CGI variables as nginx's own fastcgi_params and uwsgi_params have them, with the path where WSGI wants it.
VARIABLES = (('QUERY_STRING', '$query_string'), ('REQUEST_METHOD', '$request_method'), ('CONTENT_TYPE', '$content_type'),
             ('CONTENT_LENGTH', '$content_length'), ('SCRIPT_NAME', '""'), ('PATH_INFO', '$document_uri'),
             ('REQUEST_URI', '$request_uri'), ('DOCUMENT_URI', '$document_uri'), ('DOCUMENT_ROOT', '$document_root'),
             ('SERVER_PROTOCOL', '$server_protocol'), ('REQUEST_SCHEME', '$scheme'), ('REMOTE_ADDR', '$remote_addr'),
             ('REMOTE_PORT', '$remote_port'), ('SERVER_ADDR', '$server_addr'), ('SERVER_PORT', '$server_port'),
             ('SERVER_NAME', '$server_name'), ('SERVER_SOFTWARE', 'nginx/$nginx_version'),
             ('GATEWAY_INTERFACE', 'CGI/1.1'))


def _parameters(directive):
    return '\n'.join(f'{directive} {name} {value};' for name, value in VARIABLES)


FASTCGI = f'fastcgi_pass application;\nfastcgi_keep_conn on;\n{_parameters("fastcgi_param")}'
UWSGI = f'uwsgi_pass application;\n{_parameters("uwsgi_param")}'
HTTP = '''\
proxy_pass http://application;
proxy_http_version 1.1;
proxy_set_header Connection "";
proxy_set_header Host $host;
'''


def binary():
    found = shutil.which('nginx', path='/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin')
    if found is None:
        raise BenchError('nginx was not found; on Debian: apt-get install nginx-light (or --fronts apache)')
    return found


class Nginx(Front):
    NAME = 'nginx'
    CONNECTIONS = 16384

    def configure(self, directives):
        return BASE.format(folder=self.folder, port=self.port, ready=READY, directives=directives,
                           connections=self.CONNECTIONS, descriptors=self.CONNECTIONS + 1000)

    def command(self):
        return [binary(), '-c', self.configuration, '-e', self.folder / 'nginx.log']
