"""An incident, as the API shows it."""

from datetime import timedelta

from pydantic import AwareDatetime, Field

from followthrough.domain.replayed.incident.alert import AlertState
from followthrough.domain.replayed.incident.incident import (
    Audience,
    IncidentMomentKind,
    IncidentStatus,
    Role,
    UpdateStage,
)
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.domain.replayed.postmortem.postmortem import FormatName
from followthrough.domain.replayed.values import PersonId, Severity
from followthrough.web.shapes.shape import Around, Entry, Shape


class ShownMoment(Shape):
    """A time at which something happens without anybody's doing, or happened."""

    at: AwareDatetime
    kind: IncidentMomentKind
    level: int
    """Of escalation, from 1; 0 where nobody is escalated to."""
    subject: str
    """The role or audience that it is about; empty where it is about neither."""
    to: list[PersonId]
    """Who is told."""


class ShownHolder(Shape):
    """Who has a role."""

    role: Role
    person: PersonId
    at: AwareDatetime
    """Since when they are asked, or have it."""
    acknowledged_at: AwareDatetime | None
    """None until they said so themselves."""


class ShownPage(Shape):
    """What a pager was told last of a role."""

    role: Role
    person: PersonId
    at: AwareDatetime
    acknowledged: bool
    problem: str
    """Why it could not be told; empty where it was."""


class ShownAlert(Shape):
    """What the pager said when it fired last."""

    dedup_key: str
    source: str
    state: AlertState
    title: str
    summary: str
    labels: dict[str, str]
    url: str | None
    at: AwareDatetime
    """The pager's time."""


class ShownUpdate(Shape):
    """What stakeholders were told."""

    stage: UpdateStage
    audience: Audience
    text: str
    by: PersonId
    at: AwareDatetime


class ShownSubscription(Shape):
    """Somebody who gets the updates to an audience, of this incident."""

    person: PersonId
    audience: Audience


class ShownKudos(Shape):
    """Thanks."""

    by: PersonId
    to: list[PersonId]
    text: str
    for_openness: bool
    """For admitting a mistake."""
    at: AwareDatetime


class ShownReview(Shape):
    """What the postmortem's reviewer said."""

    by: PersonId
    at: AwareDatetime
    approved: bool
    note: str


class ShownPostmortem(Shape):
    """The text that was handed in last."""

    text: str
    """In Markdown, as it was handed in; what was corrected after publishing is in its files, as `postmortem.md`."""
    by: PersonId
    at: AwareDatetime
    version: str
    """Equal for equal texts; what replaces one says which, as `replaces`."""
    review: ShownReview | None


class ShownSummary(Shape):
    """One of its action items, in short."""

    id: str
    title: str
    owner: PersonId
    ended_at: AwareDatetime | None
    ended_as: ItemStatus | None
    """None while it is open."""


class ShownRepeat(Shape):
    """An earlier incident that this one repeats, or looks like."""

    incident_id: str
    because: str


class ShownIncidentPlan(Shape):
    """What the organisation file asks of it next."""

    postmortem_due: AwareDatetime | None
    on_call: list[PersonId]
    """Whom to ask for a role, in order, without who has one."""
    next: ShownMoment | None
    """What comes next, unless somebody acts."""


class ShownIncident(Shape):
    """An incident. All times are aware; what is None has not happened, or is not known."""

    id: str = Field(examples=["inc-7f3a9c21d0b84e5fa612"])
    version: int
    """Grows with every change."""
    dedup_key: str
    """Of the alert or the declaration that began it."""
    title: str = Field(examples=["Payments fail"])
    service: str = Field(examples=["checkout"])
    team: str = Field(examples=["payments"])
    severity: Severity
    severity_decided_by: PersonId | None
    """Who chose it by hand; then no pager changes it."""
    status: IncidentStatus
    drill: bool
    private: bool
    """Only who is on it sees it."""
    admitted: list[PersonId]
    """Who may see it, if it is private, although they have no part in it."""
    call: str | None
    """Where those who respond talk, if that is not the service's own call."""
    declared_at: AwareDatetime
    declared_by: PersonId | None
    """None when a pager did."""
    acknowledged_at: AwareDatetime | None
    """When somebody first acknowledged a role."""
    mitigated_at: AwareDatetime | None
    mitigation: str
    resolved_at: AwareDatetime | None
    resolution: str
    resolution_proposed_at: AwareDatetime | None
    """When the pager said that the alert is over; people decide whether the incident is."""
    published_at: AwareDatetime | None
    """Its postmortem."""
    reopened_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    """Closed, cancelled or merged."""
    plan: ShownIncidentPlan | None
    """None in the moment before there is one."""
    alert: ShownAlert | None
    alerts: int
    """How many deliveries of its alert there were."""
    roles: list[ShownHolder]
    past_roles: list[ShownHolder]
    """Who handed a role over, or did not acknowledge it."""
    paged: dict[str, ShownPage]
    """What a pager was told, by its key, until that is over there, too."""
    updates: list[ShownUpdate]
    """The last to each audience."""
    subscriptions: list[ShownSubscription]
    postmortem_owner: PersonId | None
    postmortem_format: FormatName | None
    postmortem: ShownPostmortem | None
    items: list[ShownSummary]
    moments: list[ShownMoment]
    """What came without anybody's doing, so far."""
    kudos: list[ShownKudos]
    repeats: list[ShownRepeat]
    proposed_repeats: list[ShownRepeat]
    """Until somebody links or dismisses them."""
    merged_into: str | None
    took_in: list[str]
    """Incidents that were merged into this one."""
    split_from: str | None
    split_into: list[str]


class IncidentLine(ShownIncident):
    """An incident in a list."""

    updated_at: AwareDatetime | None
    """When it was written last, also where nothing changed that is shown here."""


class ShownDurations(Shape):
    """From when it was declared, by the times as they were corrected, in whole seconds; None for what has not been."""

    acknowledged_after: timedelta | None
    mitigated_after: timedelta | None
    resolved_after: timedelta | None


class IncidentNow(ShownIncident, Around):
    """An incident, how long it took, what comes next, and what who asks may do."""

    durations: ShownDurations
    durations_in_words: dict[str, str] = Field(examples=[{"acknowledged": "4 min", "resolved": "2 h 5 min"}])


class IncidentDetail(IncidentNow):
    """An incident with what happened to it and to its action items, oldest first."""

    timeline: list[Entry]
