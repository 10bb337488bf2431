"""Waiting for something to become true, with an end."""

import time


def eventually(condition, seconds=10, what=None):
    """Poll `condition` until it returns something true, and return that; fail after `seconds`.

    The one place where tests pause: for things that cannot be waited on otherwise, such as another
    user's process.
    """
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(
                "not within %s s: %s; last seen: %r" % (seconds, what or condition, value)
            )
        time.sleep(0.02)
