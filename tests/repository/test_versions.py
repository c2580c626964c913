"""Versions agree wherever they are written."""

import re
import tomllib
from datetime import date
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from followthrough import __version__

HEADING = re.compile(r"^## (\S+)(?: - (\S+))?$", re.MULTILINE)
PINNED = re.compile(r"^([a-z0-9._-]+)(?:\[.*\])?==([^ ;\\]+)", re.MULTILINE)
DECLARED = tomllib.loads(Path("pyproject.toml").read_text())
NEEDED = [Requirement(line) for line in DECLARED["project"]["dependencies"]]
FOR_DEVELOPMENT = [Requirement(line) for group in DECLARED["dependency-groups"].values() for line in group]
LOCKED = {name: Version(version) for name, version in PINNED.findall(Path("requirements.lock").read_text())}
INSTALLED = {name.lower() for names in packages_distributions().values() for name in names}


def test_the_changelog_begins_with_what_is_not_released_and_then_has_this_version() -> None:
    (first, no_day), *released = HEADING.findall(Path("CHANGELOG.md").read_text())
    assert (first, no_day) == ("Unreleased", "")
    versions = [Version(version) for version, _ in released]
    assert versions[0] == Version(__version__)
    assert versions == sorted(set(versions), reverse=True)
    assert all(date.fromisoformat(day) for _, day in released)


def test_what_is_locked_is_what_is_declared() -> None:
    def is_locked(needed: Requirement) -> bool:
        return needed.specifier.contains(LOCKED[needed.name], prereleases=True)

    assert [str(one) for one in (*NEEDED, *FOR_DEVELOPMENT) if not is_locked(one)] == [], "run make lock"


def test_whatever_that_needs_is_locked_too() -> None:
    """It is installed as it stands: pip holds neither `coverage[toml]` to a pin of `coverage`, nor the other way."""
    installed = [distribution(name) for name in LOCKED if name in INSTALLED]
    needed = [Requirement(line) for one in installed for line in one.requires or []]
    applies = [one for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
    locked = {canonicalize_name(name): version for name, version in LOCKED.items()}
    missing = [str(one) for one in applies if canonicalize_name(one.name) not in locked]
    assert missing == [], "run make lock"
    assert [str(one) for one in applies if not one.specifier.contains(locked[canonicalize_name(one.name)], True)] == []


def test_what_is_needed_has_an_oldest_version_that_will_do() -> None:
    def has_oldest(needed: Requirement) -> bool:
        return any(bound.operator in (">=", "==") for bound in needed.specifier)

    assert [str(one) for one in NEEDED if not has_oldest(one)] == []
