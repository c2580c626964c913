"""The organisation file: people, teams, services, severities, routing and policies.

``Organisation`` is what ``followthrough.yaml`` means. Deadlines count in working days of a team,
durations are written like ``30m`` or ``2h``.
"""

from datetime import date, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import available_timezones

from holidays import list_supported_countries
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EmailStr,
    Field,
    HttpUrl,
    PlainSerializer,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError
from pytimeparse2 import parse as parse_duration

from followthrough.domain.action_item import Priority
from followthrough.domain.incident import Audience
from followthrough.domain.values import PersonId, Severity
from followthrough.update_templates import Templates
from followthrough.update_templates import read as read_templates


def _duration(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    seconds = parse_duration(value) if isinstance(value, str) and not value.isdecimal() else None
    if seconds is None:
        raise ValueError(f"{value!r} is not a duration; write it like 30m, 4h or 2 days")
    return timedelta(seconds=float(seconds))


def _time_zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError(f"{value!r} is not a time zone; write it like Europe/Madrid")
    return value


def _country(value: str) -> str:
    if value not in list_supported_countries():
        raise ValueError(f"{value!r} is no country whose holidays are known; write its ISO 3166 code, for example ES")
    return value


def _update_templates(value: Any, info: ValidationInfo) -> Templates:
    """Read from a folder that is named relative to the file; ``organisation_file.load`` passes where that is."""
    if not isinstance(value, str):
        raise ValueError("has to be the name of a folder")
    return read_templates((info.context or {}).get("folder", Path()) / value)


def _has_every(keys: type[StrEnum]) -> AfterValidator:
    def check(table: dict[StrEnum, Any]) -> dict[StrEnum, Any]:
        missing = [key.value for key in keys if key not in table]
        if missing:
            raise ValueError(f"{', '.join(missing)} is missing; add it")
        return table

    return AfterValidator(check)


def _named_in(section: str) -> AfterValidator:
    """A name that has to be a key of ``section``; ``organisation_file.load`` passes its keys as context."""

    def check(name: str, info: ValidationInfo) -> str:
        if name not in (info.context or {}).get(section, [name]):
            raise ValueError(f"{name!r} is not under {section}; add it there or correct the name")
        return name

    return AfterValidator(check)


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    Field(gt=timedelta(0)),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "examples": ["30m", "4h", "2 days"]}),
]
TimeOfDay = Annotated[
    time, WithJsonSchema({"type": "string", "pattern": r"^\d\d:\d\d(:\d\d)?$", "examples": ["10:00"]})
]
TimeZone = Annotated[str, AfterValidator(_time_zone), Field(examples=["Europe/Madrid"])]
Country = Annotated[str, AfterValidator(_country), Field(description="ISO 3166 code, for example ES")]
UpdateTemplates = Annotated[
    Templates,
    PlainValidator(_update_templates),
    PlainSerializer(lambda templates: str(templates.folder)),
    WithJsonSchema({"type": "string", "description": "Folder of own templates of updates, beside this file"}),
]
WorkingDays = Annotated[int, Field(ge=0, le=366)]
DueWithin = Annotated[dict[Priority, WorkingDays], _has_every(Priority)]
TeamId = str
ServiceId = str
PersonName = Annotated[PersonId, _named_in("people")]
TeamName = Annotated[TeamId, _named_in("teams")]
ServiceName = Annotated[ServiceId, _named_in("services")]


class Weekday(StrEnum):
    """As written in the file; the order is that of ``date.weekday()``."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class Section(BaseModel):
    """A part of the file: unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Person(Section):
    """Somebody who can hold a role or own an action item."""

    name: str
    email: EmailStr
    manager: PersonName | None = None
    time_zone: TimeZone = "UTC"
    jira: str | None = Field(None, description="Account id on Jira Cloud, user name on Data Center")
    pagerduty: str | None = Field(None, description="PagerDuty user id")
    phone: str | None = Field(None, description="For the playbook")
    left: date | None = Field(None, description="From this day on: no roles, no mails, and others are told instead")


class Holidays(Section):
    """Public holidays as the ``holidays`` library knows them, and the organisation's own days."""

    country: Country | None = None
    subdivision: str | None = Field(None, description="ISO 3166-2 code without the country, for example MD")
    days: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _subdivision_is_known(self) -> Self:
        known = list_supported_countries().get(self.country or "", [])
        if self.subdivision is not None and self.subdivision not in known:
            raise ValueError(f"subdivision {self.subdivision!r} is not one of {', '.join(known) or 'a country'}")
        return self


class Sprints(Section):
    """A team's cadence; ``first_day`` is the first day of any of its sprints."""

    first_day: date
    weeks: int = Field(2, ge=1, le=8)
    planning: TimeOfDay = time(10, 0)


