"""No regular expression takes time that grows faster than its text: each one in the code is proved linear by its form.

Strangers choose the text. A pattern is linear when each of its repeats without a limit

- is all that is left of the pattern, so that nothing after it can fail; or
- gives nothing back (``++``), or can't be what follows it, so that giving back is no use; and
- is entered from few places: the pattern is tried at one place only, or something before the repeat stops it; and
- can be read in one way only.

This sees less than a person; a pattern that is refused can be written more plainly, or looks at text that is bounded.
"""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from followthrough.domain.replayed.ids import INCIDENT_ID, ITEM_ID

sre, parser = import_module("re._constants"), import_module("re._parser")
"""Named as text: whether their types are known depends on what else is installed."""

SOURCES = [path for folder in ("followthrough", "workflows", "activities") for path in Path(folder).rglob("*.py")]
BOUNDED = {
    Path("followthrough/domain/answered/item/quality.py"): "titles",
    Path("followthrough/domain/answered/item/title_reading.py"): "titles and their words",
    Path("followthrough/organisation_file.py"): "scalars of the organisation file, whose owner runs the service",
}
"""Modules whose patterns see bounded text only, and which."""

ALPHABET = [chr(code) for code in range(0x180)] + list("\u2019\u201d\u2028\u3000道😀\ud800\ufeff")
EVERYTHING = frozenset(ALPHABET)
LONG = 1_000
UNLIMITED = {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}
ONE_PLACE = {"match", "fullmatch"}


def characters(op: Any, argument: Any, flags: int) -> frozenset[str]:
    """What one character of the pattern can be."""
    match op:
        case sre.LITERAL:
            one = chr(argument)
            return frozenset({one, one.lower(), one.upper()} if flags & re.IGNORECASE else {one})
        case sre.NOT_LITERAL:
            return EVERYTHING - {chr(argument)}
        case sre.ANY:
            return EVERYTHING - (set() if flags & re.DOTALL else {"\n"})
        case sre.RANGE:
            return frozenset(one for one in ALPHABET if argument[0] <= ord(one) <= argument[1])
        case sre.CATEGORY:
            escape = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}[str(argument).rsplit("_", 1)[-1]]
            escape = escape.upper() if "_NOT_" in str(argument) else escape
            return frozenset(one for one in ALPHABET if re.match(escape, one))
        case sre.IN:
            parts = [characters(kind, part, flags) for kind, part in argument if kind is not sre.NEGATE]
            found = frozenset().union(*parts)
            return EVERYTHING - found if argument[0][0] is sre.NEGATE else found
    return EVERYTHING


def first(items: list[Any], flags: int) -> tuple[frozenset[str], bool]:
    """What the items can begin with, and whether they can be empty."""
    found: frozenset[str] = frozenset()
    for op, argument in items:
        match op:
            case sre.AT | sre.ASSERT | sre.ASSERT_NOT:
                continue
            case sre.SUBPATTERN:
                begins, empty = first(list(argument[-1]), flags)
            case sre.ATOMIC_GROUP:
                begins, empty = first(list(argument), flags)
            case sre.BRANCH:
                branches = [first(list(branch), flags) for branch in argument[1]]
                begins = frozenset().union(*(begins for begins, _ in branches))
                empty = any(empty for _, empty in branches)
            case sre.MAX_REPEAT | sre.MIN_REPEAT | sre.POSSESSIVE_REPEAT:
                begins, empty = first(list(argument[2]), flags)
                empty = empty or argument[0] == 0
            case _:
                begins, empty = characters(op, argument, flags), False
        found |= begins
        if not empty:
            return found, False
    return found, True


def taken(items: list[Any], flags: int) -> frozenset[str]:
    """Every character that the items can match."""
    found: frozenset[str] = frozenset()
    for op, argument in items:
        match op:
            case sre.AT | sre.ASSERT | sre.ASSERT_NOT:
                pass
            case sre.SUBPATTERN:
                found |= taken(list(argument[-1]), flags)
            case sre.ATOMIC_GROUP:
                found |= taken(list(argument), flags)
            case sre.BRANCH:
                found |= frozenset().union(*(taken(list(branch), flags) for branch in argument[1]))
            case _ if op in UNLIMITED:
                found |= taken(list(argument[2]), flags)
            case _:
                found |= characters(op, argument, flags)
    return found


def doubtful(pattern: str, flags: int = 0, *, one_place: bool = False) -> list[str]:
    """Why the pattern may not be linear; empty when it is."""
    parsed = parser.parse(pattern, flags)
    flags = parsed.state.flags
    items = list(parsed)
    anchored = one_place or (bool(items) and items[0] == (sre.AT, sre.AT_BEGINNING) and not flags & re.MULTILINE)
    return list(_doubts(items, [], [], flags, anchored))


