"""Versions agree wherever they are written."""

import re
import tomllib
from datetime import date
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

from followthrough import __version__

HEADING = re.compile(r"^## (\S+)(?: - (\S+))?$", re.MULTILINE)
PINNED = re.compile(r"^([a-z0-9._-]+)(?:\[(.*)\])?==([^ ;\\]+)", re.MULTILINE)
DECLARED = tomllib.loads(Path("pyproject.toml").read_text())
NEEDED = [Requirement(line) for line in DECLARED["project"]["dependencies"]]
FOR_DEVELOPMENT = [Requirement(line) for group in DECLARED["dependency-groups"].values() for line in group]
PINS = PINNED.findall(Path("requirements.lock").read_text())
LOCKED = {name: Version(version) for name, _, version in PINS}
INSTALLED = {name.lower() for names in packages_distributions().values() for name in names}
EXTRAS = {name: set(extras.split(",")) for name, extras, _ in PINS}


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


def test_what_is_needed_with_an_extra_is_locked_with_it() -> None:
    """pip holds `coverage[toml]` to no pin of `coverage`, and refuses the newer version that it finds."""
    installed = [distribution(name) for name in LOCKED if name in INSTALLED]
    needed = [Requirement(line) for one in installed for line in one.requires or []]
    with_extra = [one for one in (*NEEDED, *FOR_DEVELOPMENT, *needed) if one.extras and one.name in LOCKED]
    applies = [one for one in with_extra if one.marker is None or one.marker.evaluate({"extra": ""})]
    assert [str(one) for one in applies if not one.extras <= EXTRAS[one.name]] == [], "run make lock"


def test_what_is_needed_has_an_oldest_version_that_will_do() -> None:
    def has_oldest(needed: Requirement) -> bool:
        return any(bound.operator in (">=", "==") for bound in needed.specifier)

    assert [str(one) for one in NEEDED if not has_oldest(one)] == []
