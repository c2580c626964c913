"""A sentence whose words are read, and what can be asked of them."""

from collections.abc import Collection, Sequence

from followthrough.domain.answered.postmortem import blame_words as say
from followthrough.domain.answered.postmortem.mentions import Word

BREAKS = frozenset(";:()!?.\u2013\u2014/")


class Sentence:
    """Its words; what is before the first and after the last is empty."""

    def __init__(self, words: Sequence[Word]) -> None:
        self.words = words

    def text(self, at: int) -> str:
        """Of the word there."""
        return self.words[at].text if 0 <= at < len(self.words) else ""

    def texts(self, start: int, end: int) -> list[str]:
        """Of the words from ``start`` until before ``end``."""
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
        """Whether what is there is said not to be so."""
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
        """As in "asked", "been told"."""
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
