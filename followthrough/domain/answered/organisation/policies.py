"""The rules in the organisation file: what is expected after an incident, and when."""

from datetime import time, timedelta
from enum import StrEnum
from typing import Annotated, NamedTuple, Self

from pydantic import (
    Field,
    field_validator,
    model_validator,
)

from followthrough.domain.answered.access.rights import OF_PAGES, PAGES, Right
from followthrough.domain.answered.organisation.file_types import (
    DueWithin,
    PersonName,
    Section,
    TimeOfDay,
    TimeZone,
    Weekday,
    WorkingDays,
    has_every,
)
from followthrough.domain.replayed.incident.incident import Audience
from followthrough.domain.replayed.item.action_item import Kind, Priority
from followthrough.domain.replayed.mail.notice_kinds import GATHERED, NoticeKind
from followthrough.domain.replayed.proof import Relation
from followthrough.domain.replayed.times import Duration
from followthrough.domain.replayed.values import Severity


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

    def wait(self, level: int) -> timedelta:
        """Before a level, which counts from 1."""
        return self.waits[min(level, len(self.waits)) - 1]


class CountedFrom(StrEnum):
    """What an action item's deadlines count from; until that has come, they count from its proposal."""

    PROPOSED = "proposed"
    DECLARED = "declared"
    RESOLVED = "resolved"
    PUBLISHED = "postmortem published"


class ItemMatch(Section):
    """What an action item has to be; empty lists fit everything."""

    severity: tuple[Severity, ...] = ()
    kind: tuple[Kind, ...] = ()
    priority: tuple[Priority, ...] = ()

    def fits(self, severity: Severity, kind: Kind, priority: Priority) -> bool:
        """Whether each list is empty or has it."""
        pairs = ((self.severity, severity), (self.kind, kind), (self.priority, priority))
        return all(not wanted or given in wanted for wanted, given in pairs)


class ItemRule(Section):
    """The first rule that fits an action item decides; what it leaves out comes from the tables."""

    match: ItemMatch = ItemMatch()
    accept_within: WorkingDays | None = None
    due_within: WorkingDays | None = None
    counted_from: CountedFrom = CountedFrom.PROPOSED
    ladder: Ladder | None = None


class Terms(NamedTuple):
    """How long an action item may take, and who hears when it takes longer."""

    accept_within: int
    due_within: int
    counted_from: CountedFrom
    ladder: Ladder


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
    rules: tuple[ItemRule, ...] = ()
    remind_before: tuple[WorkingDays, ...] = Field((5, 1), description="Working days before the deadline")
    remind_after: tuple[WorkingDays, ...] = Field(
        (7,), description="Working days after the deadline, for the owner, on days without an escalation"
    )
    remind_to_verify_every: Duration = timedelta(days=3)
    ladder: Ladder = Ladder()
    absence_notice: WorkingDays = Field(
        2, description="Working days before an owner is away at a deadline, or leaves, when the team's lead is asked"
    )
    review_blocks_every: int = Field(
        5, ge=1, le=366, description="Working days after which the owner is asked about a block"
    )
    remind_before_waiver_ends: WorkingDays = 5
    look_again_every: Duration | None = Field(
        None,
        description="Not needed any more: a change of this file is noticed at once",
        json_schema_extra={"deprecated": True},
    )
    max_extensions: int = Field(2, ge=0)
    max_extension_days: int = Field(14, ge=1, le=1000)
    max_block_days: int = Field(
        30, ge=1, le=1000, description="How long an action item may wait for something, from when it first did"
    )
    max_waiver_days: int | None = Field(
        180,
        ge=1,
        le=3650,
        description="When a waived action item is asked again at the latest; none: a waiver may be for good",
    )

    def terms(self, severity: Severity, kind: Kind, priority: Priority) -> Terms:
        """Those of the first rule that fits, completed from the tables."""
        rule = next((rule for rule in self.rules if rule.match.fits(severity, kind, priority)), ItemRule())
        return Terms(
            self.accept_within if rule.accept_within is None else rule.accept_within,
            self.due_within[severity][priority] if rule.due_within is None else rule.due_within,
            rule.counted_from,
            rule.ladder or self.ladder,
        )


class PageWhen(StrEnum):
    """When a pager is told of a role, too."""

    ASKED = "asked"
    NOT_ACKNOWLEDGED = "not acknowledged"


