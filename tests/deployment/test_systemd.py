"""The unit for one machine: systemd takes it, and it leaves little of the machine open."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from followthrough import ROOT

UNIT = ROOT / "deploy" / "systemd" / "followthrough.service"
DEPLOYING, PROGRAM = ROOT / "docs" / "deploying.md", "/opt/followthrough/bin/followthrough"
EXPOSED_AT_MOST = 2.0
"""Of 10; systemd calls what is below 3 OK, and what serves a network can't have much less than 1."""


@pytest.fixture(scope="module")
def analyze() -> str:
    if not (found := shutil.which("systemd-analyze")):
        pytest.skip("systemd-analyze is not installed; on Debian: apt-get install systemd")
    return found


def verify(analyze: str, unit: Path, text: str) -> None:
    unit.write_text(text.replace(PROGRAM, shutil.which("true") or "/bin/true"))
    done = subprocess.run([analyze, "verify", unit], capture_output=True, text=True)
    assert [line for line in done.stderr.splitlines() if unit.name in line] == []
    assert done.returncode == 0


def test_systemd_takes_it(analyze: str, tmp_path: Path) -> None:
    verify(analyze, tmp_path / UNIT.name, UNIT.read_text())


def test_the_service_sees_the_numbers_of_its_own_process() -> None:
    """prometheus_client gives up without /proc/stat, which `ProcSubset=pid` takes away."""
    assert "ProcSubset" not in UNIT.read_text()


def test_a_command_runs_once_with_all_that_the_service_has(analyze: str, tmp_path: Path) -> None:
    typed = re.search(r"^    systemctl cat followthrough \| (sed '[^']+')", DEPLOYING.read_text(), re.MULTILINE)
    assert typed is not None
    added = "\n[Service]\nLoadCredential=sendgrid:/etc/followthrough/secrets/sendgrid\n"
    whole = UNIT.read_text() + added
    once = subprocess.run(
        ["sh", "-ceu", typed.group(1)], input=whole, capture_output=True, text=True, check=True
    ).stdout
    changed = {(was, now) for was, now in zip(whole.splitlines(), once.splitlines(), strict=True) if was != now}
    assert changed == {
        (f"ExecStart={PROGRAM} serve", f"ExecStart={PROGRAM} check-upgrade"),
        ("Type=exec", "Type=oneshot"),
        ("Restart=on-failure", "Restart=no"),
    }
    verify(analyze, tmp_path / "followthrough-once.service", once)


def test_it_leaves_little_open(analyze: str) -> None:
    done = subprocess.run([analyze, "security", "--offline=true", "--no-pager", UNIT], capture_output=True, text=True)
    said = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert said is not None, done.stderr
    assert float(said.group(1)) <= EXPOSED_AT_MOST
