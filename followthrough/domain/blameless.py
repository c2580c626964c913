"""A lint for blameless wording: sentences that say who was at fault where they could say what broke.

It works by rules over words, so each finding can be explained; it understands English only. It knows people by
the names and handles it is given, by role ("the on-call engineer", "a member of staff") and by pronoun ("I", "she"),
and follows who acts from word to word. A name that is a word too ("Will", "Test", "Page") counts where only a person
can be meant: in full, as a handle, or with what only people do. It does not know names it was not given, sees no
blame that spans sentences, and does not understand irony. ``tests/domain/blameless_corpus.yaml`` and
``sentences_shared_corpus.yaml`` hold what it is measured with.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from followthrough.domain import blame_words as say
from followthrough.domain.mentions import Names, Word, read
from followthrough.domain.prose import sentences
from followthrough.domain.values import Message


class Finding(Message):
    """A sentence to say another way; ``start`` and ``end`` are its place in the text that was checked."""

    sentence: str
    start: int
    end: int
    rule: str
    explanation: str
    suggestion: str


class _Rule(NamedTuple):
    name: str
    explanation: str
    suggestion: str


_JUDGEMENT = _Rule(
    "judgement",
    "It judges a person, which ends the search for what made the mistake easy.",
    'Say what the tool, the process or the signal did: "Both prompts look the same, and the script asks for no '
    'confirmation."',
)
_BLAME = _Rule(
    "blame",
    "It says whose fault it was; nobody comes forward next time.",
    'Say what happened and what let it through: "The deploy went out without the migration; nothing in the '
    'pipeline stopped it."',
)
_CAUSE = _Rule(
    "person as cause",
    "It names a person as the cause; the same step can go wrong in anybody's hands.",
    'Make the change, the tool or the missing check the subject: "The change removed the index; no test covers '
    'the query that needs it."',
)
_COUNTERFACTUAL = _Rule(
    "counterfactual",
    "It tells what a person did not do; what was done made sense to them with what they knew then.",
    'Say what was known and what would have shown it: "The graph was red from 09:40; no alert watches it."',
)
_OMISSION = _Rule(
    "omission",
    "It puts a missing step on a person; people miss steps that nothing reminds of or checks.",
    'Say what the step depends on: "Renewing the certificate is a manual step; nothing reminds of it or fails '
    'before it expires."',
)
_MISTAKE = _Rule(
    "mistake",
    "It tells the event as a person's mistake; that hides what invited it and what did not catch it.",
    'Say what was easy to get wrong and what did not stop it: "The two clusters have names that differ by one '
    'letter; the command does not show which one it changes."',
)


_BREAKS = frozenset(";:()!?.\u2013\u2014/")


class _Sentence:
    """Its words; what is before the first and after the last is empty."""

    def __init__(self, words: Sequence[Word]) -> None:
        self.words = words

    def text(self, at: int) -> str:
        return self.words[at].text if 0 <= at < len(self.words) else ""

    def texts(self, start: int, end: int) -> list[str]:
        return [word.text for word in self.words[max(0, start) : max(0, end)]]

    def acts(self, at: int, *, sure: bool = True) -> bool:
        """Whether the word is a person who can do something, not one who has something."""
        word = self.words[at]
        return word.person and not word.owns and (word.sure or not sure)

    def past(self, at: int, skipped: Collection[str]) -> int:
        """The first place from ``at`` on that holds neither an adverb nor one of ``skipped``."""
        while self.text(at) in skipped or self.text(at).endswith("ly"):
            at += 1
        return at

    def denies(self, at: int) -> bool:
        before = self.texts(at - 4, at)
        return bool(say.DENIALS.intersection(before)) or {"rather", "than"} <= set(before)

    def person_after(self, at: int, *, sure: bool = True) -> int | None:
        """The place of the person whose noun phrase begins at ``at``, also after "one of" and "a member of"."""
        of = next((place for place in (at + 1, at + 2) if self.text(place) == "of"), None)
        if of is not None and say.PART.intersection(self.texts(at, of)):
            at = of + 1
        for place in range(at, min(at + 7, len(self.words))):
            word = self.words[place]
            if self.acts(place, sure=sure):
                return place if word.begins <= at or place - at < 5 else None
            ends = word.text in say.PREPOSITIONS or word.text in say.SUBORDINATORS or not word.text[0].isalnum()
            if ends or word.owns or (place > at and word.text in say.DETERMINERS):
                return None
        return None

    def is_participle(self, at: int) -> bool:
        text, following = self.text(at), self.text(at + 1)
        if text == "been":
            return not (following.endswith("ed") or following in say.DONE_TO)
        if text == "read" and following == "access":
            return False
        return text in say.PARTICIPLES or (text.endswith("ed") and text not in say.NO_PARTICIPLES)

    def is_object(self, at: int) -> bool:
        """Whether something is done to the person at ``at``, as in "asked the engineer"."""
        begins = self.words[at].begins
        before = self.words[begins - 1] if begins else None
        if before is None or (self.text(at + 1) == "," and self.text(at + 2) == "who"):
            return False
        if before.text == "of" and self.text(begins - 2) in say.PART:
            return False
        if before.text in ("by", "of", "to", "at") and self.text(at + 1) in ("who", "failing", "forgetting"):
            return False
        verb = before.text in say.TAKES_A_PERSON or (before.text.endswith("ing") and before.text != "during")
        return verb or before.text in say.PREPOSITIONS


def _judges(sentence: _Sentence) -> bool:
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


def _owns_a_fault(sentence: _Sentence, at: int) -> bool:
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


def _blames(sentence: _Sentence) -> bool:
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


def _is_by_a_person(sentence: _Sentence, at: int) -> bool:
    """As in "caused by Ana" and "wrongly applied by an engineer", with "by" at ``at``."""
    before = sentence.texts(at - 4, at)
    if not before or sentence.person_after(at + 1) is None:
        return False
    if before[-1] in say.CAUSED:
        return not say.CAUSED_HARM.isdisjoint(before[-1:]) or not say.HARM.isdisjoint(sentence.texts(0, at))
    if "wrong" in sentence.texts(0, at) and before[-1] not in say.PUT_RIGHT:
        return True
    return bool(say.HARM_ADVERBS.intersection(before)) or before[-2:] == ["messed", "up"]


def _is_due_to_a_person(sentence: _Sentence, at: int) -> bool:
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


def _is_the_cause(sentence: _Sentence, at: int) -> bool:
    """As in "the root cause was Ana" and "identified as a developer running the tests"."""
    verb = next((place for place in range(at + 1, at + 8) if sentence.text(place) in ("was", "is", "were")), None)
    return verb is not None and sentence.person_after(sentence.past(verb + 1, say.FOUND_TO_BE)) is not None


def _does_harm_by_what_is_owned(sentence: _Sentence, at: int) -> bool:
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


def _is_caused_by_a_person(sentence: _Sentence) -> bool:
    return any(
        (word.text == "by" and _is_by_a_person(sentence, at))
        or (word.text in ("cause", "culprit") and _is_the_cause(sentence, at))
        or (word.person and word.owns and _does_harm_by_what_is_owned(sentence, at))
        or _is_due_to_a_person(sentence, at)
        for at, word in enumerate(sentence.words)
    )


def _should_have(sentence: _Sentence, at: int) -> bool:
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


def _is_counterfactual(sentence: _Sentence) -> bool:
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


@dataclass
class _Agent:
    """Whoever acts where the sentence has got to."""

    at: int
    sure: bool
    is_i: bool
    verbs: int = 1
    """How many verbs may still come before the next is not this person's for certain: two with "who"."""
    in_noun: bool = False
    """Whether what follows still belongs to a noun after "the" or "of"."""
    did: int | None = None
    """Where the person last did what can go wrong."""

    @property
    def open(self) -> bool:
        return self.verbs > 0

    def goes_on(self, verbs: int = 1) -> None:
        self.verbs, self.in_noun = max(verbs, self.verbs), False


