"""The workflows of the contributors' CI, which run elsewhere."""

import shutil
import subprocess

import pytest

ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"


def test_github_takes_them() -> None:
    if shutil.which("actionlint"):
        actionlint = ["actionlint"]
    elif shutil.which("go"):
        actionlint = ["go", "run", ACTIONLINT]
    else:
        pytest.skip("actionlint is not installed, and no Go to run it with")
    found = subprocess.run([*actionlint, "-no-color"], capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
