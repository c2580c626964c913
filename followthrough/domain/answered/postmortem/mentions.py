"""The words of a sentence, with its mentions of people: by name, handle, role or pronoun, in English."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from followthrough.domain.answered.postmortem import blame_words as say

LONGEST = 400
"""Words of a sentence that are looked at."""

_TOKEN = re.compile(r"(?<!\w)@\w[\w.-]*|\w[\w'-]*|[^\w\s]")
_MARKUP = frozenset('*~#>"\u201c\u201d[]`|\u2018')
_SHORT = {"ve": "have", "d": "had", "re": "are", "ll": "will", "m": "am"}


@dataclass(frozen=True)
class Word:
    """In lower case, or a mention of a person; ``owns`` is for "Ana's".

    ``sure`` tells a person for certain from a name that may be a word too; the noun phrase starts at ``begins``.
    """

    text: str
    person: bool = False
    sure: bool = False
    owns: bool = False
    begins: int = 0


class Names:
    """People's names, by word; particles and initials stand for nobody on their own."""

    def __init__(self, people: Iterable[str]) -> None:
        self.parts: set[str] = set()
        self.pairs: set[tuple[str, str]] = set()
        for name in people:
            words = [word for word in _TOKEN.findall(unicodedata.normalize("NFC", name)) if len(word) > 1]
            own = [word for word in words if len(words) == 1 or not word.islower()]
            self.parts.update(own)
            self.parts.update(part for word in own for part in word.split("-") if len(part) > 1)
            self.pairs.update(pairwise(words))


def _tokens(sentence: str) -> list[str]:
    found: list[str] = []
    for token in _TOKEN.findall(unicodedata.normalize("NFC", sentence).replace("\u2019", "'")):
        if token in _MARKUP:
            continue
        word = token.strip("_") or "_"
        stem, _, ending = word.rpartition("'")
        if word.lower().endswith("n't") and len(word) > 3:
            found += ["can" if word.lower() == "can't" else word[:-3], "not"]
        elif stem and ending.lower() in _SHORT:
            found += [stem, _SHORT[ending.lower()]]
        else:
            found.append(word.rstrip("-") or "-")
        if len(found) > LONGEST:
            break
    return found


def _is_role(role: str, before: str, following: str) -> bool:
    if role not in say.ROLES or (role in say.PROGRAMS and before in say.SOFTWARE):
        return False
    if role in ("operator", "human") and following in ("error", "errors"):
        return False
    if role in say.ALSO_VERBS and before in ("to", "will", "can"):
        return False
    described = before in say.DETERMINERS or before in say.MODIFIES_ROLE
    return role not in say.ROLES_IF_DESCRIBED or described or not following[:1].islower()


class _Reader:
    def __init__(self, tokens: Sequence[str], names: Names) -> None:
        self._tokens = tokens
        self._names = names
        self.words: list[Word] = []

    def read(self) -> list[Word]:
        at = 0
        while at < len(self._tokens):
            at += self._next(at)
        return self.words

    def _next(self, at: int) -> int:
        """Takes in the token at ``at``; how many tokens it took."""
        token = self._tokens[at]
        lower = token.lower()
        owns = lower.endswith(("'s", "s'")) and len(lower) > 2
        bare = token[:-2] if lower.endswith("'s") else token.rstrip("'") if owns else token
        before = self._tokens[at - 1].lower() if at else ""
        following = self._tokens[at + 1] if at + 1 < len(self._tokens) else ""
        if (bare, following.removesuffix("'s")) in self._names.pairs:
            self._person(bare, owns=following.endswith("'s"))
            return 2
        if token.startswith("@") and len(token) > 1 and following != "/":
            self._person(lower, owns=owns)
        elif bare in self._names.parts:
            self._name(bare, before, owns)
        elif lower in say.POSSESSIVE and following[:1].isalnum():
            self._person(lower, owns=True)
        elif lower == "i":
            self._person(lower, owns=owns) if token == "I" and "/" not in (before, following) else self._word(lower)  # noqa: S105
        elif lower == "they":
            self._person(lower, sure=False)
        elif lower.startswith("team-member") or _is_role(bare.lower(), before, following):
            self._person(bare.lower(), owns=owns, begins=self._beginning(bare.lower()))
            lettered = bare.lower() in ("team", "employee") and len(following) == 1 and following.isupper()
            return 2 if lettered and following not in ("I", "A") else 1
        else:
            self._word(lower)
        return 1

    def _name(self, name: str, before: str, owns: bool) -> None:
        word = name.lower()
        if word not in say.NAMES_THAT_ARE_WORDS:
            self._person(name, owns=owns)
        elif before in say.DETERMINERS or (word in say.MONTHS and before in say.BEFORE_MONTHS):
            self._word(word)
        else:
            self._person(name, owns=owns, sure=before in say.BEFORE_PEOPLE and word not in say.TECHNICAL)

    def _beginning(self, role: str) -> int:
        """Where "the on-call engineer" begins, in which ``role`` is "engineer"."""
        begins = len(self.words)
        if role in say.ALONE:
            return begins
        while begins and len(self.words) - begins < 5 and self.words[begins - 1].text in say.MODIFIES_ROLE:
            begins -= 1
        return begins - 1 if begins and self.words[begins - 1].text in say.DETERMINERS else begins

    def _person(self, text: str, *, owns: bool = False, sure: bool = True, begins: int | None = None) -> None:
        self.words.append(Word(text, True, sure, owns, len(self.words) if begins is None else begins))

    def _word(self, text: str) -> None:
        self.words.append(Word(text))


def read(sentence: str, names: Names) -> list[Word]:
    """Its first words, each mention of a person as one that knows where its noun phrase begins."""
    return _Reader(_tokens(sentence), names).read()
