"""The application under bench/soak: pages whose right answer is known, a ledger of what was begun, faults on demand.

Served as `VERSION = n` followed by this text. Beside its folder is `soak/`, writable by it, with

    ledger    `begun ID PID` for each POST, before anything else is done; `trouble KIND ID PID` for each fault
    armed     a kind of fault: the next request, whichever it is, takes the file away and has the fault
"""

import hashlib
import os
import signal
import threading
import time

VERSION = globals().get('VERSION', 0)
FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'soak')
MEGABYTE = 1 << 20
BOMB_MEGABYTES = 300
LEAK_MEGABYTES = 150
LARGE = bytes(range(256)) * 800
WAIT_S = 0.02

leaked = []


def page(number):
    """The right answer of /page?NUMBER; other lengths, so that a mixed-up answer is seen."""
    digest = hashlib.sha256(b'%d' % number).hexdigest().encode()
    return b'page %d\n' % number + digest * (number % 60) + b'\n'


def application(environ, start_response):
    name = environ.get('HTTP_X_SOAK_ID', 'nobody')
    if environ['REQUEST_METHOD'] == 'POST':
        note('begun', name)
    misbehave(name)
    body = answer(environ)
    headers = [('Content-Type', 'application/octet-stream'), ('Content-Length', str(len(body))),
               ('X-Soak-Version', str(VERSION)), ('X-Soak-Worker', str(os.getpid()))]
    start_response('200 OK', headers)
    return [body[at:at + 65536] for at in range(0, len(body), 65536)]


def answer(environ):
    path = environ['PATH_INFO']
    if path == '/page':
        return page(int(environ['QUERY_STRING']))
    if path == '/large':
        return LARGE
    if path == '/wait':
        time.sleep(WAIT_S)
        return b'waited\n'
    return hashlib.sha256(environ['wsgi.input'].read()).hexdigest().encode()


def note(*words):
    """One line in one write: the file is opened for appending, so lines of several workers do not mix."""
    descriptor = os.open(os.path.join(FOLDER, 'ledger'), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        os.write(descriptor, (' '.join([*words, str(os.getpid())]) + '\n').encode())
    finally:
        os.close(descriptor)


def misbehave(name):
    armed = os.path.join(FOLDER, 'armed')
    if not os.path.exists(armed):
        return
    mine = f'{armed}.{os.getpid()}'
    try:
        os.rename(armed, mine)
    except FileNotFoundError:
        return  # another worker was faster
    with open(mine) as file:
        kind = file.read()
    os.unlink(mine)
    note('trouble', kind, name)
    FAULTS[kind]()


def leave():
    os._exit(7)


def deadlock():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def bomb():
    """Memory that grows within a request until the kernel's out-of-memory killer comes."""
    held = []
    for _ in range(BOMB_MEGABYTES):
        held.append(b'\1' * MEGABYTE)
    os.kill(os.getpid(), signal.SIGKILL)


def leak():
    """Memory that stays with the worker after the request."""
    leaked.extend(b'\1' * MEGABYTE for _ in range(LEAK_MEGABYTES))


FAULTS = {'exit': leave, 'deadlock': deadlock, 'memory': bomb, 'leak': leak}
