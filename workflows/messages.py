"""What goes into workflows and comes out, and what they ask of activities."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from followthrough.domain.action_item import ActionItem, Ticket
from followthrough.domain.drill import DrillReport
from followthrough.domain.incident import Alert, Audience, Incident
from followthrough.domain.lifecycle_commands import Reopen
from followthrough.domain.values import Message, PersonId, State
from followthrough.file_types import TeamId

TASK_QUEUE = "followthrough"


class NoticeKind(StrEnum):
    """Which mail; the template of the same name renders it."""

    INCIDENT_DECLARED = "incident-declared"
    ROLE_ASSIGNED = "role-assigned"
    ROLE_NOT_ACKNOWLEDGED = "role-not-acknowledged"
    STAKEHOLDER_UPDATE = "stakeholder-update"
    UPDATE_DUE = "update-due"
    UPDATE_MISSED = "update-missed"
    POSTMORTEM_ASSIGNED = "postmortem-assigned"
    POSTMORTEM_TO_REVIEW = "postmortem-to-review"
    POSTMORTEM_REVIEWED = "postmortem-reviewed"
    POSTMORTEM_REMINDER = "postmortem-reminder"
    POSTMORTEM_ESCALATION = "postmortem-escalation"
    POSTMORTEM_PUBLISHED = "postmortem-published"
    ROLE_HANDED_OVER = "role-handed-over"
    INCIDENT_MERGED = "incident-merged"
    INCIDENT_REOPENED = "incident-reopened"
    INCIDENT_CLOSED = "incident-closed"
    DRILL_REPORT = "drill-report"
    ITEM_PROPOSED = "item-proposed"
    ITEM_REMINDER = "item-reminder"
    ITEM_ESCALATION = "item-escalation"
    ITEM_TO_VERIFY = "item-to-verify"
    ITEM_ENDED = "item-ended"
    TICKET_REFUSED = "ticket-refused"


class Notice(Message):
    """A mail to send: ``key`` makes it one mail however often it is asked for.

    ``to`` are people of the organisation file or plain addresses, ``audience`` adds those who
    subscribed to the service's updates. Exactly one of ``incident`` and ``item`` is what it is
    about; an item's mails belong to its incident's thread.
    """

    key: str
    kind: NoticeKind
    to: tuple[str, ...] = ()
    audience: Audience | None = None
    at: AwareDatetime
    incident: Incident | None = None
    item: ActionItem | None = None
    text: str = ""
    level: int = 0
    drill: DrillReport | None = None

    @property
    def record(self) -> Incident | ActionItem:
        """What it is about. Raises ValueError when that is nothing."""
        record = self.item or self.incident
        if record is None:
            raise ValueError(f"Notice {self.key} is about neither an incident nor an action item.")
        return record

    @property
    def incident_id(self) -> str:
        """The incident whose thread it belongs to."""
        return self.item.incident_id if self.item else self.record.id


class IncidentProgress(State):
    """An incident workflow's input: at its start, when it continues as new, and when it is reopened after its end."""

    incident: Incident
    alert: Alert | None = None
    reopen: Reopen | None = None
    outgoing: list[Notice] = Field(default_factory=list)


class TicketFacts(Message):
    """What a ticket shows of its action item."""

    owner: PersonId
    due: AwareDatetime
    ended: bool


class ItemProgress(State):
    """An action item workflow's input: at its start, and when it continues as new."""

    item: ActionItem
    outgoing: list[Notice] = Field(default_factory=list)
    ticket_shows: TicketFacts | None = None


class AlertReceipt(Message):
    """Answer to a delivered alert; when ``joined`` is False, the incident it was ``merged_into`` may take it.

    Without one, a new incident has to be started for it.
    """

    incident_id: str
    joined: bool
    merged_into: str | None = None


class MergeAnswer(Message):
    """The incident that was asked to continue another says that it does, or in a sentence why it can't."""

    into: str
    refusal: str | None


class ItemEnded(Message):
    """An action item tells its incident that it is closed or waived."""

    item_id: str
    at: AwareDatetime
    waived: bool


class PlanItem(Message):
    """Asks for an action item's deadlines and next moment, as of ``at``."""

    item: ActionItem
    at: AwareDatetime


class PlanIncident(Message):
    """Asks for an incident's next moment, as of ``at``."""

    incident: Incident
    at: AwareDatetime


class DrillRequest(Message):
    """A drill workflow's input. Without a scenario it is the one that the team did not have for the longest time.

    ``by_hand`` starts at once; else it is for working hours, and for teams whose drills are not switched off.
    """

    team: TeamId
    scenario: str | None = None
    by_hand: bool = False


class PlanDrill(Message):
    """Asks for a drill's date, service and scenario, as of ``at``."""

    request: DrillRequest
    at: AwareDatetime


class SendDigest(Message):
    """Tell of a month like ``2026-11``, as it is known at ``at``."""

    month: str
    at: AwareDatetime


class SprintRequest(Message):
    """Put a team's ticket into its next sprint after ``at``."""

    team: str
    ticket: Ticket
    at: AwareDatetime


class TicketChange(Message):
    """Bring a ticket to where its action item is."""

    ticket: Ticket
    item: ActionItem
