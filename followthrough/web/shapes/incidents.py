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
    """What happens."""
    level: int
    """Of escalation, from 1; 0 where nobody is escalated to."""
    subject: str
    """The role or audience that it is about; empty where it is about neither."""
    to: list[PersonId]
    """Who is told."""


class ShownHolder(Shape):
    """Who has a role."""

    role: Role
    """Which role."""
    person: PersonId
    """Who has it, or is asked."""
    at: AwareDatetime
    """Since when they are asked, or have it."""
    acknowledged_at: AwareDatetime | None
    """Null until they said so themselves."""


class ShownPage(Shape):
    """What a pager was told last of a role."""

    role: Role
    """Which role."""
    person: PersonId
    """Who was asked to have it."""
    at: AwareDatetime
    """When the pager was told."""
    acknowledged: bool
    """Whether the pager was told that somebody has it."""
    problem: str
    """Why it could not be told; empty where it was."""


class ShownAlert(Shape):
    """What the pager said when it fired last."""

    dedup_key: str
    """The pager's own name of it, behind that of the pager."""
    source: str
    """Which pager."""
    state: AlertState
    """What it says of the alert."""
    title: str
    summary: str
    """More than the title; may be empty."""
    labels: dict[str, str]
    """What routes look at."""
    url: str | None
    """The pager's page of it; null where it has none."""
    at: AwareDatetime
    """The pager's time."""


class ShownUpdate(Shape):
    """What stakeholders were told."""

    stage: UpdateStage
    audience: Audience
    text: str
    """What it says."""
    by: PersonId
    """Who sent it."""
    at: AwareDatetime
    """When it was sent."""


class ShownSubscription(Shape):
    """Somebody who gets the updates to an audience, of this incident."""

    person: PersonId
    """Who gets them."""
    audience: Audience


class ShownKudos(Shape):
    """Thanks."""

    by: PersonId
    """Who thanks."""
    to: list[PersonId]
    """Who is thanked."""
    text: str
    """What for."""
    for_openness: bool
    """For admitting a mistake."""
    at: AwareDatetime
    """When that was said."""


class ShownReview(Shape):
    """What the postmortem's reviewer said."""

    by: PersonId
    """Who looked at it."""
    at: AwareDatetime
    """When."""
    approved: bool
    """Whether it is good as it is; else there is something to change."""
    note: str
    """What is to be changed, or else to be said; may be empty."""


class ShownPostmortem(Shape):
    """The text that was handed in last."""

    text: str
    """In Markdown, as it was handed in; what was corrected after publishing is in its files, as `postmortem.md`."""
    by: PersonId
    """Who handed it in."""
    at: AwareDatetime
    """When it was handed in."""
    version: str
    """Equal for equal texts; what replaces one says which, as `replaces`."""
    review: ShownReview | None
    """Null until somebody looked at it."""


class ShownSummary(Shape):
    """One of its action items, in short."""

    id: str
    title: str
    owner: PersonId
    ended_at: AwareDatetime | None
    """Null while it is open."""
    ended_as: ItemStatus | None
    """Null while it is open."""


class ShownRepeat(Shape):
    """An earlier incident that this one repeats, or looks like."""

    incident_id: str
    """The earlier one."""
    because: str
    """What is the same."""


class ShownIncidentPlan(Shape):
    """What the organisation file asks of it next."""

    postmortem_due: AwareDatetime | None
    """By when the postmortem is to be published; null while none is owed."""
    on_call: list[PersonId]
    """Whom to ask for a role, in order, without who has one."""
    next: ShownMoment | None
    """What comes next, unless somebody acts; null where nothing does."""


class ShownIncident(Shape):
    """An incident. All times are aware; what is null has not happened, or is not known."""

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
    """Who chose it by hand, so that no pager changes it; null where nobody did."""
    status: IncidentStatus
    """Where it is."""
    drill: bool
    private: bool
    """Only who is on it sees it."""
    admitted: list[PersonId]
    """Who may see it, if it is private, although they have no part in it."""
    call: str | None
    """Where those who respond talk; null where that is the service's own call."""
    declared_at: AwareDatetime
    """When it began, as far as is known."""
    declared_by: PersonId | None
    """Null when a pager did."""
    acknowledged_at: AwareDatetime | None
    """When somebody first acknowledged a role; null until then."""
    mitigated_at: AwareDatetime | None
    """From when on users were no longer hurt; null until then."""
    mitigation: str
    """What helped, as it was said last; empty until then."""
    resolved_at: AwareDatetime | None
    """From when on it was over; null until then."""
    resolution: str
    """What ended it, as it was said last; empty until then."""
    resolution_proposed_at: AwareDatetime | None
    """When the pager said that the alert is over; people decide whether the incident is; null where it has not."""
    published_at: AwareDatetime | None
    """When its postmortem was published; null until then."""
    reopened_at: AwareDatetime | None
    """When somebody said last that it was not over after all; null where nobody did."""
    ended_at: AwareDatetime | None
    """When it was closed, cancelled or merged; null while it goes on."""
    plan: ShownIncidentPlan | None
    """Null in the moment before there is one."""
    alert: ShownAlert | None
    """Null where no pager told of it."""
    alerts: int
    """How many deliveries of its alert there were."""
    roles: list[ShownHolder]
    """Who has a role now, or is asked to."""
    past_roles: list[ShownHolder]
    """Who handed a role over, or did not acknowledge it."""
    paged: dict[str, ShownPage]
    """What a pager was told, by its key, until that is over there, too."""
    updates: list[ShownUpdate]
    """The last to each audience."""
    subscriptions: list[ShownSubscription]
    """Who wants updates of this incident."""
    postmortem_owner: PersonId | None
    """Who has to write it; null until one is owed."""
    postmortem_format: FormatName | None
    """Which form it has; null until one is owed or somebody chose."""
    postmortem: ShownPostmortem | None
    """Null until one is handed in."""
    items: list[ShownSummary]
    """All that were proposed."""
    moments: list[ShownMoment]
    """What came without anybody's doing, so far."""
    kudos: list[ShownKudos]
    """Thanks that were said."""
    repeats: list[ShownRepeat]
    """Earlier incidents that it is linked with."""
    proposed_repeats: list[ShownRepeat]
    """Until somebody links or dismisses them."""
    merged_into: str | None
    """The incident that goes on for it; null where there is none."""
    took_in: list[str]
    """Incidents that were merged into this one."""
    split_from: str | None
    """The incident that it was a part of; null where there is none."""
    split_into: list[str]
    """Incidents that were a part of this one."""


class IncidentLine(ShownIncident):
    """An incident in a list."""

    updated_at: AwareDatetime | None
    """When it was written last, also where nothing changed that is shown here; null where that is not known."""


class ShownDurations(Shape):
    """From when it was declared, by the times as they were corrected, in whole seconds; null for what has not been."""

    acknowledged_after: timedelta | None
    """Until somebody first acknowledged a role."""
    mitigated_after: timedelta | None
    """Until users were no longer hurt."""
    resolved_after: timedelta | None
    """Until it was over."""


class IncidentNow(ShownIncident, Around):
    """An incident, how long it took, what comes next, and what who asks may do."""

    durations: ShownDurations
    """How long it took, for programs."""
    durations_in_words: dict[str, str] = Field(examples=[{"acknowledged": "4 min", "resolved": "2 h 5 min"}])
    """How long it took, for people, by what happened."""


class IncidentDetail(IncidentNow):
    """An incident with what happened to it and to its action items, oldest first."""

    timeline: list[Entry]
    """What happened, the oldest first."""
