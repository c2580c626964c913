"""Whether an action item says who does what, before it is accepted.

A title is returned only when it is known to be vague: it asks people for attention, has no end, wants something
better without a measure, or names a topic without saying what to do. What the rules do not know, they let pass, so
titles in other languages pass too. They read words, each once, after labels and openings such as "we should" are off.
The corpora in ``tests/domain`` measure how well that works.
"""

import re
from collections.abc import Collection, Sequence
from itertools import pairwise

from followthrough.domain.answered.item import title_words as say
from followthrough.domain.answered.item.title_reading import (
    MARKUP,
    Title,
    base_of,
    content,
    is_noun,
    is_verb,
    lowered,
    read,
    starts,
    until,
    without_labels,
)

_NO_VERB = (
    'A verb at the start: say what to do, for example "Add an alert that pages when the queue is older than 5 minutes".'
)
_ATTENTION = (
    'A checkable end: "{}" asks people for attention, which fails at three in the morning; change what they work with, '
    'for example "Show the environment name in red in the production console".'
)
_OPEN = (
    'A checkable end: nothing exists when "{}" is over; add what comes out of it, for example "Investigate the memory '
    'leak and record its cause in the ticket".'
)
_NO_MEASURE = (
    'A checkable end: "{}" has no measure that says when it is enough; write it like "Reduce p99 latency of search to '
    'under 300 ms".'
)
_NO_OBJECT = (
    'A checkable end: say {} what and where, so that anybody can see that it exists, for example "Write a runbook for '
    'restoring the orders table from a snapshot".'
)

_RECORDED = re.compile(
    r"\b(?:in|as|into) (?:an? |the )?(?:adr|rfc|report|ticket|wiki|document|doc|proposal|postmortem|design)\b|"
    r"\b(?:proof of concept|poc|write-?up)\b",
    re.I,
)
_HEDGED = re.compile(
    r"\b(?:might|may|could|would) (?:also )?be (?:an? |of )?(?:good|nice|great|useful|helpful|worth|worthwhile|"
    r"interesting|possibility|option|idea|way|solution|better|beneficial)\b|"
    r"\bneeds? (?:some |more |an? |to be )?(?:improvements?|improved|work|attention|rework|thought|love)\b|"
    r"\b(?:could|should|must|can) be improved\b|\b(?:is|are|be) worth \w{1,20}ing\b|"
    r"^(?:lack of|not enough|insufficient|poor|too (?:many|few|much|little))\b",
    re.I,
)


def _attention(title: Title) -> str | None:
    words = title.words
    phrase = starts(words, say.ATTENTION_PHRASES)
    if phrase is not None:
        return phrase
    if words[0] in ("be", "being") and words[1:2] != ["able"] and not "".join(words[1:2]).endswith("ed"):
        return " ".join(words[: 2 + (words[1:2] != [] and words[1] in ("more", "extra", "very", "less", "much"))])
    knows = words[0] in ("ensure", "make") and say.KNOWING.intersection(words[2:8])
    asks = words[0] in ("ask", "tell", "get", "have") and words[1:2] != [] and words[1] in say.PEOPLE | {"the"}
    if (knows or asks) and say.PEOPLE.intersection(words[1:5]):
        return " ".join(words[:4])
    if title.verb in say.DONE_WITH_CARE and not title.measured:
        return next((word for word in until(words, say.CLAUSES) if word in say.CARING), None)
    return None


def _open_ended(title: Title) -> str | None:
    words, verb, rest = title.words, title.verb, title.rest
    asks = lowered(title.text)[0]
    if asks in say.QUESTIONS and title.text.rstrip().endswith("?"):
        return asks
    if _HEDGED.search(title.text):
        return " ".join(words[:4])
    phrase = verb if verb in say.OPEN_ENDED else starts([verb, *rest], say.OPEN_PHRASES)
    if (verb in say.SEEKING and say.WAYS.intersection(rest[:4])) or (
        verb in say.HAVING and say.TALKS.intersection(rest[:4])
    ):
        phrase = " ".join([verb, *rest[:3]])
    if phrase is None and len(rest) > 1 and rest[0] in ("and", "&", "or"):
        second = base_of(rest[1])
        phrase = rest[1] if second in say.OPEN_ENDED | {"think", "look"} else None
    if phrase is not None:
        return None if title.does() or _RECORDED.search(title.text) else phrase
    if verb in say.REVIEW:
        has_end = (
            title.does(("and", "then", "&", ",", "to"))
            or _RECORDED.search(title.text)
            or say.words("against that whether").intersection(rest)
            or rest[:1] in (["all"], ["every"], ["each"])
            or content(rest) > 3
            or any(pair in (("make", "sure"), ("to", "ensure")) for pair in pairwise(rest))
        )
        return None if has_end else verb
    if verb == "monitor" and (content(rest) < 2 or say.words("situation closely progress").intersection(rest)):
        return verb
    if (
        verb in ("keep", "maintain")
        and not title.by_means
        and say.words("up-to-date updated healthy clean sync").union({"date"}).intersection(rest)
    ):
        return verb
    return None


