"""The wheel, away from the checkout."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from followthrough import ROOT, __version__
from followthrough.engine_sources import DEVSERVER, built_copy

PACKAGES = ("followthrough", "workflows", "activities")
AT_THE_ROOT = ("followthrough.example.yaml", "followthrough.schema.json")


def files(folder: Path) -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_it_holds_what_the_packages_hold_and_what_they_look_for_at_the_root(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    modules = {"worker.py"}.union(*(files(ROOT / package) for package in PACKAGES))
    beside = files(DEVSERVER).union(AT_THE_ROOT)
    assert held == modules | {f"followthrough/shipped/{name}" for name in beside}


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment, which has the wheel and, from the tests' own, what that depends on."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, symlinks=True)
    place = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))
    pip = (sys.executable, "-m", "pip", "--python", folder / "bin" / "python")
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", wheel], check=True)
    (place / "dependencies.pth").write_text(sysconfig.get_path("purelib"))  # whose own .pth files are not read
    return folder / "bin"


def output(installed: Path, elsewhere: Path, *command: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [installed / command[0], *command[1:]],
        env=environment,
        cwd=elsewhere,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def test_it_says_its_version_and_its_commands(installed: Path, tmp_path: Path) -> None:
    assert output(installed, tmp_path, "followthrough", "--version") == f"followthrough {__version__}\n"
    assert "Play an incident from its alert" in output(installed, tmp_path, "followthrough", "--help")


def test_it_builds_the_same_engine_as_a_clone(installed: Path, tmp_path: Path) -> None:
    said = "from followthrough.engine_sources import DEVSERVER, built_copy; print(DEVSERVER, built_copy(), sep='\\n')"
    sources, copy = output(installed, tmp_path, "python", "-c", said).splitlines()
    assert Path(sources).is_relative_to(installed.parent)
    assert copy == str(built_copy())


@pytest.mark.timeout(1200)
@pytest.mark.usefixtures("running_engine")
def test_it_plays_the_demo(installed: Path, tmp_path: Path) -> None:
    """After the fixture, so that an engine is on this machine and none is built here."""
    played = json.loads(output(installed, tmp_path, "followthrough", "demo", "--json"))
    assert played["action_items"] == {"closed": 3, "waived": 1}
