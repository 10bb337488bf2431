"""Packages of the operating system: installed where we may, named in one command where we may not.
"""

import os
import shutil

from penstock.demo.project import ProjectError, run

# Debian's names; elsewhere the reader knows what Apache and mod_fcgid are called.
_APT = ["apt-get", "install", "--yes", "--no-install-recommends"]
_ELSEWHERE = {
    "dnf": "dnf install httpd mod_fcgid",
    "zypper": "zypper install apache2 apache2-mod_fcgid",
}


def install(packages, leave_alone, screen, reason):
    """Install Debian packages, saying so; a ProjectError with the command to type where that is not
    ours to do.

    Without what they recommend: that would bring and start the system's own Apache.
    """
    command = _APT + list(packages)
    may = os.geteuid() == 0 and shutil.which("apt-get") is not None
    if leave_alone or not may:
        raise ProjectError("%s. To install it:\n\n    %s\n" % (reason, _command_to_type(command)))
    screen.say("%s; installing %s" % (reason, " ".join(packages)))
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    with screen.step("apt-get install " + " ".join(packages)):
        try:
            run(command)
        except ProjectError:
            run(["apt-get", "update"])
            run(command)


def _command_to_type(command):
    if shutil.which("apt-get") is None:
        for program, instead in _ELSEWHERE.items():
            if shutil.which(program):
                return "sudo " + instead
    typed = [word for word in command if word != "--yes"]
    return " ".join(typed if os.geteuid() == 0 else ["sudo"] + typed)
