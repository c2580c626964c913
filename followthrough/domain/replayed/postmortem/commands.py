"""What people do with an incident's postmortem, from its draft until it is published."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from followthrough.domain.replayed.incident.incident import ONGOING, Incident, IncidentStatus
from followthrough.domain.replayed.postmortem.postmortem import FormatName, Postmortem, Review, ReviewState
from followthrough.domain.replayed.text import Key, NoteIfAny, PostmortemText, Reason
from followthrough.domain.replayed.values import EntryKind, PersonId, Refusal, Request


class ChooseFormat(Request):
    """Another form than the one whose turn it is."""

    command: Literal["choose postmortem format"] = "choose postmortem format"
    by: PersonId
    format: FormatName

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal once the postmortem is published."""
        incident.require(*ONGOING, IncidentStatus.RESOLVED, to="given a postmortem format")
        incident.postmortem_format = self.format
        incident.note(now, EntryKind.POSTMORTEM, f"Postmortem format: {self.format}", self.by)


class AssignPostmortem(Request):
    """Another person owns the postmortem, and is reminded of it."""

    command: Literal["assign postmortem"] = "assign postmortem"
    by: PersonId
    to: PersonId
    reason: Reason

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal when no postmortem is owed, or already by that person."""
        incident.require(IncidentStatus.RESOLVED, to="given another postmortem owner")
        if incident.postmortem_owner is None:
            raise Refusal(f"Incident {incident.id} owes no postmortem; publish one directly if there is one.")
        if incident.postmortem_owner == self.to:
            raise Refusal(f"The postmortem of {incident.id} already belongs to {self.to}.")
        text = f"Postmortem from {incident.postmortem_owner} to {self.to}: {self.reason}"
        incident.note(now, EntryKind.POSTMORTEM, text, self.by)
        incident.postmortem_owner = self.to


class Worded(Request):
    """Brings a text whose wording the API checks before it gets here."""

    by: PersonId
    override: Reason | None = Field(None, description="Why sentences that blame a person may stay")
    blaming: int = Field(0, ge=0, description="How many such sentences there are; the API counts them itself")

    def note_override(self, incident: Incident, now: datetime) -> None:
        """Puts on record that blaming sentences stay, and why."""
        if self.override is not None and self.blaming:
            count = f"{self.blaming} sentence{'s' if self.blaming > 1 else ''}"
            text = f"Blameless wording overridden for {count}: {self.override}"
            incident.note(now, EntryKind.DECISION, text, self.by)


class SubmitPostmortem(Worded):
    """The author hands a text in for review; a text that was handed in before is replaced."""

    command: Literal["submit postmortem"] = "submit postmortem"
    text: PostmortemText
    replaces: Key | None = Field(
        None, description="Version of the text that it began from, empty for none; left out, it replaces any"
    )

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal unless the incident is resolved, and when it would replace another text than it began from."""
        incident.require(IncidentStatus.RESOLVED, to="given a postmortem")
        present = incident.postmortem
        if present is not None and self.replaces not in (None, present.version):
            raise Refusal(
                f"{present.by} handed in another text of the postmortem of {incident.id} meanwhile; look at it, and "
                "hand in what holds of both."
            )
        incident.postmortem = Postmortem(text=self.text, by=self.by, at=now)
        incident.note(now, EntryKind.POSTMORTEM, "Postmortem submitted for review", self.by)
        self.note_override(incident, now)


class ReviewPostmortem(Request):
    """Somebody other than the author approves the text, or asks for changes and says which."""

    command: Literal["review postmortem"] = "review postmortem"
    by: PersonId
    approved: bool = True
    note: NoteIfAny = ""

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal for the author, without a text, and when changes are asked for without saying which."""
        incident.require(IncidentStatus.RESOLVED, to="given a review of its postmortem")
        if incident.postmortem is None:
            raise Refusal(f"The postmortem of {incident.id} was not submitted for review yet.")
        if self.by == incident.postmortem.by:
            raise Refusal(f"{self.by} wrote the postmortem of {incident.id}; somebody else reviews it.")
        if not self.approved and not self.note:
            raise Refusal("Say in a note which changes the postmortem needs.")
        review = Review(by=self.by, at=now, approved=self.approved, note=self.note)
        incident.postmortem = incident.postmortem.model_copy(update={"review": review})
        text = f"Postmortem {incident.postmortem.state}. {self.note}".strip()
        incident.note(now, EntryKind.POSTMORTEM, text, self.by)


class Publish(Worded):
    """Publishes the reviewed text, or where its severity asks for no review, ``text`` at once."""

    command: Literal["publish postmortem"] = "publish postmortem"
    text: PostmortemText | None = Field(None, description="When left out: the text that was submitted")
    no_items_because: Reason | None = Field(None, description="Why nothing has to be followed up")

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal without a text, a review that is required, or action items or a reason for having none."""
        incident.require(IncidentStatus.RESOLVED, to="given a postmortem")
        postmortem = incident.postmortem
        if self.text is not None and (postmortem is None or self.text != postmortem.text):
            postmortem = Postmortem(text=self.text, by=self.by, at=now)
        if postmortem is None:
            raise Refusal(f"The postmortem of {incident.id} has no text yet; start from its draft and submit it.")
        if incident.plan and incident.plan.review_required and postmortem.state is not ReviewState.APPROVED:
            state = postmortem.state if postmortem is incident.postmortem else "not submitted for review"
            raise Refusal(
                f"The postmortem of {incident.id} is {state}; at {incident.severity} somebody other than its author "
                "has to approve it before it is published."
            )
        if incident.plan and incident.plan.items_required and not incident.items and self.no_items_because is None:
            raise Refusal(
                f"The postmortem of {incident.id} has no action items; propose at least one, or say why none is needed."
            )
        incident.postmortem = postmortem
        incident.published_at = now
        incident.status = IncidentStatus.PUBLISHED
        if incident.items:
            items = f"with {len(incident.items)} action item{'s' if len(incident.items) > 1 else ''}"
        else:
            items = f"without action items: {self.no_items_because or 'none were required'}"
        incident.note(now, EntryKind.POSTMORTEM, f"Postmortem published {items}", self.by)
        self.note_override(incident, now)
        incident.close_if_done(now)
