"""SCRIPT_NAME and PATH_INFO of a request that this process answers itself, as a CGI program.

The server's `PathTruth` has the rule and the reasons: the URL's path is SCRIPT_NAME followed by
PATH_INFO, and what the web server says only tells where to cut. Here are those of its cases that a
CGI program can meet; both are tested with the same table, `paths.csv`.
"""

import os
from urllib.parse import unquote_to_bytes


def correct(environ: dict, program: str, script_name: str) -> None:
    """Sets both variables and removes what would contradict them.

    `program` is the file name of the dispatch script, `script_name` the setting.
    """
    script, info = environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", "")
    if script_name != "as-is":
        url = url_path(environ.get("REQUEST_URI", ""))
        if script_name.startswith("/"):
            script, info = after_prefix(script_name.rstrip("/"), script, info, url)
        elif url is not None:
            script, info = cut(script, info, url, "/" + program)
        script = script.rstrip("/")
        environ.pop("SCRIPT_URL", None)
        environ.pop("REDIRECT_URL", None)
    environ["SCRIPT_NAME"], environ["PATH_INFO"] = script, info


def cut(script: str, info: str, url: str, program: str):
    path = normalised(url)
    if info:
        for whole, tail in ((url, info), (path, normalised(info))):
            before = whole[: len(whole) - len(tail)]
            if whole.endswith(tail) and starts_with(script, before):
                return before, info
    clean = script
    if script.endswith(program) and not starts_with(path, script):
        clean = script[: -len(program)]  # a rewrite rule hides it from the browser
    if not info:
        return clean, path[len(clean) :] if starts_with(path, clean) else ""
    # A rewrite in an .htaccess decodes the path twice: %2525 arrives as %. The URL knows better.
    rest = normalised(url[len(clean) :]) if starts_with(url, clean) else info
    return clean, rest if decoded(rest) == info else info


def after_prefix(prefix: str, script: str, info: str, url):
    path = script + info if url is None else url
    for candidate in (path, normalised(path), script):
        if starts_with(candidate, prefix):
            return prefix, candidate[len(prefix) :]
    return prefix, info or script


def starts_with(path: str, prefix: str) -> bool:
    return path.startswith(prefix) and (not prefix or path[len(prefix) :][:1] in ("", "/"))


def url_path(uri: str):
    """The decoded path of REQUEST_URI, which may be absolute; None when there is none."""
    if not uri:
        return None
    path = uri.partition("?")[0]
    if not path.startswith("/"):
        path = "/" + path.partition("://")[2].partition("/")[2]
    return decoded(path)


def decoded(path: str) -> str:
    return unquote_to_bytes(path.encode("latin-1")).decode("latin-1")


def normalised(path: str) -> str:
    """Slashes merged and dot segments resolved, as web servers do before they compute PATH_INFO."""
    if "//" not in path and "/." not in path:
        return path
    segments = []
    parts = path.split("/")
    for part in parts:
        if part == "..":
            segments[-1:] = []
        elif part not in ("", "."):
            segments.append(part)
    folder = parts[-1] in ("", ".", "..")
    return "/" + "/".join(segments) + ("/" if folder and segments else "")


def program_of(environ: dict) -> str:
    """The file name of the script that runs."""
    return os.path.basename(environ.get("SCRIPT_FILENAME", "") or environ.get("SCRIPT_NAME", ""))