class _Acts:
    """Follows a sentence from word to word with whoever acts in it."""

    def __init__(self, sentence: _Sentence) -> None:
        self._sentence = sentence
        self._agent: _Agent | None = None
        self._last: _Agent | None = None
        """Who acted before the clause that the sentence has got to."""

    def rule(self) -> _Rule | None:
        for at, word in enumerate(self._sentence.words):
            if self._sentence.acts(at, sure=False):
                self._meets(at, word)
            elif (
                word.text == "by" and self._sentence.text(at + 1) in ("mistake", "accident") and self._last is not None
            ):
                return _MISTAKE
            elif not self._turns(at, word.text) and self._agent is not None:
                found = self._failing(at, self._agent) or self._own_verb(at, self._agent)
                if found is not None:
                    return found
                self._moves_on(word.text, self._agent)
        return None

    def _meets(self, at: int, word: Word) -> None:
        joined = word.begins > 0 and self._sentence.words[word.begins - 1].person and self._agent is not None
        if joined or not self._sentence.is_object(at):
            verbs = 2 if word.text == "whoever" else 1
            self._agent = self._last = _Agent(at, word.sure, word.text == "i", verbs)

    def _turns(self, at: int, text: str) -> bool:
        """Whether the word ends, begins or goes on with what somebody does."""
        agent, after = self._agent, self._sentence.text(at + 1)
        if text == ")":
            self._agent = self._last
        elif text in _BREAKS or text in say.SUBORDINATORS:
            self._agent = None
            if text in _BREAKS and text != "(":
                self._last = None
        elif self._last is not None and self._resumes(text, after):
            self._agent = self._last
            self._agent.goes_on()
        elif text == "," and agent is not None:
            if after in say.NEW_SUBJECTS and at - agent.at > 1:
                self._agent = None
        elif text in say.CONJUNCTIONS and agent is not None:
            if after in say.NEW_SUBJECTS:
                self._agent = None
            else:
                agent.goes_on()
        elif text == "who" and agent is not None:
            if at - agent.at > 4:
                self._agent = None
            else:
                agent.goes_on(verbs=2)
        else:
            return False
        return True

    def _resumes(self, text: str, after: str) -> bool:
        """Whether a clause ends here and whoever acted before it acts on."""
        if text == "," and self._agent is None and after in ("and", "but", "who"):
            return True
        return text in (",", "and", "but") and after in say.RESUMES

    def _moves_on(self, text: str, agent: _Agent) -> None:
        if not agent.open:
            return
        if text in say.AUXILIARY or text in say.ALSO or text in say.NEGATIVE or text.endswith("ly"):
            agent.in_noun = agent.in_noun and text == "to"
            return
        agent.in_noun = agent.in_noun or text in say.PREPOSITIONS or text in say.DETERMINERS
        if not agent.in_noun and not (text.endswith("ing") and self._sentence.text(agent.at + 1) == text):
            agent.verbs -= 1

    def _failing(self, at: int, agent: _Agent) -> _Rule | None:
        """What only people do, wherever it stands in what the person is said to have done."""
        text, before = self._sentence.text(at), self._sentence.text(at - 1)
        following = self._sentence.texts(at + 1, at + 6)
        after = following[0] if following else ""
        is_attribute = before in say.DETERMINERS or before in say.BE
        if text in say.HUMAN_FAILING and (not is_attribute or (before in say.BE and at - agent.at <= 2)):
            return _MISTAKE if text.startswith("mis") or text in say.BLUNDERED else _OMISSION
        if text in say.HARM_ADVERBS and not is_attribute:
            return _MISTAKE
        if text in say.MADE and _is_a_mistake(following):
            return _MISTAKE
        if (text in say.DONE_BADLY_UP and after == "up") or (text == "dropped" and following[:2] == ["the", "ball"]):
            return _MISTAKE
        if text in ("had", "have") and following[:2] in (["a", "slip"], ["a", "lapse"]):
            return _MISTAKE
        if text in say.WRONG_DOING:
            agent.did = at
        if (
            text == "wrong"
            and agent.did is not None
            and at - agent.did < 9
            and (before in say.DETERMINERS or at - agent.did == 1)
        ):
            return _MISTAKE
        careful = say.CARING.intersection(following) or (
            {"be", "know", "learn", "do"}.intersection(following[:3]) and {"better", "how"}.intersection(following)
        )
        if text in say.OBLIGED and agent.open and agent.sure and careful:
            return _JUDGEMENT
        omitted = (
            (text == "slept" and after in ("through", "in"))
            or (text == "clicked" and after == "through")
            or (text == "took" and following[:2] == ["too", "long"])
            or (text == "without" and (say.CHECKING.intersection(following[:3]) or following[:2] == ["a", "second"]))
            or (text == "by" and after == "not" and following[1:] and following[1].endswith("ing"))
            or (text == "despite" and before != "(" and say.WARNED.intersection(following[:4]))
            or (text == "too" and after in say.UNTIMELY and following[1:2] != ["for"] and at - agent.at < 10)
            or (text == "late" and before in say.REACTED)
        )
        return _OMISSION if omitted else None

    def _own_verb(self, at: int, agent: _Agent) -> _Rule | None:
        """What a program does as well: blame only when it is this person's verb."""
        if not agent.open:
            return None
        text = self._sentence.text(at)
        following = self._sentence.texts(at + 1, at + 6)
        if text in say.NEGATIVE:
            return _OMISSION if self._leaves_out(at, agent, following) else None
        if not agent.sure:
            is_judged = text in ("was", "is") and following[:1] and following[0] in say.JUDGED
            return _JUDGEMENT if is_judged and following[0] not in say.ALSO_OF_THINGS else None
        return _omitted(text, following) or _harmed(text, following, agent) or _judged(text, following)

    def _leaves_out(self, at: int, agent: _Agent, following: Sequence[str]) -> bool:
        """As in "did not check", with "not" at ``at``."""
        before = self._sentence.text(at - 1)
        verb = next((word for word in following if not (word.endswith("ly") or word in say.ALSO)), "")
        if not verb:
            return before == "did" and agent.sure
        base = say.PAST.get(verb, verb)
        forms = {base, base.removesuffix("ing"), base.removesuffix("ed"), base.removesuffix("d"), f"{base[:-3]}y"}
        happens_to = (before in say.BE or before in ("can", "could")) and not verb.endswith("ing")
        return not happens_to and bool(forms & (say.DUTIES if agent.sure else say.PEOPLES_DUTIES))