def _doubts(items: list[Any], before: list[Any], after: list[Any], flags: int, anchored: bool) -> Iterator[str]:
    for place, (op, argument) in enumerate(items):
        behind, rest = before + items[:place], items[place + 1 :] + after
        match op:
            case sre.SUBPATTERN:
                yield from _doubts(list(argument[-1]), behind, rest, flags, anchored)
            case sre.ATOMIC_GROUP:
                yield from _doubts(list(argument), behind, rest, flags, anchored)
            case sre.ASSERT | sre.ASSERT_NOT:
                yield from _doubts(list(argument[1]), behind, [], flags, anchored)
            case sre.BRANCH:
                for branch in argument[1]:
                    yield from _doubts(list(branch), behind, rest, flags, anchored)
            case _ if op in UNLIMITED and argument[1] < LONG:
                yield from _doubts(list(argument[2]), behind, rest, flags, anchored)
            case _ if op in UNLIMITED:
                yield from _doubts_of_repeat(op, list(argument[2]), behind, rest, flags, anchored)


def _doubts_of_repeat(
    op: Any, inside: list[Any], behind: list[Any], rest: list[Any], flags: int, anchored: bool
) -> Iterator[str]:
    takes = taken(inside, flags)
    follows, _ = first(rest, flags)
    yield from _doubts(inside, behind, inside + rest, flags, anchored)
    if op is not sre.POSSESSIVE_REPEAT and _ambiguous(inside, flags):
        yield "what is repeated can be read in two ways"
    if all(op in UNLIMITED and argument[0] == 0 for op, argument in rest):
        return
    if op is not sre.POSSESSIVE_REPEAT and not follows.isdisjoint(takes):
        yield "what is repeated can be what follows, so it is given back again and again"
    if not anchored and not _stops(behind, takes, flags):
        yield "it can begin anywhere within what is repeated"


def _ambiguous(items: list[Any], flags: int) -> bool:
    for op, argument in items:
        match op:
            case sre.SUBPATTERN:
                found = _ambiguous(list(argument[-1]), flags)
            case sre.BRANCH:
                begins = [first(list(branch), flags)[0] for branch in argument[1]]
                found = sum(map(len, begins)) > len(frozenset().union(*begins))
            case _:
                found = False
        if found:
            return True
    return False


def _stops(items: list[Any], takes: frozenset[str], flags: int) -> bool:
    """Whether the items need a character that the repeat does not take, so that it never runs past the next ones."""
    for op, argument in items:
        match op:
            case sre.SUBPATTERN:
                stops = _stops(list(argument[-1]), takes, flags)
            case sre.BRANCH:
                stops = all(_stops(list(branch), takes, flags) for branch in argument[1])
            case sre.AT:
                stops = argument is sre.AT_BEGINNING and not flags & re.MULTILINE
            case _ if op in UNLIMITED:
                stops = argument[0] > 0 and _stops(list(argument[2]), takes, flags)
            case sre.ASSERT_NOT if argument[0] < 0:
                stops = takes <= taken(list(argument[1]), flags)
            case sre.ASSERT | sre.ASSERT_NOT | sre.ATOMIC_GROUP:
                stops = False
            case _:
                stops = characters(op, argument, flags).isdisjoint(takes)
        if stops:
            return True
    return False


def patterns(source: Path) -> Iterator[tuple[int, str, str, int]]:
    """Line, function, pattern and flags of calls of ``re``'s functions."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=name), args=[pattern, *_]) if (
                name != "escape"
            ):
                if isinstance(pattern, ast.Name):
                    assert name in ONE_PLACE, f"{source}:{node.lineno}: a pattern is written where it is searched with"
                    continue
                yield node.lineno, name, ast.literal_eval(pattern), flags_of(node)


def flags_of(call: ast.Call) -> int:
    names = re.findall(r"\bre\.([A-Z]+)", " ".join(ast.unparse(argument) for argument in call.args[1:]))
    flags = 0
    for name in names:
        flags |= getattr(re, name)
    return flags


def test_every_pattern_takes_time_in_step_with_its_text() -> None:
    doubts = [
        f"{source}:{line}: {doubt}: {pattern}"
        for source in sorted(set(SOURCES) - BOUNDED.keys())
        for line, function, pattern, flags in patterns(source)
        for doubt in doubtful(pattern, flags, one_place=function in ONE_PLACE)
    ]
    assert doubts == []


@pytest.mark.parametrize(
    "pattern",
    [
        r"[\w.-]{20,}\.[\w-]+\.[\w-]{43}",
        r"\S+@\S+",
        r"\S++@",
        r"(a+)+b",
        r"^(?:ab|a)*b",
        r"^(a+)+b",
        r"^(?:x|a+)+b",
        r"!\[(.*)\]\(cid:[\w-]+\)",
        r"\s+$",
        r"a*a*b",
        r"`++[^`]++`++",
        r"(?<!x)\w+\d",
        r"x(.*),(.*)z",
    ],
)
def test_a_pattern_that_is_slow_on_purpose_is_found(pattern: str) -> None:
    assert doubtful(pattern)


@pytest.mark.parametrize("pattern", [INCIDENT_ID, ITEM_ID])
def test_ids_are_recognised_in_one_go(pattern: str) -> None:
    assert not doubtful(pattern, one_place=True)


@pytest.mark.parametrize(
    "pattern",
    [r"\S++", r"[\w.-]++", r"https?://", r":\d+$", r"`[^`]+`", r"^\s*a", r"(?<!`)`++x", r"!\[([^\[\]]+)\]", r"(?:ab)+"],
)
def test_a_plain_pattern_passes(pattern: str) -> None:
    assert not doubtful(pattern)
