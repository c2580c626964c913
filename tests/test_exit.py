"""How a command ends."""

import subprocess
import sys

import pytest

from followthrough import __version__

TAKEN_APART = """
import os, sys
from followthrough.__main__ import main

class Left:
    def __del__(self, write=os.write):
        write(1, b"Python was taken apart")

sys.left = Left()
main()
"""


@pytest.mark.parametrize(
    ("typed", "exit_code", "said"),
    [
        (["--version"], 0, __version__),
        (["lint", "--nothing-like-it"], 2, "--nothing-like-it"),
        (["lint", "no-file"], 2, "no-file"),
    ],
)
def test_a_command_ends_before_python_is_taken_apart(typed: list[str], exit_code: int, said: str) -> None:
    """Around the threads of Temporal's core that goes wrong, now and then."""
    ended = subprocess.run([sys.executable, "-c", TAKEN_APART, *typed], capture_output=True, text=True, timeout=60)
    assert ended.returncode == exit_code
    assert said in ended.stdout + ended.stderr
    assert "Python was taken apart" not in ended.stdout
