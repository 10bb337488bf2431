"""The visitors of bench/soak: threads that ask without a pause, look at every answer, and keep what went wrong."""

import hashlib
import http.client
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass

import soak_application

EXCERPT = 300


@dataclass(frozen=True)
class Failure:
    """A request that did not get its right answer; times are of time.monotonic()."""

    name: str
    method: str
    path: str
    sent: float
    ended: float
    status: int
    """0 when there was no answer."""
    what: str


class Visitors:
    """`count` threads from `start` to `stop`; `seed` makes their choices and the names of their requests.

    `floor` is the oldest version of the application that may still answer what is asked from now on.
    """


    def __init__(self, port, count, patience, seed):
        self.port, self.patience, self.seed = port, patience, seed
        self.floor = 0
        self.answered = Counter()
        self.failures, self.stale = [], []
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._visit, daemon=True,
                                          args=(number, random.Random(seed * 1000 + number)))
                         for number in range(count)]

    def start(self):
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _visit(self, number, chance):
        connection, count = self._connection(), 0
        while not self._stopped.is_set():
            count += 1
            name = f'{self.seed}-{number}-{count}'
            method, path, body, right = _request(chance)
            sent, floor = time.monotonic(), self.floor
            status, what = 0, ''
            try:
                connection.request(method, path, body, {'X-Soak-Id': name})
                response = connection.getresponse()
                status, answer = response.status, response.read()
                if status != 200 or answer != right:
                    what = f'{status}, {len(answer)} bytes: {answer[:EXCERPT].decode(errors="replace")}'
                elif int(response.headers['X-Soak-Version']) < floor:
                    self.stale.append(f'{name}: version {response.headers["X-Soak-Version"]} after {floor} served')
            except (OSError, http.client.HTTPException) as error:
                what = f'{type(error).__name__}: {error}'
                connection.close()
                connection = self._connection()
            if what:
                self.failures.append(Failure(name, method, path, sent, time.monotonic(), status, what))
                self._stopped.wait(0.05)  # a site that is down must not make this a busy loop
            else:
                self.answered[method] += 1
        connection.close()

    def _connection(self):
        return http.client.HTTPConnection('127.0.0.1', self.port, timeout=self.patience)


def _request(chance):
    """(method, path, body, the right answer) of the next request."""
    dice = chance.random()
    if dice < 0.6:
        number = chance.randrange(1000)
        return 'GET', f'/page?{number}', None, soak_application.page(number)
    if dice < 0.7:
        return 'GET', '/large', None, soak_application.LARGE
    if dice < 0.8:
        return 'GET', '/wait', None, b'waited\n'
    body = chance.randbytes(100_000 if dice > 0.95 else 200)
    return 'POST', '/record', body, hashlib.sha256(body).hexdigest().encode()
