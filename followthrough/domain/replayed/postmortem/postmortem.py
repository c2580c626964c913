"""A postmortem: its form, its text, and what its reviewer said."""

import hashlib
from enum import StrEnum

from pydantic import AwareDatetime

from followthrough.domain.replayed.names import FormatName as FormatName
from followthrough.domain.replayed.values import Message, PersonId


def version_of(text: str) -> str:
    """Of a text; none is the empty one's."""
    return hashlib.sha256(text.encode()).hexdigest()[:20] if text else ""


class ReviewState(StrEnum):
    """Where a text is on its way to being published."""

    WAITING = "waiting for review"
    APPROVED = "approved"
    RETURNED = "returned for changes"


class Review(Message):
    """What somebody other than the author said."""

    by: PersonId
    at: AwareDatetime
    approved: bool
    note: str = ""


class Postmortem(Message):
    """What was learned, in Markdown, and the review of exactly this text."""

    text: str = ""
    """Empty where it is left out, because who is asked does not need it or has it."""
    by: PersonId
    at: AwareDatetime
    review: Review | None = None

    def without_text(self) -> "Postmortem":
        """Small enough to go along with everything."""
        return self.model_copy(update={"text": ""})

    @property
    def version(self) -> str:
        """Equal for equal texts."""
        return version_of(self.text)

    @property
    def state(self) -> ReviewState:
        """Where it is on its way to being published."""
        if self.review is None:
            return ReviewState.WAITING
        return ReviewState.APPROVED if self.review.approved else ReviewState.RETURNED


class PostmortemAssignment(Message):
    """Who writes the postmortem, and in which form."""

    owner: PersonId
    format: FormatName
