"""Who does what in a sentence, from word to word."""

from collections.abc import Sequence
from dataclasses import dataclass

from followthrough.domain.answered.postmortem import blame_words as say
from followthrough.domain.answered.postmortem.blame_rules import CAUSE, JUDGEMENT, MISTAKE, OMISSION, Rule
from followthrough.domain.answered.postmortem.blame_sentence import BREAKS, Sentence
from followthrough.domain.answered.postmortem.mentions import Word


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


class Acts:
    """Follows a sentence from word to word with whoever acts in it."""

    def __init__(self, sentence: Sentence) -> None:
        self._sentence = sentence
        self._agent: _Agent | None = None
        self._last: _Agent | None = None
        """Who acted before the clause that the sentence has got to."""

    def rule(self) -> Rule | None:
        """The first that somebody's act breaks."""
        for at, word in enumerate(self._sentence.words):
            if self._sentence.acts(at, sure=False):
                self._meets(at, word)
            elif (
                word.text == "by" and self._sentence.text(at + 1) in ("mistake", "accident") and self._last is not None
            ):
                return MISTAKE
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
        elif text in BREAKS or text in say.SUBORDINATORS:
            self._agent = None
            if text in BREAKS and text != "(":
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

    def _failing(self, at: int, agent: _Agent) -> Rule | None:
        """What only people do, wherever it stands in what the person is said to have done."""
        text, before = self._sentence.text(at), self._sentence.text(at - 1)
        following = self._sentence.texts(at + 1, at + 6)
        after = following[0] if following else ""
        is_attribute = before in say.DETERMINERS or before in say.BE
        if text in say.HUMAN_FAILING and (not is_attribute or (before in say.BE and at - agent.at <= 2)):
            return MISTAKE if text.startswith("mis") or text in say.BLUNDERED else OMISSION
        if text in say.HARM_ADVERBS and not is_attribute:
            return MISTAKE
        if text in say.MADE and _is_a_mistake(following):
            return MISTAKE
        if (text in say.DONE_BADLY_UP and after == "up") or (text == "dropped" and following[:2] == ["the", "ball"]):
            return MISTAKE
        if text in ("had", "have") and following[:2] in (["a", "slip"], ["a", "lapse"]):
            return MISTAKE
        if text in say.WRONG_DOING:
            agent.did = at
        if (
            text == "wrong"
            and agent.did is not None
            and at - agent.did < 9
            and (before in say.DETERMINERS or at - agent.did == 1)
        ):
            return MISTAKE
        careful = say.CARING.intersection(following) or (
            {"be", "know", "learn", "do"}.intersection(following[:3]) and {"better", "how"}.intersection(following)
        )
        if text in say.OBLIGED and agent.open and agent.sure and careful:
            return JUDGEMENT
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
        return OMISSION if omitted else None

    def _own_verb(self, at: int, agent: _Agent) -> Rule | None:
        """What a program does as well: blame only when it is this person's verb."""
        if not agent.open:
            return None
        text = self._sentence.text(at)
        following = self._sentence.texts(at + 1, at + 6)
        if text in say.NEGATIVE:
            return OMISSION if self._leaves_out(at, agent, following) else None
        if not agent.sure:
            is_judged = text in ("was", "is") and following[:1] and following[0] in say.JUDGED
            return JUDGEMENT if is_judged and following[0] not in say.ALSO_OF_THINGS else None
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


def _omitted(text: str, following: Sequence[str]) -> Rule | None:
    after, then = [*following, "", ""][:2]
    omitted = (
        text in say.FAILING
        or (text in ("failed", "fails", "failing") and after == "to" and then not in say.ATTEMPTS)
        or (text in ("missed", "misses", "missing") and (after in say.MISSED or after[:1].isdigit()))
        or (text == "left" and after in say.MISSED and not say.LEFT_BEHIND.intersection(following[1:3]))
        or (text in ("lacked", "lacks") and after == "the" and not say.GRANTED.intersection(following[:4]))
    )
    return OMISSION if omitted else None


def _harmed(text: str, following: Sequence[str], agent: _Agent) -> Rule | None:
    if text in say.BREAKING:
        apart = text.startswith("broke") and (following[:1] == ["down"] or say.BROKEN.intersection(following[:2]))
        return None if apart else CAUSE
    if text in say.TAKING and {"down", "offline"}.intersection(following[:4]):
        return None if agent.is_i else CAUSE
    if text == "triggered" and say.HARM.intersection(following[:3]):
        return CAUSE
    if text == "introduced" and (say.HARM | {"race"}).intersection(following[:4]):
        return CAUSE
    return MISTAKE if text in say.DELIVERED and say.FAULTY.intersection(following[:2]) else None


def _judged(text: str, following: Sequence[str]) -> Rule | None:
    if text not in say.AUXILIARY | {"got", "seemed", "am"} or following[:1] in (["not"], ["never"]):
        return None
    state = [word for word in following[:4] if not (word.endswith("ly") or word in say.DEGREES)]
    judged = (
        (state[:1] and state[0] in say.JUDGED and state[0] != "late" and state[:2] != ["unprepared", "to"])
        or state[:2] in (["at", "fault"], ["to", "blame"], ["the", "culprit"], ["the", "problem"])
        or (state[:1] == ["the"] and "cause" in state[1:3])
        or (state[:2] == ["responsible", "for"] and say.HARM.intersection(following))
    )
    return JUDGEMENT if judged else None
