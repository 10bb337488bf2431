"""Fixtures: the package under test, a Penstock server played by the test, folders for instances."""

import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = os.path.normpath(os.path.join(HERE, "..", "..", "main", "python"))
sys.path.insert(0, PACKAGES)
sys.dont_write_bytecode = True
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"

from fakes import FakeServer  # noqa: E402


@pytest.fixture
def server(tmp_path):
    """A fake server without a zygote yet."""
    fake = FakeServer(str(tmp_path))
    yield fake
    fake.close()


@pytest.fixture
def run_directory(tmp_path, monkeypatch):
    """PENSTOCK_RUN_DIR in a folder of the test's own."""
    folder = tmp_path / "run"
    folder.mkdir()
    monkeypatch.setenv("PENSTOCK_RUN_DIR", str(folder))
    return folder
