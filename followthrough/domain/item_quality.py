"""Whether an action item says who does what until when it is done, before it is accepted.

The title is judged by word lists, in English: it has to start with an imperative, and it has to end in something
that can be seen to exist or be measured. ``tests/domain/item_quality_corpus.yaml`` measures how well that works.
"""

import re
from collections.abc import Collection
from itertools import pairwise


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_VISIBLE = _words(
    """add alert allow archive assign attach automate back backport block bound build bump cache cap change close
    configure connect convert copy create cut decommission define delete deploy deprecate disable document drop drain
    enable encrypt enforce expire export expose extend fail filter gate generate give grant hide implement import
    install instrument introduce isolate label limit link list lock log mark merge migrate mirror move mute notify
    open page partition patch pause pin port practise prevent print protect provision publish purge push put
    quarantine record refactor reject release remove rename renew repair replace replicate report require reserve
    reset resize restart restore restrict retire return revert revoke rewrite roll rotate route run schedule script
    send separate serve set ship show sign skip split start stop store swap switch tag teach test throttle trim turn
    update upgrade use validate verify warn wire wrap write"""
)
"""What they bring about can be looked at."""

_HAZY = (
    (
        _words("""improve enhance increase decrease reduce lower raise optimise optimize strengthen harden tighten speed
            simplify streamline refine shorten boost scale tune"""),
        'it has no measure that says when it is enough; write it like "Reduce p99 latency of search to under 300 ms"',
    ),
    (
        _words("""investigate look consider explore evaluate assess analyse analyze research discuss think talk review
            revisit check examine study understand figure find determine decide agree plan follow clarify monitor
            watch"""),
        "nothing exists when it is over; add what comes out of it, for example "
        '"Investigate the memory leak and record its cause in the ticket"',
    ),
    (
        _words("be become remind train educate communicate pay learn try stay keep encourage promote avoid ask"),
        "it asks people for attention, which fails at three in the morning; change what they work with, for example "
        '"Show the environment name in red in the production console"',
    ),
    (
        _words("ensure make fix clean address handle work help support prepare coordinate align resolve solve"),
        "it names a wish, not a change; say what will be different, for example "
        '"Block deploys that have a pending migration"',
    ),
)
_VERBS = _VISIBLE.union(*(verbs for verbs, _ in _HAZY))
_NOUN_FOLLOWS = _words("for of in is are was noise fatigue coverage plan rule rules storage rotation retention")
"""After "alert", "test" or "log" these show that it is a noun."""
_EMPTY = _words(
    """a an the of for to in on at by with from and or our all some any more better new good proper up things stuff it
    this that everything monitoring alerting observability logging documentation docs tests testing coverage process
    processes communication awareness reliability stability resilience robustness quality problem problems issue
    issues"""
)
_MEASURE = re.compile(
    r"\b(?:under|below|above|over|at (?:least|most)|(?:less|more|fewer) than|within|to|by|every)\s+(?:\w{1,20}\s){0,2}?"
    r"(?:\d|zero|one|half)",
    re.I,
)


def _is_verb(word: str) -> bool:
    stem = re.sub(r"^(?:re|un|de|dis|pre|auto)-?(?=\w{3})", "", word)
    return word in _VERBS or stem in _VERBS or re.search(r"\w{3}(?:ify|ise|ize)$", word) is not None


def _missing_in_title(title: str) -> str | None:
    words = re.findall(r"[^\W_][\w'-]*", title.lower())
    if not words or not _is_verb(words[0]) or (len(words) > 1 and words[1] in _NOUN_FOLLOWS):
        return (
            'A verb at the start: say what to do, for example "Add an alert that pages when the queue is older than '
            '5 minutes".'
        )
    verb, rest = words[0], words[1:]
    if _MEASURE.search(title):
        return None
    for verbs, why in _HAZY:
        if verb in verbs and not any(a == "and" and b in _VISIBLE for a, b in pairwise(rest)):
            return f'A checkable end: "{verb}" alone can\'t be checked, {why}.'
    if len([word for word in rest if word not in _EMPTY]) < 2:
        return (
            f'A checkable end: say {verb} what and where, so that anybody can see that it exists, for example "Write a '
            'runbook for restoring the orders table from a snapshot".'
        )
    return None


def missing(title: str, owner: str, people: Collection[str], teams: Collection[str]) -> list[str]:
    """What keeps an action item from being accepted, one sentence each with an example; empty when nothing does.

    ``people`` and ``teams`` are the keys of the organisation file; ``owner`` has to be one of ``people``.
    """
    found = []
    if owner in teams:
        found.append(f"One owner: {owner} is a team, and what belongs to a team belongs to nobody; name one person.")
    elif owner not in people:
        found.append(f"One owner: {owner or 'nobody'} is not a person of the organisation file; name one person.")
    problem = _missing_in_title(title)
    if problem is not None:
        found.append(problem)
    return found
