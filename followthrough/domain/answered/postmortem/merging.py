"""Two authors at once: what both changed is put together, and where they meet, both stay in the text to choose from."""

import difflib
from collections.abc import Iterator
from typing import NamedTuple

from merge3 import Merge3

from followthrough.domain.replayed.values import Refusal

YOURS, THEIRS, UNTIL = "<<<<<<< ", "======= ", ">>>>>>> "
CONTEXT = 2
"""Lines around a difference that are shown with it."""


class Merged(NamedTuple):
    """A text with what both changed; in as many places as ``conflicts`` both stay, between marked lines."""

    text: str
    conflicts: int


class Line(NamedTuple):
    """Of a difference: ``kind`` is added, removed, same, or gap for lines that are left out."""

    kind: str
    text: str


def merged(began_with: str, mine: str, theirs: str, they: str) -> Merged:
    """What both made of the text that they began with; ``they`` is the other author's name."""
    lines: list[str] = []
    conflicts = 0
    merge = Merge3(began_with.split("\n"), mine.split("\n"), theirs.split("\n"))
    for kind, *parts in merge.merge_groups():
        if kind == "conflict":
            _, of_mine, of_theirs = parts
            conflicts += 1
            lines += [f"{YOURS}What you wrote", *of_mine, f"{THEIRS}What {they} wrote", *of_theirs]
            lines.append(f"{UNTIL}Keep what holds of both, and take these three lines out")
        else:
            lines += parts[0]
    return Merged("\n".join(lines), conflicts)


def undecided(text: str) -> bool:
    """Whether both still stand in it somewhere."""
    return any(line.startswith((YOURS, THEIRS, UNTIL)) for line in text.splitlines())


def require_decided(text: str) -> None:
    """Raises Refusal."""
    if undecided(text):
        raise Refusal("Two versions of some lines stand in the text, between <<<<<<< and >>>>>>>; keep what holds.")


def differences(before: str, after: str) -> list[Line]:
    """What changed from one version to the next, with some lines around it."""
    return list(_differences(before, after))


def _differences(before: str, after: str) -> Iterator[Line]:
    kinds = {"+": "added", "-": "removed", " ": "same"}
    compared = difflib.unified_diff(before.splitlines(), after.splitlines(), n=CONTEXT, lineterm="")
    for number, line in enumerate(compared):
        if line.startswith("@@") and number > len(("---", "+++")):
            yield Line("gap", "")
        elif number > len(("---", "+++", "@@")) - 1:
            yield Line(kinds[line[0]], line[1:])