class RolePolicies(Section):
    """Who is asked for a role."""

    comms_lead: bool = Field(True, description="Ask for a Comms Lead when the severity has updates")
    ask_again_within: Duration = Field(
        timedelta(days=1), description="The longest wait before the last on the escalation path is asked again"
    )
    page_when: PageWhen = Field(
        PageWhen.NOT_ACKNOWLEDGED,
        description="With PagerDuty: page once somebody did not acknowledge a role in time, or as soon as it is asked",
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


class WeeklyPolicies(Section):
    """The mail to each manager and team's lead about their people's action items; none when there is nothing."""

    enabled: bool = True
    weekday: Weekday = Weekday.MON
    at: TimeOfDay = Field(time(8), description="Where each of them is")
    blocked_for: Duration = Field(timedelta(days=14), description="How long an item is blocked before it is told")
    at_most: int = Field(10, ge=1, le=25, description="Lines in each list of the mail; a link leads on")


class DigestPolicies(Section):
    """The mail about the month before."""

    enabled: bool = True
    day: int = Field(1, ge=1, le=28, description="Of the month")
    at: TimeOfDay = time(9)
    time_zone: TimeZone = "UTC"
    recipients: tuple[PersonName, ...] = Field((), description="When empty, those without a manager")
    at_most: int = Field(10, ge=1, le=25, description="Lines in each list of the mail; a link leads on")


class FollowUpListPolicies(Section):
    """The mail that teams without sprints get instead of a proposal for one."""

    enabled: bool = True
    weeks: int = Field(2, ge=1, le=8, description="From one list to the next")
    weekday: Weekday = Weekday.MON
    at: TimeOfDay = Field(time(10), description="Where the team is; on a day off on the next working day")


class QuietHours(Section):
    """From ``start`` until ``end``, the next morning when that is earlier."""

    start: TimeOfDay = time(20)
    end: TimeOfDay = time(7)

    def has(self, at: time) -> bool:
        """Whether it is quiet then."""
        if self.start <= self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


class MailPolicies(Section):
    """Which mails are sent at once, at any hour; what can wait comes to each person in one mail a day."""

    urgent: tuple[NoticeKind, ...] = tuple(kind for kind in NoticeKind if kind not in GATHERED)
    gather_at: TimeOfDay = Field(time(8, 30), description="Where the person is, on working days of their team")
    quiet_hours: QuietHours = Field(QuietHours(), description="Where the person is; what is late waits for their end")
    links_expire: Duration = Field(timedelta(days=14), description="How long the links to act by work")
    set_aside_after: Duration = Field(
        timedelta(days=3),
        le=timedelta(days=10),
        description="A mail that can't be handed over for so long is set aside, and who is next above hears of it",
    )
    keep: Duration = Field(
        timedelta(days=730),
        ge=timedelta(days=1),
        description="Older mails lose their text and their files in the outbox",
    )

    @model_validator(mode="after")
    def _gathers_outside_of_quiet_hours(self) -> Self:
        if self.quiet_hours.has(self.gather_at):
            raise ValueError(f"gather_at {self.gather_at:%H:%M} is in the quiet_hours; move one of them")
        return self


class JiraPolicies(Section):
    """What becomes of changes that people make in Jira."""

    sweep_every: Duration = Field(
        timedelta(minutes=10), description="How often Jira is asked what changed; webhooks only make it faster"
    )
    reopen_without_evidence: bool = Field(
        False, description="Reopen a ticket that was closed without a link that shows that it is done"
    )
    evidence_field: str | None = Field(
        None, description="Field that holds that link, for example customfield_10077; comments are read, too"
    )
    not_done: tuple[str, ...] = Field(
        ("Won't Do", "Won't Fix", "Declined", "Duplicate", "Cannot Reproduce"),
        description="Resolutions and statuses of tickets that were closed without being done",
    )


class RepeatPolicies(Section):
    """When an incident is proposed as a repeat of an earlier one; the same alert on the same service always is one."""

    enabled: bool = True
    within: Duration = Field(timedelta(days=365), description="How long before the incident the earlier one was")
    alike: float = Field(0.75, gt=0, le=1, description="Of the titles of two incidents of one service")
    alike_elsewhere: float = Field(0.9, gt=0, le=1, description="Of the titles of incidents of different services")
    at_most: int = Field(3, ge=1, description="How many earlier incidents are linked")


class AlertmanagerPolicies(Section):
    """What makes alerts of Alertmanager the same one."""

    identity: tuple[Annotated[str, Field(pattern=r"^(groupKey|externalURL|receiver|labels\..+)$")], ...] = Field(
        ("groupKey", "externalURL"),
        min_length=1,
        description="Deliveries with all of these equal are of one alert; labels.NAME is a label of the whole group",
    )


class AuditPolicies(Section):
    """How long it is known who did what."""

    keep: Duration = Field(timedelta(days=730), ge=timedelta(days=1), description="Older entries are pruned")


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
    weekly: WeeklyPolicies = WeeklyPolicies()
    digest: DigestPolicies = DigestPolicies()
    mails: MailPolicies = MailPolicies()
    load: LoadPolicies = LoadPolicies()
    anonymous: AnonymousPolicies = AnonymousPolicies()
    repeats: RepeatPolicies = RepeatPolicies()
    jira: JiraPolicies = JiraPolicies()
    follow_up_list: FollowUpListPolicies = FollowUpListPolicies()
    alertmanager: AlertmanagerPolicies = AlertmanagerPolicies()
    rights: dict[Right, Annotated[tuple[Relation, ...], Field(min_length=1)]] = Field(
        default_factory=dict, description="Who may do what, instead of what docs/rights.md says"
    )

    @field_validator("rights")
    @classmethod
    def _pages_know_little(cls, rights: dict[Right, tuple[Relation, ...]]) -> dict[Right, tuple[Relation, ...]]:
        for right, relations in rights.items():
            if right in PAGES.rights and (strange := [one for one in relations if one not in OF_PAGES]):
                raise ValueError(f"{right}: of a page {strange[0]!r} is not known; write {', '.join(OF_PAGES)}")
        return rights

    audit: AuditPolicies = AuditPolicies()