def _is_a_mistake(following: Sequence[str]) -> bool:
    """Of what follows on "made"."""
    if not following or following[0] in ("possible", "about"):
        return False
    wrong = {"wrong", "bad", "poor"}.intersection(following[:3]) and say.DECISIONS.intersection(following)
    return bool(wrong or say.MISTAKES.intersection(following[following[0] == "the" :]))


def _omitted(text: str, following: Sequence[str]) -> _Rule | None:
    after, then = [*following, "", ""][:2]
    omitted = (
        text in say.FAILING
        or (text in ("failed", "fails", "failing") and after == "to" and then not in say.ATTEMPTS)
        or (text in ("missed", "misses", "missing") and (after in say.MISSED or after[:1].isdigit()))
        or (text == "left" and after in say.MISSED and not say.LEFT_BEHIND.intersection(following[1:3]))
        or (text in ("lacked", "lacks") and after == "the" and not say.GRANTED.intersection(following[:4]))
    )
    return _OMISSION if omitted else None


def _harmed(text: str, following: Sequence[str], agent: _Agent) -> _Rule | None:
    if text in say.BREAKING:
        apart = text.startswith("broke") and (following[:1] == ["down"] or say.BROKEN.intersection(following[:2]))
        return None if apart else _CAUSE
    if text in say.TAKING and {"down", "offline"}.intersection(following[:4]):
        return None if agent.is_i else _CAUSE
    if text == "triggered" and say.HARM.intersection(following[:3]):
        return _CAUSE
    if text == "introduced" and (say.HARM | {"race"}).intersection(following[:4]):
        return _CAUSE
    return _MISTAKE if text in say.DELIVERED and say.FAULTY.intersection(following[:2]) else None


