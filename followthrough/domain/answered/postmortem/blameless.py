"""A lint for blameless wording: sentences that say who was at fault where they could say what broke.

It works by rules over words, so each finding can be explained; it understands English only. It knows people by
the names and handles it is given, by role ("the on-call engineer", "a member of staff") and by pronoun ("I", "she"),
and follows who acts from word to word. A name that is a word too ("Will", "Test", "Page") counts where only a person
can be meant: in full, as a handle, or with what only people do. It does not know names it was not given, sees no
blame that spans sentences, and does not understand irony. ``tests/domain/blameless_corpus.yaml`` and
``sentences_shared_corpus.yaml`` hold what it is measured with.
"""

from collections.abc import Iterable

from followthrough.domain.answered.postmortem import blame_words as say
from followthrough.domain.answered.postmortem.blame_acts import Acts
from followthrough.domain.answered.postmortem.blame_rules import BLAME, CAUSE, COUNTERFACTUAL, JUDGEMENT, OMISSION, Rule
from followthrough.domain.answered.postmortem.blame_sentence import BREAKS, Sentence
from followthrough.domain.answered.postmortem.mentions import Names, read
from followthrough.domain.answered.postmortem.prose import sentences
from followthrough.domain.replayed.values import Message


class Finding(Message):
    """A sentence to say another way; ``start`` and ``end`` are its place in the text that was checked."""

    sentence: str
    start: int
    end: int
    rule: str
    explanation: str
    suggestion: str


def _judges(sentence: Sentence) -> bool:
    for at, word in enumerate(sentence.words):
        following = sentence.texts(at + 1, at + 4)
        if word.text in say.CARELESS and not sentence.denies(at):
            return True
        if word.text in ("know", "known", "knows") and following[:1] == ["better"]:
            return True
        if word.text in ("should", "ought") and "have" in following[:2] and "known" in following:
            return True
        person = sentence.person_after(at + 1) if word.text in say.UNFIT else None
        if person is not None and person - at < 3:
            return True
        phrase = next((p for p in say.CARELESS_PHRASES if tuple([word.text, *following][: len(p)]) == p), ())
        if word.text in say.ROLES - {"human", "operator"} and following[:1] and following[0] in say.SLIPS:
            phrase = (word.text, following[0])
        after = sentence.texts(at + len(phrase), at + len(phrase) + 2)
        of_software = after[:1] and after[0] in say.ERROR_OF_SOFTWARE
        denied = sentence.denies(at) or (after[:1] in (["is"], ["was"]) and after[1:] in (["not"], ["never"]))
        if phrase and not of_software and not denied:
            return True
    return False


def _owns_a_fault(sentence: Sentence, at: int) -> bool:
    """As in "Ana's mistake", "his failure to ask", "the engineer's sloppy configuration"."""
    if sentence.text(at + 1) in say.BAD:
        return True
    for place in range(at + 1, at + 4):
        text, following = sentence.text(place), sentence.text(place + 1)
        if text in say.MISTAKES and following not in say.ERROR_OF_SOFTWARE:
            return True
        if text in say.SHORTCOMINGS and following in ("to", "of"):
            return True
        if text in say.DUTY and following == "to":
            return True
        if text in say.PREPOSITIONS or text in say.AUXILIARY:
            return False
    return False


def _blames(sentence: Sentence) -> bool:
    words = sentence.words
    for at, word in enumerate(words):
        following = sentence.texts(at + 1, at + 5)
        if word.person and word.owns and _owns_a_fault(sentence, at):
            return True
        if word.text in say.BLAMING:
            nearest = sentence.person_after(at + 1)
            lies = (place for place in range(at + 1, at + 10) if sentence.text(place) in ("with", "on"))
            if (nearest is not None and nearest - at < 4) or any(
                sentence.person_after(p + 1) is not None for p in lies
            ):
                return True
        if word.text in say.MISTAKES and (
            (following[:1] and following[0] in ("of", "by", "from") and sentence.person_after(at + 2) is not None)
            or following[:2] == ["lies", "with"]
            or (following[:3] == ["on", "the", "part"] and "of" in following)
            or (following[:1] in (["was"], ["is"]) and at + 2 < len(words) <= at + 4 and words[at + 2].person)
        ):
            return True
        if word.text == "failure" and following[:1] in (["of"], ["by"], ["from"]):
            person = sentence.person_after(at + 2)
            if person is not None and "to" in sentence.texts(person + 1, person + 3):
                return True
    return False


