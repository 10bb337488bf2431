"""The demo: a real TurboGears 2 project behind a real Apache, from nothing, with two files.

`command` is what the user runs; `project` makes a virtualenv and a project; `apache` runs a private
Apache; `stages` put them together. The integration tests and the measurements of Penstock's own
repository use `project` and `apache` too.
"""


def main(arguments=None):
    """`penstock demo`; returns the exit status."""
    from penstock.demo.command import main as run

    return run(arguments)
