"""An incident: what it knows. ``commands.py`` has what people tell it."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, Field

from followthrough.domain.replayed.incident.alert import Alert as Alert
from followthrough.domain.replayed.incident.alert import AlertState as AlertState
from followthrough.domain.replayed.incident.alert import Heard
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.domain.replayed.limits import ACTION_ITEMS, PASSED
from followthrough.domain.replayed.names import Audience as Audience
from followthrough.domain.replayed.names import IncidentStatus as IncidentStatus
from followthrough.domain.replayed.names import Role as Role
from followthrough.domain.replayed.names import UpdateStage as UpdateStage
from followthrough.domain.replayed.postmortem.postmortem import FormatName, Postmortem, PostmortemAssignment
from followthrough.domain.replayed.text import Line
from followthrough.domain.replayed.values import EntryKind, Message, PersonId, Record, Refusal, Severity

ONGOING = (IncidentStatus.DECLARED, IncidentStatus.MITIGATED)
"""Something is still broken; alerts belong to this incident and stakeholders are waiting."""


class IncidentMomentKind(StrEnum):
    """Why an incident wakes up."""

    ROLE_NOT_ACKNOWLEDGED = "role not acknowledged"
    UPDATE_DUE = "update due"
    UPDATE_MISSED = "update missed"
    POSTMORTEM_DUE_SOON = "postmortem due soon"
    POSTMORTEM_OVERDUE = "postmortem overdue"
    NO_POSTMORTEM_OWED = "no postmortem owed"
    DRILL_TIME_OVER = "time of the drill over"


class IncidentMoment(Message):
    """The next time something must happen, and who is told.

    ``level`` counts escalations from 1; ``subject`` is a role or an audience, ``holder`` who has that role and
    ``offer`` who gets it.
    """

    at: AwareDatetime
    kind: IncidentMomentKind
    level: int = 0
    subject: str = ""
    holder: PersonId | None = None
    offer: PersonId | None = None
    to: tuple[PersonId, ...] = ()


class IncidentPlan(Message):
    """What the organisation file asks of this incident next.

    ``on_call`` are those to ask for a role, in order, without who holds one; ``comms_lead`` is the one to ask to be
    that now.
    """

    on_call: tuple[PersonId, ...] = ()
    comms_lead: PersonId | None = None
    postmortem_due: AwareDatetime | None
    auto_resolve: bool
    next: IncidentMoment | None
    assignment: PostmortemAssignment | None = None
    """Of a postmortem that is owed and has no owner yet."""
    review_required: bool = False
    items_required: bool = False
    resolved_counts: bool = False
    """A rule has deadlines of action items count from its resolution; below, from its publication."""
    published_counts: bool = False
    to_page: tuple[PersonId, ...] = ()
    """Whose role a pager is told of, too, for as long as they do not acknowledge it."""


class RoleHolder(Message):
    """Who holds a role, and whether they said so themselves."""

    role: Role
    person: PersonId
    at: AwareDatetime
    acknowledged_at: AwareDatetime | None = None
    before: tuple[PersonId, ...] = ()
    """Who handed it over or did not acknowledge it; they are told until somebody acknowledges it."""


class Paged(Message):
    """What the pager was told last of a role: since when ``person`` is asked, and whether somebody acknowledged it."""

    role: Role
    person: PersonId
    at: AwareDatetime
    acknowledged: bool = False
    problem: str = ""
    """Why it could not be told."""
    refused: bool = False
    """By the pager, which so knows nothing of it."""


class SentUpdate(Message):
    """A stakeholder update."""

    stage: UpdateStage
    audience: Audience
    text: str
    by: PersonId
    at: AwareDatetime


class Subscription(Message):
    """A person gets the updates to an audience, of this incident only."""

    person: PersonId
    audience: Audience


class Kudos(Message):
    """Thanks to people for what they did; ``for_openness`` when it is for admitting a mistake."""

    by: PersonId
    to: tuple[PersonId, ...]
    text: str
    for_openness: bool = False
    at: AwareDatetime


class ItemSummary(Message):
    """What the incident knows of one of its action items."""

    id: str
    title: Line
    owner: PersonId
    ended_at: AwareDatetime | None = None
    ended_as: ItemStatus | None = None

    @property
    def waived(self) -> bool:
        """Consciously not done, perhaps until it is asked again."""
        return self.ended_as is ItemStatus.WAIVED

    @property
    def goes_along(self) -> bool:
        """It belongs to the incident that its own one is merged into: it is open, or may be again."""
        return self.ended_at is None or self.waived


class Repeat(Message):
    """An earlier incident that this one repeats, and why."""

    incident_id: str
    because: str
    proposed: bool = False
    """Only the titles are alike: nothing follows from it until somebody links the two."""


class BeforeMerge(Message):
    """What an incident was like before it continued another; for when that is withdrawn."""

    id: str
    severity: Severity
    severity_decided_by: PersonId | None
    resolution_proposed_at: AwareDatetime | None
    subscriptions: tuple[Subscription, ...]
    admitted: tuple[PersonId, ...] = ()


class Incident(Record):
    """Everything known about one incident. All times are aware, in UTC."""

    dedup_key: str
    title: Line
    service: str
    team: str
    severity: Severity
    declared_at: AwareDatetime
    declared_by: PersonId | None = None
    """None when a pager did."""
    drill: bool = False
    private: bool = False
    """Only who is on it sees it; ``privacy.py`` says who that is."""
    was_private: bool = False
    """Its action items may have heard so."""
    admitted: list[PersonId] = Field(default_factory=list)
    """Who may see it, if it is private, although they have no part in it."""
    call: str | None = None
    """Where those who respond talk, if that is not the service's own call."""
    status: IncidentStatus = IncidentStatus.DECLARED
    mitigated_at: AwareDatetime | None = None
    mitigation: str = ""
    """What helped, as it was said last."""
    resolved_at: AwareDatetime | None = None
    resolution: str = ""
    """What ended it, as it was said last."""
    resolution_proposed_at: AwareDatetime | None = None
    """When the pager said that the alert is over; people decide whether the incident is."""
    published_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    plan: IncidentPlan | None = None
    declared_said_at: AwareDatetime | None = None
    """When somebody declared it, if it was corrected since when that was; the same below for its resolution."""
    resolved_said_at: AwareDatetime | None = None
    acknowledged_before: AwareDatetime | None = None
    """When somebody first acknowledged a role, before it was reopened."""
    alert: Alert | None = None
    """What the pager said when it fired last, or when the routes began to say another severity."""
    alerts: int = 0
    """How many deliveries of its alert it has seen."""
    heard: dict[str, Heard] = Field(default_factory=dict)
    """The latest that was heard, by dedup key."""
    severity_decided_by: PersonId | None = None
    """Who chose the severity by hand; the pager changes it no more."""
    roles: list[RoleHolder] = Field(default_factory=list)
    past_roles: list[RoleHolder] = Field(default_factory=list)
    """Who handed a role over, or did not acknowledge it."""
    paged: dict[str, Paged] = Field(default_factory=dict)
    """What the pager was told, by its key, until that is over there, too."""
    updates: list[SentUpdate] = Field(default_factory=list)
    """The last update for each audience; all of them are on the timeline."""
    subscriptions: list[Subscription] = Field(default_factory=list)
    unsubscribed: list[PersonId] = Field(default_factory=list)
    """Who gets no updates although the service's subscribers name their address."""
    postmortem_owner: PersonId | None = None
    """None until one is owed."""
    postmortem_format: FormatName | None = None
    postmortem: Postmortem | None = None
    """The text that was submitted last, and once ``published_at`` is set, the published one."""
    items: list[ItemSummary] = Field(default_factory=list)
    moments: list[IncidentMoment] = Field(default_factory=list)
    """Moments that have passed, so that none comes twice."""
    kudos: list[Kudos] = Field(default_factory=list)
    repeats: list[Repeat] = Field(default_factory=list)
    proposed_repeats: list[Repeat] = Field(default_factory=list)
    """Until somebody links or dismisses them."""
    compared: bool = False
    """Earlier incidents were looked through for ones like it."""
    reopened_at: AwareDatetime | None = None
    firing: list[str] = Field(default_factory=list)
    """Dedup keys of alerts that are not over."""
    merging_into: str | None = None
    """The incident that was asked to continue this one; until it answers, this one takes no commands."""
    merged_into: str | None = None
    took_in: list[str] = Field(default_factory=list)
    """Incidents that were merged into this one."""
    before_merges: list[BeforeMerge] = Field(default_factory=list)
    """What the last of them changed."""
    unheard: list[str] = Field(default_factory=list)
    """Action items that have not told their state to this run; it does not close before they did."""
    inherited_keys: list[str] = Field(default_factory=list)
    """Dedup keys of the incidents that were merged into this one."""
    split_from: str | None = None
    split_into: list[str] = Field(default_factory=list)

    @property
    def reviewed(self) -> bool:
        """The postmortem is published, or the incident was resolved for a while and owes none."""
        return self.status is IncidentStatus.PUBLISHED or (
            self.status is IncidentStatus.RESOLVED
            and any(moment.kind is IncidentMomentKind.NO_POSTMORTEM_OWED for moment in self.moments)
        )

    @property
    def ended(self) -> bool:
        """Closed, cancelled or merged into another."""
        return self.status in (IncidentStatus.CLOSED, IncidentStatus.CANCELLED, IncidentStatus.MERGED)

    def lean(self) -> Self:
        """Also without the postmortem's text."""
        return super().lean().model_copy(update={"postmortem": self.postmortem and self.postmortem.without_text()})

    @property
    def declared_since(self) -> datetime:
        """What deadlines and reminders count from: when it was said, whatever was corrected; the same below."""
        return self.declared_said_at or self.declared_at

    @property
    def resolved_since(self) -> datetime | None:
        """None while it is not resolved."""
        return self.resolved_said_at or self.resolved_at

    @property
    def acknowledged_at(self) -> datetime | None:
        """When somebody first acknowledged a role."""
        holders = (holder.acknowledged_at for holder in (*self.past_roles, *self.roles))
        return min((at for at in (self.acknowledged_before, *holders) if at is not None), default=None)

    @property
    def upcoming(self) -> IncidentMoment | None:
        """The next moment; none once the incident has ended."""
        return self.plan.next if self.plan and not self.ended else None

    def holder(self, role: Role) -> PersonId | None:
        """Who holds the role, the first of them for Resolvers."""
        return next((holder.person for holder in self.roles if holder.role is role), None)

    def passed(self, moment: IncidentMoment) -> None:
        """Records a moment that has come."""
        self.moments = [*self.moments, moment][-PASSED:]

    def past_role(self, holder: RoleHolder) -> None:
        """Records who has a role no more."""
        before = holder.before[-1:]
        self.past_roles = [*self.past_roles, holder.model_copy(update={"before": before})][-PASSED:]

    def require(self, *statuses: IncidentStatus, to: str) -> None:
        """Raises Refusal unless the incident is in one of ``statuses`` and neither merged nor about to be."""
        if self.merged_into is not None:
            raise Refusal(f"Incident {self.id} was merged into {self.merged_into}, which continues; turn to that one.")
        if self.merging_into is not None:
            raise Refusal(f"Incident {self.id} is being merged into {self.merging_into}; try again in a moment.")
        if self.status not in statuses:
            allowed = " or ".join(status.value for status in statuses)
            raise Refusal(f"Incident {self.id} is {self.status.value}; only one that is {allowed} can be {to}.")

    def knows(self, alert: Alert) -> bool:
        """Whether a delivery says nothing that was not heard before."""
        return alert.dedup_key in self.heard and self.heard[alert.dedup_key].covers(alert)

    def resolve(self, now: datetime, summary: str, by: PersonId | None) -> None:
        """Marks the incident as resolved."""
        self.mitigated_at = self.mitigated_at or now
        self.resolved_at = now
        self.resolution = summary
        self.status = IncidentStatus.RESOLVED
        self.note(now, EntryKind.STATUS, f"Resolved: {summary}", by)

    def assign_postmortem(self, now: datetime, assignment: PostmortemAssignment) -> None:
        """Gives the postmortem its first owner, and its format unless somebody chose one."""
        self.postmortem_owner = assignment.owner
        self.postmortem_format = self.postmortem_format or assignment.format
        self.note(
            now, EntryKind.POSTMORTEM, f"Postmortem owed by {self.postmortem_owner}, format: {self.postmortem_format}"
        )

    def item_ended(self, now: datetime, item_id: str, at: datetime, status: ItemStatus) -> None:
        """Records what became of an action item; a second report of the same changes nothing."""
        self.heard_of(item_id)
        for index, item in enumerate(self.items):
            if item.id == item_id and item.ended_at is None:
                self.items[index] = item.model_copy(update={"ended_at": at, "ended_as": status})
                self.note(now, EntryKind.ACTION_ITEM, f"{item_id} {status}")
        self.close_if_done(now)

    def item_edited(self, item_id: str, title: str) -> None:
        """It is called otherwise from now on; its own timeline says so."""
        for index, item in enumerate(self.items):
            if item.id == item_id and item.title != title:
                self.items[index] = item.model_copy(update={"title": title})
                self.version += 1

    def item_split(self, now: datetime, item_id: str, parts: Iterable[ItemSummary]) -> None:
        """Its parts count instead of an action item that is about to end. Raises Refusal when they are too many."""
        known = {item.id for item in self.items}
        new = [part for part in parts if part.id not in known]
        if len(known) + len(new) > ACTION_ITEMS:
            raise Refusal(
                f"Incident {self.id} has {len(known)} action items and may have {ACTION_ITEMS}; make fewer parts of "
                f"{item_id}."
            )
        for part in new:
            self.items.append(part)
            self.note(now, EntryKind.ACTION_ITEM, f"{part.id}, a part of {item_id}, for {part.owner}: {part.title}")

    def item_not_split(self, now: datetime, item_id: str, parts: Iterable[ItemSummary]) -> None:
        """Undoes ``item_split``: the parts do not exist, for the action item had no answer in time."""
        never = {part.id for part in parts}
        if any(item.id in never for item in self.items):
            self.items = [item for item in self.items if item.id not in never]
            self.note(now, EntryKind.ACTION_ITEM, f"{item_id} was not split after all, which waited for an answer")
            self.close_if_done(now)

    def item_asked_again(self, now: datetime, item_id: str, because: str) -> None:
        """Waits for an action item again; one that has ended stays so, with a note."""
        self.heard_of(item_id)
        for index, item in enumerate(self.items):
            if item.id == item_id and item.ended_at is not None:
                self.items[index] = item.model_copy(update={"ended_at": None, "ended_as": None})
                self.note(now, EntryKind.ACTION_ITEM, f"{item_id} is open again. {because}")

    def ask_items(self) -> None:
        """Nothing was heard while it was over: each action item has to say again whether it is open."""
        self.unheard = [item.id for item in self.items]

    def ask_open_items(self) -> None:
        """Only an earlier run would have heard of their ends: each says whether it is open, and later if not."""
        open_items = (item.id for item in self.items if item.ended_at is None)
        self.unheard = list(dict.fromkeys([*self.unheard, *open_items]))

    def heard_of(self, item_id: str) -> None:
        """It is known whether this action item is open."""
        self.unheard = [unheard for unheard in self.unheard if unheard != item_id]

    def close_if_done(self, now: datetime) -> None:
        """Closes the incident when it is reviewed and nobody owes an action item."""
        if self.reviewed and not self.unheard and all(item.ended_at for item in self.items):
            self.status = IncidentStatus.CLOSED
            self.ended_at = max([now, *(item.ended_at for item in self.items if item.ended_at)])
            self.note(self.ended_at, EntryKind.STATUS, "Closed: no action item is open")
