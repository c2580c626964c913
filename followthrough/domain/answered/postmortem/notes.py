"""What people say of a postmortem beside its text: comments, and corrections once it is published."""

from pydantic import Field

from followthrough.domain.replayed.incident.incident import Incident, IncidentStatus
from followthrough.domain.replayed.postmortem.postmortem import version_of
from followthrough.domain.replayed.text import Key, PostmortemText, Reason, ReasonIfAny
from followthrough.domain.replayed.values import PersonId, Request

MOST_COMMENTS = 200
"""On one postmortem, so that its page can be read."""


class NewComment(Request):
    """What somebody would say another way, or asks, about all of a text or a passage of it."""

    by: PersonId | None = Field(None, description="Left out, it is whoever asks")
    text: Reason
    quote: ReasonIfAny = Field("", description="The passage that it is about")


class SettleComment(Request):
    """There is nothing more to do about a comment."""

    by: PersonId | None = Field(None, description="Left out, it is whoever asks")
    answer: ReasonIfAny = ""


class CorrectPostmortem(Request):
    """Another text instead of the one that is published."""

    by: PersonId | None = Field(None, description="Left out, it is whoever asks")
    text: PostmortemText
    reason: Reason = Field(description="Why; it stands above the text")
    replaces: Key | None = Field(None, description="Version of the text that it began from; left out, it replaces any")
    override: Reason | None = Field(None, description="Why sentences that blame a person may stay")


class ToConfluence(Request):
    """The published text is to be a page in Confluence, as it is now."""

    by: PersonId | None = Field(None, description="Left out, it is whoever asks")


def why_no_comment(incident: Incident, comments: int) -> str | None:
    """The sentence that refuses one more; None where it may be."""
    if incident.postmortem is None:
        return f"No postmortem of {incident.id} was handed in yet; comment on it once there is a text."
    if comments >= MOST_COMMENTS:
        return f"The postmortem of {incident.id} has {MOST_COMMENTS} comments, which is as many as it can have."
    return None


def why_not_corrected(incident: Incident) -> str | None:
    """The sentence that refuses a correction; None where there can be one."""
    if incident.status in (IncidentStatus.PUBLISHED, IncidentStatus.CLOSED) and incident.published_at is not None:
        return None
    if incident.merged_into is not None:
        return f"Incident {incident.id} was merged into {incident.merged_into}, which continues; turn to that one."
    return f"The postmortem of {incident.id} is not published; hand in another text instead of correcting it."


def why_no_correction(incident: Incident, command: CorrectPostmortem) -> str | None:
    """The same of this one, to the incident with its text as it is now."""
    if (sentence := why_not_corrected(incident)) is not None:
        return sentence
    present = incident.postmortem.text if incident.postmortem else ""
    if command.replaces not in (None, version_of(present)):
        return (
            f"Somebody else corrected the postmortem of {incident.id} meanwhile; look at it, and correct what is wrong "
            "still."
        )
    return f"That is the text of the postmortem of {incident.id} as it is." if command.text == present else None


def why_not_in_confluence(incident: Incident) -> str | None:
    """The sentence that refuses a page there; None where there can be one."""
    if incident.private:
        return f"Incident {incident.id} is private, and Confluence does not know who may see it; it stays here."
    return None if incident.published_at else f"The postmortem of {incident.id} is not published yet."
