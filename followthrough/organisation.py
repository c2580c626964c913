"""The organisation file: people, teams, services, severities, routing and policies.

``Organisation`` is what ``followthrough.yaml`` means. Deadlines count in working days of a team,
durations are written like ``30m`` or ``2h``.
"""

from datetime import date, time, timedelta
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, EmailStr, Field
from pytimeparse2 import parse as parse_duration

from followthrough.domain.action_item import Priority
from followthrough.domain.incident import Audience
from followthrough.domain.values import PersonId, Severity


def _duration(value: Any) -> Any:
    if isinstance(value, str):
        parsed = parse_duration(value, as_timedelta=True)
        if parsed is None:
            raise ValueError(f"{value!r} is not a duration; write it like 30m, 4h or 2 days")
        return parsed
    return value


def _time_zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError(f"{value!r} is not a time zone; write it like Europe/Madrid")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration), Field(gt=timedelta(0))]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
WorkingDays = Annotated[int, Field(ge=0, le=366)]
TeamId = str
ServiceId = str


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
    manager: PersonId | None = None
    time_zone: TimeZone = "UTC"
    jira: str | None = Field(None, description="Account id on Jira Cloud, user name on Data Center")
    pagerduty: str | None = Field(None, description="PagerDuty user id")


class Holidays(Section):
    """Public holidays as the ``holidays`` library knows them, and the organisation's own days."""

    country: str | None = Field(None, description="ISO 3166 code, for example ES")
    subdivision: str | None = Field(None, description="ISO 3166-2 code without the country, for example MD")
    days: tuple[date, ...] = ()


class Sprints(Section):
    """A team's cadence; ``first_day`` is the first day of any of its sprints."""

    first_day: date
    weeks: int = Field(2, ge=1, le=8)
    planning: time = time(10, 0)


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


class Team(Section):
    """Owns services; its lead decides when an owner can't."""

    name: str
    lead: PersonId
    members: tuple[PersonId, ...] = ()
    time_zone: TimeZone = "UTC"
    working_days: tuple[Weekday, ...] = (Weekday.MON, Weekday.TUE, Weekday.WED, Weekday.THU, Weekday.FRI)
    holidays: Holidays = Holidays()
    sprints: Sprints | None = None
    jira: JiraProject | None = None


class Service(Section):
    """What breaks; ``on_call`` is asked in this order, then ``escalation_path``."""

    name: str
    team: TeamId
    on_call: tuple[PersonId, ...] = Field(min_length=1)
    escalation_path: tuple[PersonId, ...] = ()
    subscribers: dict[Audience, tuple[EmailStr, ...]] = Field(default_factory=dict)


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
    """The first route whose ``match`` labels are all on the alert decides."""

    match: dict[str, str] = Field(default_factory=dict)
    service: ServiceId
    severity: Severity


class Ladder(Section):
    """Waits between escalation levels, counted from the missed deadline; the last one repeats."""

    waits: tuple[Duration, ...] = (timedelta(days=1), timedelta(days=3), timedelta(days=7))


class ItemPolicies(Section):
    """How long an action item may take, and who hears of it."""

    accept_within: WorkingDays = 3
    due_within: dict[Severity, dict[Priority, WorkingDays]] = Field(
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


class Policies(Section):
    """Rules of the whole organisation."""

    auto_resolve: bool = False
    items: ItemPolicies = ItemPolicies()
    update_grace: Duration = Field(
        timedelta(minutes=10), description="How late an update may be before the Incident Commander hears"
    )
    postmortem_ladder: Ladder = Ladder()


class Organisation(Section):
    """The whole file. Every name that one part uses for another exists."""

    name: str
    people: dict[PersonId, Person] = Field(min_length=1)
    teams: dict[TeamId, Team] = Field(min_length=1)
    services: dict[ServiceId, Service] = Field(min_length=1)
    severities: dict[Severity, SeverityPolicy]
    routes: tuple[Route, ...] = ()
    policies: Policies = Policies()