def _is_by_a_person(sentence: Sentence, at: int) -> bool:
    """As in "caused by Ana" and "wrongly applied by an engineer", with "by" at ``at``."""
    before = sentence.texts(at - 4, at)
    if not before or sentence.person_after(at + 1) is None:
        return False
    if before[-1] in say.CAUSED:
        return not say.CAUSED_HARM.isdisjoint(before[-1:]) or not say.HARM.isdisjoint(sentence.texts(0, at))
    if "wrong" in sentence.texts(0, at) and before[-1] not in say.PUT_RIGHT:
        return True
    return bool(say.HARM_ADVERBS.intersection(before)) or before[-2:] == ["messed", "up"]


def _is_due_to_a_person(sentence: Sentence, at: int) -> bool:
    text, following = sentence.text(at), sentence.texts(at + 1, at + 4)
    person = None
    if text in say.DUE and "to" in following[:2]:
        person = sentence.person_after(at + 2 + following.index("to"))
    elif text == "because" and following[:1] == ["of"]:
        person = sentence.person_after(at + 2)
    elif following == ["a", "result", "of"]:
        person = sentence.person_after(at + 4)
    if person is not None:
        return True
    if text in say.DUE | {"because"} and following[:1] in (["to"], ["of"]):
        owner = next((w for w in range(at + 1, min(at + 5, len(sentence.words))) if sentence.words[w].owns), None)
        if owner is not None and sentence.words[owner].person:
            return sentence.text(owner + 1) not in say.GOOD | {""}
    if text in ("because", "since"):
        person = sentence.person_after(at + 1)
        if person is not None and sentence.text(person + 1) in ("was", "were"):
            state = sentence.texts(person + 2, person + 5)
            return bool(say.ABSENT.intersection(state)) and "not" not in state
    return False


def _is_the_cause(sentence: Sentence, at: int) -> bool:
    """As in "the root cause was Ana" and "identified as a developer running the tests"."""
    verb = next((place for place in range(at + 1, at + 8) if sentence.text(place) in ("was", "is", "were")), None)
    return verb is not None and sentence.person_after(sentence.past(verb + 1, say.FOUND_TO_BE)) is not None


def _does_harm_by_what_is_owned(sentence: Sentence, at: int) -> bool:
    """As in "Chen's change took down checkout"."""
    for place in range(at + 2, at + 6):
        text, after = sentence.text(place), sentence.texts(place + 1, place + 3)
        if text in ("broke", "crashed") and after and (after[0] in say.DETERMINERS or after[0].startswith("prod")):
            return True
        if text in say.CAUSED_HARM_BY or (text in ("took", "brought") and "down" in after):
            return True
        if text in ("led", "resulted") and after[:1] in (["to"], ["in"]):
            return True
        if text == "triggered" and say.HARM.intersection(after):
            return True
        if text in say.AUXILIARY or text in say.SUBORDINATORS:
            return False
    return False


def _is_caused_by_a_person(sentence: Sentence) -> bool:
    return any(
        (word.text == "by" and _is_by_a_person(sentence, at))
        or (word.text in ("cause", "culprit") and _is_the_cause(sentence, at))
        or (word.person and word.owns and _does_harm_by_what_is_owned(sentence, at))
        or _is_due_to_a_person(sentence, at)
        for at, word in enumerate(sentence.words)
    )


def _should_have(sentence: Sentence, at: int) -> bool:
    """As in "Ana should have asked", of a person at ``at``."""
    place = sentence.past(at + 1, say.ALSO)
    if sentence.text(place) not in ("should", "could", "ought"):
        return False
    place = sentence.past(place + 1, say.ALSO | {"not", "to"})
    if sentence.text(place) != "have":
        return False
    place = sentence.past(place + 1, say.ALSO | {"not"})
    if sentence.words[at].sure:
        return sentence.is_participle(place) and sentence.text(place) != "helped"
    return sentence.text(place) in say.DONE_BY_PEOPLE


