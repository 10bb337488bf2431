"""Penstock's Python side: it lets a web server that spawns FastCGI scripts, or the Penstock server
itself, run WSGI applications.

What a dispatch script uses is in `penstock.fcgi`. The rest works in one of three processes:

- the dispatch, spawned by the web server, holds its listening socket (`dispatch`, `takeover`,
  `instance`, `runtime`);
- the zygote, started by the Penstock server, loads the application once (`zygote`, `loading`);
- a worker, forked from the zygote, answers requests (`worker`, `wsgi`, `headers`, `streams`).

Standard library only, Python 3.8 and up.
"""

__version__ = "0.1.0"
