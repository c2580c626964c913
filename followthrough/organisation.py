"""The organisation file: people, teams, services, severities, routing and policies.

``Organisation`` is what ``followthrough.yaml`` means. Deadlines count in working days of a team,
durations are written like ``30m`` or ``2h``.
"""

from datetime import date, time, timedelta
from enum import StrEnum
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
    PlainSerializer,
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


class Service(Section):
    """What breaks; ``on_call`` is asked in this order, then ``escalation_path``."""

    name: str
    team: TeamName
    on_call: tuple[PersonName, ...] = Field(min_length=1)
    escalation_path: tuple[PersonName, ...] = ()
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
    """The first route whose ``match`` labels are all on the alert decides.

    Without ``service`` it is for alerts whose ``service`` label names one.
    """

    match: dict[str, str] = Field(default_factory=dict)
    service: ServiceName | None = None
    severity: Severity


class Ladder(Section):
    """Waits between escalation levels, counted from the missed deadline; the last one repeats."""

    waits: tuple[Duration, ...] = Field((timedelta(days=1), timedelta(days=3), timedelta(days=7)), min_length=1)


class ItemPolicies(Section):
    """How long an action item may take, and who hears of it."""

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


class Policies(Section):
    """Rules of the whole organisation."""

    auto_resolve: bool = False
    items: ItemPolicies = ItemPolicies()
    update_grace: Duration = Field(
        timedelta(minutes=10), description="How late an update may be before the Incident Commander hears"
    )
    postmortem_ladder: Ladder = Ladder()


class Organisation(Section):
    """The whole file; when ``organisation_file.load`` made it, every name that one part uses for another exists."""

    name: str
    people: dict[PersonId, Person] = Field(min_length=1)
    teams: dict[TeamId, Team] = Field(min_length=1)
    services: dict[ServiceId, Service] = Field(min_length=1)
    severities: Annotated[dict[Severity, SeverityPolicy], _has_every(Severity)]
    routes: tuple[Route, ...] = ()
    policies: Policies = Policies()

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
