"""The rules in the organisation file: what is expected after an incident, and when."""

from datetime import time, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import (
    Field,
)

from followthrough.domain.action_item import Priority
from followthrough.domain.incident import Audience
from followthrough.domain.values import Severity
from followthrough.file_types import (
    DueWithin,
    Duration,
    PersonName,
    Section,
    TimeOfDay,
    TimeZone,
    Weekday,
    WorkingDays,
    has_every,
)


class SeverityPolicy(Section):
    """What a severity asks for."""

    description: str
    acknowledge_within: Duration
    updates: dict[Audience, Duration] = Field(
        default_factory=dict, description="How often each audience hears something"
    )
    postmortem_within: WorkingDays | None = Field(
        None, description="Working days after resolution; none when no postmortem is owed"
    )
    verified_by_other: bool = False


class Ladder(Section):
    """Waits between escalation levels, counted from the missed deadline; the last one repeats."""

    waits: tuple[Duration, ...] = Field((timedelta(days=1), timedelta(days=3), timedelta(days=7)), min_length=1)


class ItemQuality(StrEnum):
    """What becomes of an action item without a verb, a checkable end or one owner."""

    ENFORCE = "enforce"
    WARN = "warn"


class ItemPolicies(Section):
    """What an action item has to say, how long it may take, and who hears of it."""

    quality: ItemQuality = Field(
        ItemQuality.ENFORCE,
        description="enforce: vague ones are returned with what is missing; warn: that stands on the timeline",
    )
    accept_within: WorkingDays = 3
    due_within: Annotated[dict[Severity, DueWithin], has_every(Severity)] = Field(
        default_factory=lambda: {
            Severity.SEV1: {Priority.HIGH: 10, Priority.MEDIUM: 20, Priority.LOW: 30},
            Severity.SEV2: {Priority.HIGH: 15, Priority.MEDIUM: 30, Priority.LOW: 45},
            Severity.SEV3: {Priority.HIGH: 30, Priority.MEDIUM: 45, Priority.LOW: 60},
            Severity.SEV4: {Priority.HIGH: 45, Priority.MEDIUM: 60, Priority.LOW: 90},
        }
    )
    remind_before: tuple[WorkingDays, ...] = Field((5, 1), description="Working days before the deadline")
    remind_to_verify_every: Duration = timedelta(days=3)
    ladder: Ladder = Ladder()
    max_extensions: int = Field(2, ge=0)
    max_extension_days: int = Field(14, ge=1)


class RolePolicies(Section):
    """Who is asked for a role."""

    comms_lead: bool = Field(True, description="Ask for a Comms Lead when the severity has updates")
    ask_again_within: Duration = Field(
        timedelta(days=1), description="The longest wait before the last on the escalation path is asked again"
    )


class PostmortemPolicies(Section):
    """What a postmortem needs before it is published."""

    review_required: tuple[Severity, ...] = Field(
        (Severity.SEV1, Severity.SEV2), description="Severities at which somebody other than the author has to approve"
    )
    items_required: bool = Field(True, description="At least one action item, or a reason for having none")


class LoadPolicies(Section):
    """When one person carries too much."""

    hero_share: float = Field(0.4, gt=0, le=1, description="The share of incidents or action items that is a warning")
    window: Duration = Field(timedelta(days=90), description="How far back incidents count")


class AnonymousPolicies(Section):
    """When anonymous notes are shown, and how many are taken."""

    at: TimeOfDay = Field(time(12), description="On working days, in the team's time zone")
    at_least: int = Field(2, ge=2, description="Notes on one incident that are shown together")
    alone_after: Duration = Field(timedelta(days=7), description="When fewer are shown all the same")
    per_incident: int = Field(20, ge=1, description="How many of one incident may wait to be shown")
    overall: int = Field(200, ge=1, description="How many of all incidents may be taken for the times to come")


class DrillPolicies(Section):
    """When a team practises with a mock incident, once in each quarter."""

    enabled: bool = True
    month: int = Field(2, ge=1, le=3, description="Of the quarter")
    week: int = Field(2, ge=1, le=3, description="2 is the second such weekday of the month")
    weekday: Weekday = Weekday.TUE
    at: TimeOfDay = Field(
        time(10), ge=time(7), le=time(16), description="Where the team is; after a day off on the next working day"
    )
    time_box: Duration = Field(timedelta(hours=2), description="A drill that is not resolved by then is over")
    debrief: Duration = Field(
        timedelta(days=1), description="After its end, to practise the follow-up; then what is open is waived"
    )
    scenarios: str | None = Field(
        None, description="Folder of YAML files, used instead of the scenarios that come along"
    )


class DigestPolicies(Section):
    """The mail about the month before."""

    enabled: bool = True
    day: int = Field(1, ge=1, le=28, description="Of the month")
    at: TimeOfDay = time(9)
    time_zone: TimeZone = "UTC"
    recipients: tuple[PersonName, ...] = Field((), description="When empty, those without a manager")


class Policies(Section):
    """Rules of the whole organisation."""

    auto_resolve: bool = False
    roles: RolePolicies = RolePolicies()
    items: ItemPolicies = ItemPolicies()
    update_grace: Duration = Field(
        timedelta(minutes=10), description="How late an update may be before the Incident Commander hears"
    )
    resolved_update_within: Duration = Field(
        timedelta(minutes=30), description="How long after its end an audience with updates may wait to hear of it"
    )
    postmortem: PostmortemPolicies = PostmortemPolicies()
    postmortem_ladder: Ladder = Ladder()
    drills: DrillPolicies = DrillPolicies()
    digest: DigestPolicies = DigestPolicies()
    load: LoadPolicies = LoadPolicies()
    anonymous: AnonymousPolicies = AnonymousPolicies()