def _is_counterfactual(sentence: Sentence) -> bool:
    for at, word in enumerate(sentence.words):
        following = sentence.texts(at + 1, at + 3)
        if sentence.acts(at, sure=False) and _should_have(sentence, at):
            return True
        supposed = following[:1] in (["is"], ["was"], ["were"]) and following[1:] in (
            ["supposed"],
            ["meant"],
            ["expected"],
        )
        if sentence.acts(at) and supposed:
            return True
        if word.text == "if":
            person = sentence.person_after(sentence.past(at + 1, ("only",)), sure=False)
            had = person is not None and sentence.text(person + 1) == "had"
            if person is not None and had and sentence.is_participle(sentence.past(person + 2, say.ONLY)):
                return True
        if word.text == "had" and not (at and sentence.words[at - 1].person):
            person = sentence.person_after(at + 1, sure=False)
            near = person is not None and person - at < 4
            if person is not None and near and sentence.is_participle(sentence.past(person + 1, say.ONLY)):
                return True
    return False


def _says_what_an_act_broke(sentence: Sentence) -> bool:
    """As in "Ana removed the index, bringing the site down" and "..., which broke checkout"."""
    persons = (at for at in range(len(sentence.words)) if sentence.acts(at))
    subject = next((at for at in persons if not sentence.is_object(at) or _comes_after_by(sentence, at)), None)
    if subject is None or sentence.text(subject) in ("i", "you") or sentence.text(subject + 1) in say.TELLS_NOTHING:
        return False
    for at in range(subject + 1, len(sentence.words)):
        text, following = sentence.text(at), sentence.texts(at + 1, at + 7)
        if text in BREAKS:
            return False
        if text == "and" and following[:2] in (["cut", "off"], ["locked", "out"], ["took", "down"]):
            return True
        if text != "," or not following:
            continue
        if following[0] in ("causing", "breaking", "crashing"):
            return True
        if following[0] in say.TAKING_OUT and {"down", "out", "offline"}.intersection(following):
            return True
        effect = following[2:] if following[1:2] == ["then"] else following[1:]
        if following[0] in ("which", "that") and effect:
            took_down = effect[0] in ("took", "brought") and "down" in effect
            caused = effect[0] == "caused" and say.HARM.intersection(effect[1:3])
            if took_down or caused or effect[0] in ("broke", "crashed", "locked"):
                return True
    return False


def _comes_after_by(sentence: Sentence, at: int) -> bool:
    return sentence.words[at].begins > 0 and sentence.text(sentence.words[at].begins - 1) == "by"


def _asks_for_care(sentence: Sentence) -> bool:
    """As in "Please don't release while builds fail"."""
    texts = sentence.texts(0, 8)
    asks = (["do", "not"], ["be", "careful"], ["be", "more"], ["make", "sure"], ["pay", "attention"])
    return texts[:1] == ["please"] and any(
        texts[at : at + 2] in asks or text in ("remember", "never") for at, text in enumerate(texts)
    )


def _broken_rule(sentence: Sentence) -> Rule | None:
    for rule, breaks in (
        (JUDGEMENT, _judges),
        (BLAME, _blames),
        (CAUSE, _is_caused_by_a_person),
        (COUNTERFACTUAL, _is_counterfactual),
    ):
        if breaks(sentence):
            return rule
    acts = Acts(sentence).rule()
    if acts is not None:
        return acts
    if _says_what_an_act_broke(sentence):
        return CAUSE
    return OMISSION if _asks_for_care(sentence) else None


def check(text: str, people: Iterable[str]) -> list[Finding]:
    """Sentences of ``text`` (Markdown) that blame, at most one finding for each, in order.

    ``people`` are names as the organisation file has them; a first or last name alone is known too.
    """
    names = Names(people)
    findings = []
    for sentence in sentences(text):
        rule = _broken_rule(Sentence(read(sentence.text, names)))
        if rule is not None:
            findings.append(
                Finding(
                    sentence=text[sentence.start : sentence.end],
                    start=sentence.start,
                    end=sentence.end,
                    rule=rule.name,
                    explanation=rule.explanation,
                    suggestion=rule.suggestion,
                )
            )
    return findings
