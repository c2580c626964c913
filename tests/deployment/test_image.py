"""The container image, as far as its recipe tells."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from followthrough import ROOT, __version__

RECIPE = (ROOT / "deploy" / "Containerfile").read_text()


@pytest.fixture(scope="module")
def installed() -> set[str]:
    """The packages that get into it."""
    command = (sys.executable, "-B", ROOT / "deploy" / "runtime-requirements", ROOT / "requirements.lock")
    lock = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert lock.count("==") <= lock.count("--hash=sha256:")
    return set(re.findall(r"^([a-z0-9._-]+)==", lock, re.MULTILINE))


def test_it_has_what_the_product_needs_and_nothing_that_tests_or_builds_it(installed: set[str]) -> None:
    written = (ROOT / "pyproject.toml").read_text()
    wanted = re.findall(r'^    "([^"]+)",', written.partition("dependencies = [")[2].partition("\n]")[0], re.MULTILINE)
    assert {Requirement(one).name.lower() for one in wanted} <= installed
    tools = re.findall(r'^    "([a-z0-9-]+)",', written.partition("dev = [")[2].partition("\n]")[0], re.MULTILINE)
    assert not {"pip", "hatchling", "setuptools", *tools} & installed - {"jsonschema", "packaging"}


def test_what_it_copies_is_there() -> None:
    copied = [word for line in re.findall(r"^COPY (?!--from)(.*)$", RECIPE, re.MULTILINE) for word in line.split()[:-1]]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    let_in = (ROOT / "deploy" / "Containerfile.dockerignore").read_text().splitlines()
    assert [name for name in copied if f"!{name}" not in let_in] == []


def test_its_last_stage_builds_nothing_and_runs_as_nobody_who_owns_it() -> None:
    last = RECIPE.rpartition("\nFROM ")[2]
    assert not re.search(r"pip\S* install|apt-get|ensurepip --", last)
    assert "\nUSER 10001:10001\n" in last
    assert "\nHEALTHCHECK " in last
    assert last.index("USER") < last.index("ENTRYPOINT")


def test_its_last_stage_takes_away_what_the_usual_base_installs_with(tmp_path: Path) -> None:
    """Played on the names that `python:3.11-slim-bookworm` has; another base may have none of them."""
    removal = re.search(r"&& (rm -rf .*)", RECIPE.rpartition("\nFROM ")[2])
    assert removal is not None
    here = removal.group(1).replace(" /", f" {tmp_path}/")
    subprocess.run(["sh", "-ceu", here], check=True)

    library = "lib/python3.11"
    stays = {"bin/python3.11", f"{library}/os.py"}
    packages = ("pip", "pip-24.0.dist-info", "setuptools", "wheel", "_distutils_hack", "distutils-precedence.pth")
    goes = {*(f"{library}/site-packages/{one}" for one in packages), f"{library}/ensurepip/_bundled/pip.whl"}
    goes |= {f"bin/{one}" for one in ("pip", "pip3", "pip3.11", "wheel")}
    for name in stays | goes:
        path = tmp_path / "usr" / "local" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    subprocess.run(["sh", "-ceu", here], check=True)
    found = {str(path.relative_to(tmp_path / "usr" / "local")) for path in tmp_path.rglob("*") if path.is_file()}
    assert found == stays


def test_the_built_one_is_as_the_recipe_says() -> None:
    """`make image` builds it, which takes too long here."""
    if not (buildah := shutil.which("buildah")):
        pytest.skip("buildah is not installed")
    command = (buildah, "inspect", "--type", "image", f"followthrough:{__version__}")
    found = subprocess.run(command, capture_output=True, text=True)
    if found.returncode:
        pytest.skip(f"there is no image of this version; `make image` builds it: {found.stderr.strip()[-200:]}")
    config = json.loads(found.stdout)["Docker"]["config"]
    last = RECIPE.rpartition("\nFROM ")[2]
    assert config["User"] == "10001:10001"
    assert (config["Entrypoint"], config["Cmd"]) == (["followthrough"], ["web"])
    assert config["Volumes"].keys() == {"/data"}
    assert config["ExposedPorts"].keys() == {"8080/tcp"}
    assert json.dumps(config["Healthcheck"]["Test"][1:]) in last
    assert {
        f"{name}={value}" for name, value in re.findall(r"^(?:ENV|   ) ([A-Z_]+)=(\S+)", last, re.MULTILINE)
    } <= set(config["Env"])


@pytest.mark.parametrize(
    "script", ["image", "try-image", "try-upgrade", "engine", "compose-secrets", "runtime-requirements"]
)
def test_its_scripts_can_be_run(script: str) -> None:
    path: Path = ROOT / "deploy" / script
    assert path.stat().st_mode & 0o111
    assert path.read_text().startswith("#!/usr/bin/env ")
