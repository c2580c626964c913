"""A release, in a clone of its own, and refused while something is missing."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from followthrough import __version__
from followthrough.engine_sources import built_copy

VERSION_FILE, CHANGELOG = Path("followthrough/__init__.py"), Path("CHANGELOG.md")
AUTHOR = [f"GIT_{role}_{what}" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")]


GO = """#!/bin/sh
while [ "$1" != -o ]; do shift; done
echo "$GOOS $GOARCH $CGO_ENABLED $GOTOOLCHAIN" > "$2"
"""


def run(clone: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    path = f"{clone.parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PYTHON": sys.executable, "PATH": path} | dict.fromkeys(AUTHOR, "releaser")
    return subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Of this tree as it stands, with a history of its own; beside it a Go that builds at once, as is pinned."""
    (tmp_path / "go").write_text(GO)
    (tmp_path / "go").chmod(0o755)
    clone = tmp_path / "clone"
    copy(clone)
    run(clone, "deploy/engine", "--pin").check_returncode()
    commit(clone)
    return clone


def copy(clone: Path) -> None:
    listed = run(Path(), "git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    if listed.returncode:
        pytest.skip("this is no clone of the repository")
    for name in filter(None, listed.stdout.split("\0")):
        if (source := Path(name)).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            (clone / name).write_bytes(source.read_bytes())
            (clone / name).chmod(source.stat().st_mode)


def commit(clone: Path) -> None:
    for command in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "As it stands")):
        run(clone, "git", *command).check_returncode()


def test_a_release_is_a_wheel_the_engine_their_checksums_and_a_tag_with_the_entry_of_the_changelog(clone: Path) -> None:
    released = run(clone, "deploy/release")
    assert released.returncode == 0, released.stderr
    engine = f"{built_copy().name}-linux-amd64"
    files = {f"followthrough-{__version__}-py3-none-any.whl", engine}
    assert {file.name for file in (clone / "dist").iterdir()} == files | {"SHA256SUMS"}
    [go] = re.findall(r"^go (\S+)$", (clone / "deploy" / "devserver" / "go.mod").read_text(), re.MULTILINE)
    assert (clone / "dist" / engine).read_text() == f"linux amd64 0 go{go}\n"
    checked = run(clone / "dist", "sha256sum", "--check", "--strict", "SHA256SUMS")
    assert checked.stdout == "".join(f"{name}: OK\n" for name in sorted(files))
    tag = run(clone, "git", "tag", "--list", "--format=%(refname:short) %(objecttype)\n%(contents)").stdout
    assert tag.startswith(f"v{__version__} tag\nFollowthrough {__version__}\n")
    assert "### Added\n\n- " in tag
    again = run(clone, "deploy/release")
    assert again.returncode == 1
    assert "is tagged already; give followthrough/__init__.py the next version." in again.stderr


def test_an_engine_that_is_not_as_it_is_pinned_is_not_released(clone: Path) -> None:
    (clone.parent / "go").write_text(GO.replace("$GOOS", "changed"))
    refused = run(clone, "deploy/release")
    assert refused.returncode == 1
    assert "run deploy/engine --pin and commit" in refused.stderr
    assert refused.stderr.endswith("No release: the engine could not be built as it is pinned.\n")
    assert run(clone, "git", "tag").stdout == ""


@pytest.mark.parametrize(
    ("file", "committed", "said"),
    [
        (CHANGELOG, False, "there are changes that are not committed"),
        (VERSION_FILE, True, 'CHANGELOG.md has no "## 9.9.9 - YYYY-MM-DD"'),
    ],
)
def test_a_release_is_refused_while_something_is_missing(clone: Path, file: Path, committed: bool, said: str) -> None:
    changed = clone / file
    changed.write_text(changed.read_text().replace(__version__, "9.9.9"))
    if committed:
        commit(clone)
    refused = run(clone, "deploy/release")
    assert refused.returncode == 1
    assert said in refused.stderr
    assert run(clone, "git", "tag").stdout == ""
