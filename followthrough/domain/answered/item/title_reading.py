"""An action item's title, read: without labels and openings, from its verb on."""

import re
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import NamedTuple

from followthrough.domain.answered.item import title_words as say

_LONGEST = 500

_LABEL = re.compile(
    r"(?:\[[^\][]{0,60}\]|\([^()]{0,60}\)|[A-Z][A-Z0-9]{1,9}-\d{1,7}\b|#\d{1,7}\b|(?:P|S|SEV|Sev|sev)-?\d\b|"
    r"(?:HIGH|LOW|MEDIUM|CRITICAL|URGENT|BLOCKER|MUST|TODO|DONE|ACTION ITEM|ACTION|AI)\b|\d{1,3}[.)]\s|"
    r"[^\w\s'\"(\[]\ufe0f?)[\s:.|/\u2013\u2014-]*"
)
"""Of tickets, components, priorities, lists and checkboxes, where a title begins."""

_TOPIC = re.compile(r"(?:[^:.?!]{1,60}:|[\w/ -]{1,40}\s[-\u2013\u2014])\s+(?=\S)")
"""As in "Payments: add an alert" and "Payments - add an alert"."""

MARKUP = re.compile(r"[*`~\"\u201c\u201d\u2018]")

_WORD = re.compile(r"[^\W_][\w'.+-]*|[,;:()?&]|[\u2013\u2014-](?=\s)")

_NUMBER = r"(?:\d|zero|one\b|two\b|three\b|five\b|ten\b|half|double|an? (?:minute|hour|second|day)\b)"

MEASURE = re.compile(
    r"\b(?:under|below|above|over|at (?:least|most)|(?:less|more|fewer|lower|higher) than|within|to|by|every|from)\s"
    rf"(?:\w{{1,20}}\s)?(?:\w{{1,20}}\s)?{_NUMBER}|\d\s?(?:%|ms\b|s\b|minutes|seconds|hours|x\b|gb\b|mb\b)",
    re.I,
)

_BY_MEANS = re.compile(r"\b(?:by \w{1,20}ing|with an? |using |via |through an? )", re.I)


def base_of(word: str) -> str:
    """The verb of a form: "Adding", "Added" and "Optimize" as "add" and "optimise"."""
    forms = [word]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            stem = word.removesuffix(ending)
            forms += [f"{stem}e", stem]
            if stem[-1] == stem[-2]:
                forms.append(stem[:-1])
    forms += [f"{form[:-3]}{form[-3:].replace('z', 's')}" for form in forms if form.endswith(("ize", "yze"))]
    return next((form for form in forms if form in say.VERBS), word)


def is_verb(word: str) -> bool:
    """Also a form of one."""
    base = base_of(word)
    stem = base.removeprefix("auto").removeprefix("re").removeprefix("un").removeprefix("de").removeprefix("-")
    return base in say.VERBS or stem in say.DOING or (len(base) > 5 and base.endswith(("ify", "ise", "ize")))


def is_noun(word: str) -> bool:
    """Whether it may stand for a thing."""
    return word in say.NOUNS or word in say.ALSO_NOUNS or word in say.QUALITY_ADJECTIVES or word.endswith(say.NOMINAL)


def lowered(text: str) -> list[str]:
    """Its words and the marks between them."""
    return [word.rstrip(".'") for word in _WORD.findall(text.lower().replace("\u2019", "'"))]


def without_labels(title: str) -> str:
    """Without tickets, components, priorities and the topic before what it says."""
    text = MARKUP.sub("", title[:_LONGEST]).strip()
    while (label := _LABEL.match(text)) and label.end() < len(text):
        text = text[label.end() :]
    topic = _TOPIC.match(text)
    if topic is not None:
        before, after = lowered(text[: topic.end()]), lowered(text[topic.end() :])
        says_what = after and (is_verb(after[0]) or after[0] in say.PEOPLE | say.FILLERS)
        if before and after and (says_what or not is_verb(before[0])):
            return text[topic.end() :]
    return text


def starts(words: Sequence[str], phrases: Collection[tuple[str, ...]]) -> str | None:
    """The phrase that it begins with."""
    return next((" ".join(phrase) for phrase in phrases if tuple(words[: len(phrase)]) == phrase), None)


def _without_openings(words: list[str]) -> list[str]:
    """From the verb on: without "we should", "please", "the team needs to", "work with X to", "try to"."""
    modal = next((place for place, word in enumerate(words[:8]) if word in say.MODALS), 0)
    if modal and words[0] not in ("if", "when", "once") and say.PEOPLE.intersection(words[:modal]):
        words = words[modal:]
    while len(words) > 1:
        opening = starts(words, say.OPENINGS)
        if words[0] in say.FILLERS:
            words = words[1:]
        elif opening is not None and len(words) > len(opening.split()):
            words = words[len(opening.split()) :]
        elif words[:2] == ["work", "with"] and "to" in words[2:-1]:
            words = words[words.index("to") + 1 :]
        else:
            break
    return words


def until(words: Sequence[str], ends: Collection[str]) -> Sequence[str]:
    """Those before the first of ``ends``."""
    return words[: next((place for place, word in enumerate(words) if word in ends), len(words))]


def content(words: Sequence[str]) -> int:
    """How much is said beyond what fits anything; two nouns that fit anything say something together."""
    named = sum(len(word) > 1 and word not in say.GENERIC for word in words)
    return named + any(one in say.THINGS and other in say.THINGS for one, other in pairwise(words))


class Title(NamedTuple):
    """``verb`` is the base of the first of ``words``, ``rest`` are the others."""

    text: str
    words: Sequence[str]
    verb: str
    rest: Sequence[str]
    measured: bool
    by_means: bool
    """Whether it says by what: "by adding", "with a canary"."""

    def does(self, joined_by: Collection[str] = ("and", "then", "&", ",")) -> bool:
        """Whether a second verb says what comes out of it, as in "... and record its cause"."""
        return any(
            before in joined_by
            and base_of(verb) in say.DOING - say.NO_OUTPUT
            and (
                verb not in say.ALSO_NOUNS
                or after in say.POINTERS
                or (before == self.rest[0] and self.verb in say.REVIEW)
            )
            for before, verb, after in zip(self.rest, self.rest[1:], [*self.rest[2:], ""], strict=False)
        )


def read(title: str) -> Title | None:
    """None when it has no words."""
    text = without_labels(title)
    words = _without_openings(lowered(text))
    while words and words[0] in say.NO_BEGINNING:
        words = words[1:]
    if not words:
        return None
    return Title(
        text,
        words,
        base_of(words[0]),
        words[1:],
        measured=MEASURE.search(text) is not None,
        by_means=_BY_MEANS.search(text) is not None,
    )