def _changes_a_setting(title: Title) -> bool:
    """Whether what is raised or lowered is something that is set: "Increase the connection limit of the proxy"."""
    rest = [word for word in title.rest if word != "the"]
    if title.verb == "raise" and (rest[:1] in (["a"], ["an"]) or say.CASES.intersection(rest[:3])):
        return True
    target = until(rest[2:] if rest[:2] == ["number", "of"] else rest, say.MAIN_ENDS)
    return title.verb in say.BY_DEGREES and (
        any("_" in word for word in rest) or (len(target) > 0 and target[-1] in say.SETTING)
    )


def _comparison(words: Sequence[str]) -> str | None:
    """The words that want something better, or more of it, up to what it is for."""
    for place, word in enumerate(words):
        before = words[place - 1] if place else ""
        after = words[place + 1 : place + 4]
        following = after[0] if after else ""
        more = word in ("more", "less")
        if word in ("so", "because", "since", ";", "(", "which") or (word == "that" and before != "so"):
            return None
        if word in ("to", "for") and place > 1 and after and following not in say.GOES_ON:
            return None
        found = (
            (before in ("be", "is", "are") and (word in say.COMPARATIVES or more) and following != "than")
            or (word == "something" and following in say.COMPARATIVES | {"more", "less"})
            or (after and word == "better" and before not in ("to", "can", "will", "and"))
            or (after and word == "improved" and place < 2)
            or (word in ("more", "most", "very", "fully") and before not in ("to", "be") and following in say.WISHED)
            or (word in say.COMPARATIVES and following in say.WAYS | say.LOOSE | {"strategy", "setup", "practice"})
            or (word == "more" and place == 1 and after and following not in ("than", "to"))
            or (
                word in ("more", "some", "proper", "fewer")
                and say.LOOSE.intersection(after[:2])
                and not before.isdigit()
            )
        )
        if found:
            return " ".join([word, *after[: 1 + (word == "something")]])
    return None


def _made_better(title: Title) -> str | None:
    """As in "make rollbacks easier", unless it is said by what."""
    if title.verb not in ("make", "be", "keep", "get") or title.rest[:1] == ["sure"] or title.by_means or title.does():
        return None
    rest = until(title.rest[:8], ("so", "because", "that", "which", ","))
    for place, word in enumerate(rest):
        after = title.rest[place + 1 : place + 2]
        if word in say.EASIER or (word in say.COMPARATIVES and after not in (["to"], ["against"])):
            return " ".join([title.verb, *rest[: place + 1]])
        if word in ("more", "less") and after and after[0] not in say.GENERIC:
            return " ".join([title.verb, *rest[: place + 1], *after])
    return None


def _done_more(words: Sequence[str]) -> str | None:
    """As in "deploy more often" and "escalate sooner", in a short clause."""
    clause = until(words, say.CLAUSES)
    if len(clause) > 8:
        return None
    for place, (before, word) in enumerate(pairwise(clause), start=1):
        after = clause[place + 1] if place + 1 < len(clause) else "next"
        ends = after == "next" or (after in say.PREPOSITIONS and after != "by" and word in say.SOONER)
        if (word in say.SOONER | {"better", "more", "less"} and ends and before not in say.NO_MORE) or (
            word in say.BY_MORE and before in ("more", "less")
        ):
            return f"{before} {word}"
    return None