def _judged(text: str, following: Sequence[str]) -> _Rule | None:
    if text not in say.AUXILIARY | {"got", "seemed", "am"} or following[:1] in (["not"], ["never"]):
        return None
    state = [word for word in following[:4] if not (word.endswith("ly") or word in say.DEGREES)]
    judged = (
        (state[:1] and state[0] in say.JUDGED and state[0] != "late" and state[:2] != ["unprepared", "to"])
        or state[:2] in (["at", "fault"], ["to", "blame"], ["the", "culprit"], ["the", "problem"])
        or (state[:1] == ["the"] and "cause" in state[1:3])
        or (state[:2] == ["responsible", "for"] and say.HARM.intersection(following))
    )
    return _JUDGEMENT if judged else None


def _says_what_an_act_broke(sentence: _Sentence) -> bool:
    """As in "Ana removed the index, bringing the site down" and "..., which broke checkout"."""
    persons = (at for at in range(len(sentence.words)) if sentence.acts(at))
    subject = next((at for at in persons if not sentence.is_object(at) or _comes_after_by(sentence, at)), None)
    if subject is None or sentence.text(subject) in ("i", "you") or sentence.text(subject + 1) in say.TELLS_NOTHING:
        return False
    for at in range(subject + 1, len(sentence.words)):
        text, following = sentence.text(at), sentence.texts(at + 1, at + 7)
        if text in _BREAKS:
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


def _comes_after_by(sentence: _Sentence, at: int) -> bool:
    return sentence.words[at].begins > 0 and sentence.text(sentence.words[at].begins - 1) == "by"


def _asks_for_care(sentence: _Sentence) -> bool:
    """As in "Please don't release while builds fail"."""
    texts = sentence.texts(0, 8)
    asks = (["do", "not"], ["be", "careful"], ["be", "more"], ["make", "sure"], ["pay", "attention"])
    return texts[:1] == ["please"] and any(
        texts[at : at + 2] in asks or text in ("remember", "never") for at, text in enumerate(texts)
    )


def _broken_rule(sentence: _Sentence) -> _Rule | None:
    for rule, breaks in (
        (_JUDGEMENT, _judges),
        (_BLAME, _blames),
        (_CAUSE, _is_caused_by_a_person),
        (_COUNTERFACTUAL, _is_counterfactual),
    ):
        if breaks(sentence):
            return rule
    acts = _Acts(sentence).rule()
    if acts is not None:
        return acts
    if _says_what_an_act_broke(sentence):
        return _CAUSE
    return _OMISSION if _asks_for_care(sentence) else None


def check(text: str, people: Iterable[str]) -> list[Finding]:
    """Sentences of ``text`` (Markdown) that blame, at most one finding for each, in order.

    ``people`` are names as the organisation file has them; a first or last name alone is known too.
    """
    names = Names(people)
    findings = []
    for sentence in sentences(text):
        rule = _broken_rule(_Sentence(read(sentence.text, names)))
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
