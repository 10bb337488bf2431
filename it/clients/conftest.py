"""The Java program that does to an application what the client can do."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from penstock import runtime

HERE = Path(__file__).resolve().parent


@pytest.fixture
def exercise():
    """A function: what the client of the library has to say after it has done these things."""
    home = os.environ.get("JAVA_HOME", "")
    java = shutil.which("java", path=home + "/bin:" + os.environ["PATH"])
    modules = subprocess.run([java, "--list-modules"], stdout=-1) if java else None
    if not modules or b"jdk.compiler@25" not in modules.stdout:
        pytest.skip("there is no JDK 25 (JAVA_HOME)")
    jars = [
        str(jar)
        for jar in Path(runtime.PACKAGE, "lib").glob("penstock-fastcgi-*.jar")
    ] or [str(jar) for jar in (HERE.parents[1] / "dist/home/penstock/lib").glob("penstock-f*.jar")]
    if not jars:
        pytest.skip("there is no build")

    def run(address, *what, script=""):
        command = [java, "-cp", jars[0], str(HERE / "Exercise.java"), str(address), str(script)]
        done = subprocess.run(command + list(what), stdout=-1, stderr=-1, timeout=120, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return dict(line.split(": ", 1) for line in done.stdout.splitlines())

    return run