class JiraProject(Section):
    """Where a team's tickets go."""

    project: str
    board: int | None = None
    issue_type: str = "Task"
    labels: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    priorities: dict[Priority, str] = Field(
        default_factory=lambda: {Priority.HIGH: "High", Priority.MEDIUM: "Medium", Priority.LOW: "Low"}
    )
    fields: dict[str, Any] = Field(
        default_factory=dict, description="Custom and required fields, as Jira's API takes them"
    )
    done_transition: str | None = Field(
        None, description="Name of the transition that closes a ticket; else the first to a done status"
    )


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


class Team(Section):
    """Owns services; its lead decides when an owner can't."""

    name: str
    lead: PersonName
    members: tuple[PersonName, ...] = ()
    time_zone: TimeZone = "UTC"
    working_days: tuple[Weekday, ...] = Field(
        (Weekday.MON, Weekday.TUE, Weekday.WED, Weekday.THU, Weekday.FRI), min_length=1
    )
    holidays: Holidays = Holidays()
    sprints: Sprints | None = None
    jira: JiraProject | None = None
    drills: DrillPolicies | None = Field(None, description="Instead of those under policies")
    update_templates: UpdateTemplates | None = None


class Rota(Section):
    """Turns of ``days`` days through ``on_call``, whose first person begins on ``start``."""

    start: date
    days: int = Field(7, ge=1)
    changes_at: TimeOfDay = Field(time(9, 0), description="In the team's time zone")


class Service(Section):
    """What breaks; ``on_call`` is asked in this order, then ``escalation_path``."""

    name: str
    team: TeamName
    on_call: tuple[PersonName, ...] = Field(min_length=1)
    rota: Rota | None = Field(None, description="Without one the first of on_call is always asked first")
    escalation_path: tuple[PersonName, ...] = ()
    subscribers: dict[Audience, tuple[EmailStr, ...]] = Field(default_factory=dict)
    links: dict[str, HttpUrl] = Field(default_factory=dict, description="For the playbook, by name: runbook, dashboard")


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


class Route(Section):
    """The first route whose ``match`` labels are all on the alert decides.

    Without ``service`` it is for alerts whose ``service`` label names one.
    """

    match: dict[str, str] = Field(default_factory=dict)
    service: ServiceName | None = None
    severity: Severity


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
    due_within: Annotated[dict[Severity, DueWithin], _has_every(Severity)] = Field(
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


class Organisation(Section):
    """The whole file; when ``organisation_file.load`` made it, every name that one part uses for another exists."""

    name: str
    people: dict[PersonId, Person] = Field(min_length=1)
    teams: dict[TeamId, Team] = Field(min_length=1)
    services: dict[ServiceId, Service] = Field(min_length=1)
    severities: Annotated[dict[Severity, SeverityPolicy], _has_every(Severity)]
    routes: tuple[Route, ...] = ()
    policies: Policies = Policies()
    update_templates: UpdateTemplates | None = None

    @field_validator("people")
    @classmethod
    def _managers_end(cls, people: dict[PersonId, Person]) -> dict[PersonId, Person]:
        circles = [person for person in people if person in _managers(people, person)]
        if circles:
            circle = PydanticCustomError(
                "circle", "the managers above this person lead back to them; somebody at the top has no manager"
            )
            raise ValidationError.from_exception_data(
                cls.__name__, [InitErrorDetails(type=circle, loc=(person, "manager"), input="") for person in circles]
            )
        return people

    def managers(self, person: PersonId) -> tuple[PersonId, ...]:
        """The manager, the manager's manager and so on to the top; nobody for a person who is not in the file."""
        return _managers(self.people, person)

    def name_of(self, person: PersonId) -> str:
        """As people call them, or the key of somebody who is not in the file."""
        return self.people[person].name if person in self.people else person

    def update_templates_of(self, team: TeamId) -> tuple[Templates, ...]:
        """The team's own, then the organisation's; those that come along are for what is in neither."""
        own = self.teams[team].update_templates if team in self.teams else None
        return tuple(templates for templates in (own, self.update_templates) if templates is not None)

    def drill_policies(self, team: Team) -> DrillPolicies:
        """The team's own policies for drills, or else everybody's."""
        return team.drills or self.policies.drills

    def services_of(self, team: TeamId) -> tuple[ServiceId, ...]:
        """What the team runs, in the order of the file."""
        return tuple(name for name, service in self.services.items() if service.team == team)

    def team(self, team: TeamId, service: ServiceId) -> Team:
        """The team, or who took over when it is gone from the file: the service's team, or else the first."""
        if team not in self.teams and service in self.services:
            team = self.services[service].team
        return self.teams.get(team) or next(iter(self.teams.values()))


def _managers(people: dict[PersonId, Person], person: PersonId) -> tuple[PersonId, ...]:
    """In order from the nearest; a circle is walked once."""
    chain: list[PersonId] = []
    while person in people and (manager := people[person].manager) is not None and manager not in chain:
        chain.append(manager)
        person = manager
    return tuple(chain)
