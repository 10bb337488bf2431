"""What the tests drive: real servers, real clients, real processes. Each test file reads as
documentation of its set-up.
"""

import pytest

# Checks that several folders share stand there, and a failed one should say what it saw.
pytest.register_assert_rewrite("harness.gates")
