"""The unit for one machine: systemd takes it, and it leaves little of the machine open."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from followthrough import ROOT

UNIT = ROOT / "deploy" / "systemd" / "followthrough.service"
EXPOSED_AT_MOST = 2.0
"""Of 10; systemd calls what is below 3 OK, and what serves a network can't have much less than 1."""


@pytest.fixture(scope="module")
def analyze() -> str:
    if not (found := shutil.which("systemd-analyze")):
        pytest.skip("systemd-analyze is not installed; on Debian: apt-get install systemd")
    return found


def test_systemd_takes_it(analyze: str, tmp_path: Path) -> None:
    here = tmp_path / UNIT.name
    here.write_text(
        UNIT.read_text().replace("/opt/followthrough/bin/followthrough", shutil.which("true") or "/bin/true")
    )
    done = subprocess.run([analyze, "verify", here], capture_output=True, text=True)
    assert [line for line in done.stderr.splitlines() if UNIT.name in line] == []
    assert done.returncode == 0


def test_it_leaves_little_open(analyze: str) -> None:
    done = subprocess.run([analyze, "security", "--offline=true", "--no-pager", UNIT], capture_output=True, text=True)
    said = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert said is not None, done.stderr
    assert float(said.group(1)) <= EXPOSED_AT_MOST
