"""What goes into workflows and comes out, and what they ask of activities."""

from datetime import datetime, timedelta
from typing import Generic, TypeVar

from pydantic import AwareDatetime, Field

from followthrough.domain.replayed.drill.drill import DrillReport
from followthrough.domain.replayed.incident.incident import Alert, Audience, Incident, ItemSummary
from followthrough.domain.replayed.incident.lifecycle import Reopen
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus
from followthrough.domain.replayed.item.lifecycle import ReopenItem
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind as NoticeKind
from followthrough.domain.replayed.mail.shown import Shown
from followthrough.domain.replayed.ticket.sync import TicketFacts
from followthrough.domain.replayed.values import Fence, Message, PersonId, State, TeamId
from followthrough.queues import Queue
from workflows.mail_messages import Undelivered

TASK_QUEUE = Queue.WORKFLOWS.value

PlanT = TypeVar("PlanT")


class QueuedNotice(Message):
    """Mails that wait to be sent, in few words: what they are about is looked at when they are.

    ``to`` are people of the organisation file or plain addresses, ``audience`` adds those who
    subscribed to the service's updates.
    """

    key: str
    kind: NoticeKind
    to: tuple[str, ...] = ()
    audience: Audience | None = None
    at: AwareDatetime
    text: str = ""
    level: int = 0
    undelivered: Undelivered | None = None
    """It is for who is next above, which is known when it is sent."""
    shown: Shown = Shown()

    def about(self, record: Incident | ActionItem, now: datetime) -> "Notice":
        """What is sent now."""
        return Notice(
            key=self.key,
            kind=self.kind,
            to=self.to,
            audience=self.audience,
            at=self.at,
            text=self.text,
            level=self.level,
            undelivered=self.undelivered,
            shown=self.shown,
            waited=now - self.at,
            incident=record if isinstance(record, Incident) else None,
            item=record if isinstance(record, ActionItem) else None,
        )


class Notice(QueuedNotice):
    """Mails to send, one to each person and one to all plain addresses, however often it is asked for.

    Exactly one of ``incident`` and ``item`` is what it is about, with what is ``shown`` as it was; an item's mails
    belong to its incident's thread.
    """

    waited: timedelta = timedelta(0)
    """Since it was asked for."""
    incident: Incident | None = None
    item: ActionItem | None = None
    drill: DrillReport | None = None

    def mail_key(self, reader: PersonId | None) -> str:
        """Makes the mail to this person one mail; None stands for all plain addresses together."""
        return f"{self.key}/{reader}" if reader else self.key

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
    reopen_id: str | None = None
    """Of that command."""
    goes_on: str = ""
    """Why, when its last run ended badly: what the timeline says."""
    outgoing: list[QueuedNotice] = Field(default_factory=list)


class ItemProgress(State):
    """An action item workflow's input: at its start, when it continues as new, and when it is reopened after its end.

    ``announced`` says that those who have to know were told that the item is settled.
    """

    item: ActionItem
    reopen: ReopenItem | None = None
    reopen_id: str | None = None
    """Of that command."""
    announced: bool = False
    tells_incident: bool = False
    """The run of its incident that started it is over, and does not hear from the engine that it has ended."""
    goes_on: str = ""
    """Why, when its last run ended badly: what the timeline says."""
    outgoing: list[QueuedNotice] = Field(default_factory=list)
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
    question: str = ""


class IncidentNews(Message):
    """When an incident was resolved and its postmortem published, for action items whose deadlines count from it."""

    resolved_at: AwareDatetime | None
    published_at: AwareDatetime | None


class ItemEnded(Message):
    """An action item tells its incident what became of it."""

    item_id: str
    at: AwareDatetime
    status: ItemStatus


class ItemSplit(Message):
    """An action item asks its incident whether these parts may go on instead of it."""

    item_id: str
    parts: tuple[ItemSummary, ...]
    question: str = ""


class ItemAskedAgain(Message):
    """An action item that was closed or waived tells its incident that it is open again."""

    item_id: str
    because: str


class BlockAsked(Message):
    """An action item asks another to tell it when it has ended.

    ``path`` leads from the one that asks through those that wait for each other, so that a circle is seen.
    """

    path: tuple[str, ...]
    question: str = ""


class Answer(Message):
    """The action item or incident that was asked agrees, or says in a sentence why it can't.

    ``incident_id`` is the incident that answers, ``question`` what it was asked.
    """

    refusal: str | None
    incident_id: str | None = None
    question: str = ""


class BlockOver(Message):
    """The action item that another one waits for is settled."""

    on: str
    because: str


class MissedByIncident(Message):
    """What its action items said while an incident's workflow did not run."""

    ended: tuple[ItemEnded, ...]
    asked_again: tuple[ItemAskedAgain, ...]


class MissedByItem(Message):
    """What others said while an action item's workflow did not run; ``incident_id`` is what it belongs to now."""

    over: BlockOver | None
    news: IncidentNews | None
    incident_id: str | None


class PlanItem(Message):
    """Asks for an action item's deadlines and next moment, as of ``at``, and to write what comes of it."""

    item: ActionItem
    at: AwareDatetime
    fence: Fence = Fence()


class PlanIncident(Message):
    """Asks for an incident's next moment, as of ``at``, and to write what comes of it."""

    incident: Incident
    at: AwareDatetime
    fence: Fence = Fence()


class PlansTaken(Message, Generic[PlanT]):
    """The plans that were taken in one after the other, none once it has ended; ``version`` is what was written.

    ``at`` is that of the request, for a replay's own time is another after a local activity.
    """

    plans: tuple[PlanT, ...]
    version: int
    at: AwareDatetime


class DrillRequest(Message):
    """A drill workflow's input. Without a scenario it is the one that the team did not have for the longest time.

    ``by_hand`` starts at once; else it is for working hours, and for teams whose drills are not switched off. ``key``
    makes its incident's id, for a team's drills share the workflow id.
    """

    team: TeamId
    scenario: str | None = None
    by_hand: bool = False
    key: str | None = None


class RunningDrill(Message):
    """A drill that is not over; ``starts_at`` is None until it is known, which takes an instant."""

    incident_id: str
    starts_at: AwareDatetime | None


class PlanDrill(Message):
    """Asks for a drill's date, service and scenario, as of ``at``."""

    request: DrillRequest
    at: AwareDatetime


class TellTroubles(Message):
    """Tell the administrators of what there is, as of ``at``."""

    at: AwareDatetime


class Adoption(Message):
    """Make a ticket that is there already, named by its key or address, an action item's."""

    ticket: str
    item: ActionItem