def _unmeasured(title: Title) -> str | None:
    words, verb, rest = title.words, title.verb, title.rest
    if title.measured:
        return None
    if verb in say.IMPROVE or list(words[:2]) in say.IMPROVE_PHRASES:
        said = (
            title.by_means
            or (verb == "enhance" and "with" in rest)
            or title.does(("and", "then", "&", ",", "to"))
            or _RECORDED.search(title.text)
            or _changes_a_setting(title)
        )
        return None if said else (verb if verb in say.IMPROVE else " ".join(words[:2]))
    found = _comparison(words) or _made_better(title) or _done_more(words)
    if found is not None:
        return found
    thing = until(rest, say.MAIN_ENDS)
    if verb in say.GIVING and thing and thing[-1] in say.QUALITIES and not title.by_means:
        return " ".join([verb, *thing[-2:]])
    of_quality = say.QUALITIES.union(say.LOOSE).intersection(rest[:2])
    if words[0] in say.COMPARATIVES | say.QUALITY_ADJECTIVES and (of_quality or not is_verb(words[0])):
        return " ".join(words[:2])
    return None


def _is_topic(words: Sequence[str]) -> bool:
    """Whether it is only a noun with what belongs to it: "Database connection pool", "Runbook for the database"."""
    if words[0] in say.DETERMINERS:
        words = words[1:]
    if not words or (len(words) == 1 and words[0].isascii()):
        return True
    head = until(words, say.MAIN_ENDS)
    tail = words[len(head) + 1 :]
    if not head or say.RELATIVES.intersection(words) or words[0].endswith("ed") or "to" in words[1:-1]:
        return False
    if head[-1] in say.ARTEFACTS:
        return sum(word not in say.DETERMINERS and word not in say.PREPOSITIONS for word in words) < 3
    if say.FOREIGN.intersection(words) and not say.ENGLISH.intersection(words):
        return False
    names_a_topic = head[-1] in say.TOPICS | say.QUALITIES or head[-1].endswith(say.NOMINAL)
    does = len(tail) > 1 and tail[0].endswith("ing")
    return names_a_topic and all(map(is_noun, head[:-1])) and len(head) < 6 and content(tail) < 4 and not does


def _is_noun_phrase(title: Title) -> bool:
    first, rest = title.words[0], title.rest
    if title.verb in say.ALSO_NOUNS and rest:
        alone = len(rest) == 1 and rest[0] in say.TOPICS | say.ARTEFACTS
        if alone or rest[0] in say.words("of for is was noise fatigue coverage"):
            return True
    return not is_verb(first) and title.verb not in say.FURTHER_VERBS


def _without_object(title: Title) -> bool:
    verb, rest = title.verb, title.rest
    if verb == "avoid":
        return not (title.by_means or title.measured or say.words("by when during unless until").intersection(rest))
    if verb in ("train", "teach"):
        return not say.words("on in to about how").intersection(rest)
    if verb in ("communicate", "work", "talk"):
        return content(rest) < 2 and not title.by_means
    return content(rest) == 0 and not title.measured


def _vague(title: str) -> str | None:
    seen = read(title)
    if seen is None:
        return _NO_VERB
    for sentence, kind in ((_ATTENTION, _attention), (_OPEN, _open_ended), (_NO_MEASURE, _unmeasured)):
        found = kind(seen)
        if found is not None:
            return sentence.format(found)
    of_what = not seen.rest or seen.rest[0] in say.PREPOSITIONS
    first = seen.words[0]
    names_a_field = first.endswith("ing") and first in say.TOPICS | say.LOOSE and of_what
    if names_a_field and content(seen.rest) < 3 and not seen.measured:
        return _NO_VERB
    if _is_noun_phrase(seen):
        return _NO_VERB if _is_topic(seen.words) else None
    quotes = MARKUP.search(title) is not None
    return _NO_OBJECT.format(seen.verb) if _without_object(seen) and not quotes else None


def hint(title: str) -> str | None:
    """Advice about a title that seems to be in another language than English, which is all that is checked."""
    words = lowered(without_labels(title))
    if not words or is_verb(words[0]) or say.ENGLISH.intersection(words):
        return None
    if all(word.isascii() for word in words) and not say.FOREIGN.intersection(words) and say.KNOWN.intersection(words):
        return None
    return (
        "Titles are checked in English only; see for yourselves that this one says what is done and what can be seen "
        "when it is."
    )


def missing(title: str, owner: str, people: Collection[str], teams: Collection[str]) -> list[str]:
    """What keeps an action item from being accepted, one sentence each with an example; empty when nothing does.

    ``people`` and ``teams`` are the keys of the organisation file; ``owner`` has to be one of ``people``.
    """
    found = []
    if owner in teams:
        found.append(f"One owner: {owner} is a team, and what belongs to a team belongs to nobody; name one person.")
    elif owner not in people:
        found.append(f"One owner: {owner or 'nobody'} is not a person of the organisation file; name one person.")
    problem = _vague(title)
    if problem is not None:
        found.append(problem)
    return found
