"""A postmortem: its form, its text, and what its reviewer said."""

from enum import StrEnum

from pydantic import AwareDatetime

from followthrough.domain.replayed.values import Message, PersonId


class FormatName(StrEnum):
    """The template of the same name in ``postmortem_formats``."""

    FIVE_WHYS = "five-whys"
    TIMELINE_WALK = "timeline-walk"
    WENT_WELL_AND_LUCKY = "went-well-and-lucky"
    CONTRIBUTING_FACTORS = "contributing-factors"
    SHORT = "short"


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
    def state(self) -> ReviewState:
        """Where it is on its way to being published."""
        if self.review is None:
            return ReviewState.WAITING
        return ReviewState.APPROVED if self.review.approved else ReviewState.RETURNED


class PostmortemAssignment(Message):
    """Who writes the postmortem, and in which form."""

    owner: PersonId
    format: FormatName
