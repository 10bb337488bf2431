"""What the real Paste Deploy says about the INI files of the tests.

Writes FILE.expected beside each FILE.ini in the folder, which `PasteDeployTest` compares with what
`IniFile` says. To run it again, with any Python that has PasteDeploy:

    python -X utf8 paste/src/test/python/expected.py

An INI file names its globals in comments: `# globals: name=value`.
"""

import configparser
import os
import re

from paste.deploy import loadwsgi

FOLDER = os.path.join(os.path.dirname(__file__), "../resources/dev/penstock/paste/ini")
NAMES = ("main", "spaced", "old", "guarded", "twice", "nothing")


def escaped(text, folder):
    text = text.replace(folder, "{here}")
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


def looked_up(get):
    try:
        return "= " + get()
    except (configparser.Error, LookupError):
        return "! error"


def line_of(error):
    if isinstance(error, configparser.ParsingError) and not hasattr(error, "lineno"):
        return error.errors[0][0]
    return getattr(error, "lineno", 0)


def report(path):
    """One line for each thing that can be asked of the file."""
    with open(path, encoding="utf-8", errors="replace") as file:
        given = re.findall(r"^# globals: (\w+)=(.*)$", file.read(), re.MULTILINE)
    folder = os.path.dirname(path)
    try:
        loader = loadwsgi.ConfigLoader(path)
    except configparser.Error as error:
        return ["file ! line %d" % line_of(error)]
    except UnicodeDecodeError:
        return ["file ! line 2"]
    loader.update_defaults(dict(given), overwrite=False)
    lines = []
    parser = loader.parser
    try:
        for key, value in parser.defaults().items():
            lines.append(escaped("DEFAULT | %s = %s" % (key, value), folder))
    except configparser.Error:
        lines.append("DEFAULT ! error")
    for section in parser.sections():
        for key in parser.options(section):
            value = looked_up(lambda: parser.get(section, key))
            lines.append(escaped("[%s] | %s %s" % (section, key, value), folder))
    for kind in (loadwsgi.APP, loadwsgi.SERVER):
        for name in NAMES:
            found = looked_up(lambda: loader.find_config_section(kind, name))
            lines.append("%s %s %s" % (kind.name, name, found))
    return lines


def main():
    folder = os.path.abspath(FOLDER)
    for name in sorted(os.listdir(folder)):
        if name.endswith(".ini"):
            lines = report(os.path.join(folder, name))
            target = os.path.join(folder, name[: -len(".ini")] + ".expected")
            with open(target, "w", encoding="utf-8", newline="\n") as file:
                file.write("".join(line + "\n" for line in lines))


if __name__ == "__main__":
    main()
