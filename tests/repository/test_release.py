"""A release, in a clone of its own, and refused while something is missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from followthrough import __version__

VERSION_FILE, CHANGELOG = Path("followthrough/__init__.py"), Path("CHANGELOG.md")
AUTHOR = [f"GIT_{role}_{what}" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")]


def run(clone: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHON": sys.executable} | dict.fromkeys(AUTHOR, "releaser")
    return subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Of this tree as it stands, with a history of its own."""
    listed = run(Path(), "git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    if listed.returncode:
        pytest.skip("this is no clone of the repository")
    for name in filter(None, listed.stdout.split("\0")):
        if (source := Path(name)).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(source.read_bytes())
            (tmp_path / name).chmod(source.stat().st_mode)
    commit(tmp_path)
    return tmp_path


def commit(clone: Path) -> None:
    for command in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "As it stands")):
        run(clone, "git", *command).check_returncode()


def test_a_release_is_a_wheel_and_a_tag_with_the_entry_of_the_changelog(clone: Path) -> None:
    released = run(clone, "deploy/release")
    assert released.returncode == 0, released.stderr
    assert [file.name for file in (clone / "dist").iterdir()] == [f"followthrough-{__version__}-py3-none-any.whl"]
    tag = run(clone, "git", "tag", "--list", "--format=%(refname:short) %(objecttype)\n%(contents)").stdout
    assert tag.startswith(f"v{__version__} tag\nFollowthrough {__version__}\n")
    assert "### Added\n\n- " in tag
    again = run(clone, "deploy/release")
    assert again.returncode == 1
    assert "is tagged already; give followthrough/__init__.py the next version." in again.stderr


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
