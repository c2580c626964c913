"""The organisation file: people, teams, services, severities, routing and policies.

``Organisation`` is what ``followthrough.yaml`` means. Deadlines count in working days of a team,
durations are written like ``30m`` or ``2h``.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Any, NamedTuple, Self
from zoneinfo import ZoneInfo

from holidays import list_supported_countries
from pydantic import (
    EmailStr,
    Field,
    HttpUrl,
    JsonValue,
    PlainSerializer,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from followthrough.domain.answered.organisation.file_types import (
    Country,
    Label,
    PersonName,
    PlaceOfKey,
    Section,
    ServiceName,
    TeamName,
    TimeOfDay,
    TimeZone,
    Weekday,
    has_every,
)
from followthrough.domain.answered.organisation.policies import DrillPolicies, Policies, SeverityPolicy
from followthrough.domain.answered.organisation.webhooks import EndpointName, WebhookEndpoint
from followthrough.domain.replayed.incident.incident import Audience
from followthrough.domain.replayed.item.action_item import Priority
from followthrough.domain.replayed.text import Line, Title
from followthrough.domain.replayed.times import Day
from followthrough.domain.replayed.values import PersonId, ServiceId, Severity, TeamId


class Templates(NamedTuple):
    """Drafts of updates: the sources of a folder, by their file names."""

    folder: str
    sources: Mapping[str, str]


def _update_templates(value: Any, info: ValidationInfo) -> Templates:
    """Read from a folder beside the file, by what ``organisation_file`` passes for that."""
    if not isinstance(value, str):
        raise ValueError("has to be the name of a folder")
    read: Callable[[str], Templates] = (info.context or {})["read_templates"]
    return read(value)


UpdateTemplates = Annotated[
    Templates,
    PlainValidator(_update_templates),
    PlainSerializer(lambda templates: templates.folder),
    WithJsonSchema({"type": "string", "description": "Folder of own templates of updates, beside this file"}),
]


class Away(Section):
    """Days out of office, the last one included."""

    first_day: Day
    last_day: Day

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.last_day < self.first_day:
            raise ValueError(f"last_day {self.last_day} is before first_day {self.first_day}; exchange them")
        return self


class Person(Section):
    """Somebody who can hold a role or own an action item."""

    name: Title
    email: EmailStr
    manager: PersonName | None = None
    time_zone: TimeZone = "UTC"
    jira: str | None = Field(None, description="Account id on Jira Cloud, user name on Data Center")
    pagerduty: str | None = Field(None, description="PagerDuty user id")
    phone: str | None = Field(None, description="For the playbook")
    left: Day | None = Field(None, description="From this day on: no roles, no mails, and others are told instead")
    away: tuple[Away, ...] = Field((), description="Others are asked instead when a deadline comes, or an escalation")

    def away_on(self, day: date) -> Away | None:
        """The absence that the day is part of."""
        return next((away for away in self.away if away.first_day <= day <= away.last_day), None)


class Holidays(Section):
    """Public holidays as the ``holidays`` library knows them, and the organisation's own days."""

    country: Country | None = None
    subdivision: str | None = Field(None, description="ISO 3166-2 code without the country, for example MD")
    days: tuple[Day, ...] = ()

    @field_validator("subdivision")
    @classmethod
    def _subdivision_is_known(cls, subdivision: str | None, info: ValidationInfo) -> str | None:
        if subdivision is None or "country" not in info.data:
            return subdivision
        country = info.data["country"]
        known = list_supported_countries().get(country or "", [])
        if not known:
            raise ValueError(f"{subdivision!r} can't be used, for no regions of {country or 'no country'} are known")
        if subdivision not in known:
            raise ValueError(f"{subdivision!r} is not one of the regions of {country}: {', '.join(known)}")
        return subdivision


class PlannedBy(StrEnum):
    """What puts an action item's ticket into a sprint."""

    PLANNING = "planning"
    ACCEPTANCE = "acceptance"


class Sprints(Section):
    """A team's cadence; ``first_day`` is the first day of any of its sprints."""

    first_day: Day
    weeks: int = Field(2, ge=1, le=8)
    planning: TimeOfDay = time(10, 0)
    planned_by: PlannedBy = Field(
        PlannedBy.PLANNING,
        description="planning: the team approves a proposal; acceptance: a ticket goes into the next sprint at once",
    )
    digest_before: int = Field(1, ge=0, le=5, description="Working days from the proposal to planning")
    capacity: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="Of one sprint, in the unit that the team estimates in"
    )
    follow_up_share: float = Field(0.2, gt=0, le=1, description="Of the capacity, for action items")
    default_estimate: float = Field(
        1, gt=0, allow_inf_nan=False, description="Of an action item that nobody has estimated"
    )


class JiraProject(Section):
    """Where a team's tickets go."""

    project: str
    board: int | None = None
    issue_type: str = "Task"
    labels: tuple[Label, ...] = ()
    components: tuple[str, ...] = ()
    priorities: dict[Priority, str] = Field(
        default_factory=lambda: {Priority.HIGH: "High", Priority.MEDIUM: "Medium", Priority.LOW: "Low"}
    )
    parent: str | None = Field(None, description="Key of the epic or other ticket that new ones belong to")
    fields: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="Custom and required fields by name or id; a mapping is given to Jira's API as it is",
    )
    done_transition: str | None = Field(
        None, description="Name of the transition that closes a ticket; else the first to a done status"
    )
    done_fields: dict[str, Any] = Field(
        default_factory=dict,
        description="What the screen of that transition asks for, by name or id; Resolution, if not here, says how "
        "the action item ended",
    )
    reopen_transition: str | None = Field(
        None, description="Name of the transition that opens a closed ticket; else the first to one that is not done"
    )
    reopen_fields: dict[str, Any] = Field(
        default_factory=dict, description="What the screen of that transition asks for, by name or id"
    )


class Team(Section):
    """Owns services; its lead decides when an owner can't."""

    name: Title
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
    pagerduty_key: PlaceOfKey | None = None


class Rota(Section):
    """Turns of ``days`` days through ``on_call``, whose first person begins on ``start``."""

    start: Day
    days: int = Field(7, ge=1, le=366)
    changes_at: TimeOfDay = Field(time(9, 0), description="In the team's time zone")


class Service(Section):
    """What breaks; ``on_call`` is asked in this order, then ``escalation_path``."""

    name: Title
    team: TeamName
    on_call: tuple[PersonName, ...] = Field(min_length=1)
    rota: Rota | None = Field(None, description="Without one the first of on_call is always asked first")
    escalation_path: tuple[PersonName, ...] = ()
    subscribers: dict[Audience, tuple[EmailStr, ...]] = Field(default_factory=dict)
    call: HttpUrl | None = Field(
        None, description="Link of the call where those who respond talk, unless an incident is declared with its own"
    )
    links: dict[Line, HttpUrl] = Field(
        default_factory=dict, description="For the playbook, by name: runbook, dashboard"
    )
    pagerduty_key: PlaceOfKey | None = Field(None, description="Instead of the team's")


class Route(Section):
    """The first route whose ``match`` labels are all on the alert decides.

    Without ``service`` it is for alerts whose ``service`` label names one.
    """

    match: dict[str, str] = Field(default_factory=dict)
    service: ServiceName | None = None
    severity: Severity
    drill: bool = Field(False, description="What it starts is only practice: for trying out a pager")


class Organisation(Section):
    """The whole file; when ``organisation_file.load`` made it, every name that one part uses for another exists."""

    name: Title
    people: dict[PersonId, Person] = Field(min_length=1)
    teams: dict[TeamId, Team] = Field(min_length=1)
    services: dict[ServiceId, Service] = Field(min_length=1)
    severities: Annotated[dict[Severity, SeverityPolicy], has_every(Severity)]
    administrators: tuple[PersonName, ...] = Field((), description="Who runs Followthrough, and hears of its troubles")
    auditors: tuple[PersonName, ...] = Field((), description="Who reads everything and, as such, changes nothing")
    routes: tuple[Route, ...] = ()
    webhooks: dict[EndpointName, WebhookEndpoint] = Field(default_factory=dict, description="Where events go out to")
    policies: Policies = Policies()
    update_templates: UpdateTemplates | None = None

    __hash__ = object.__hash__
    """Of this one alone, so that what is worked out of it can be kept; a file that is read again is another."""

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

    def time_zone_of(self, person: PersonId | None) -> str:
        """UTC for nobody and for somebody who is not in the file."""
        return self.people[person].time_zone if person in self.people else "UTC"

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

    def pagerduty_key(self, team: TeamId, service: ServiceId) -> str | None:
        """Where the routing key is, of the service, or else of the team; None when neither says so."""
        of_service = self.services[service].pagerduty_key if service in self.services else None
        return of_service or self.team(team, service).pagerduty_key

    def team_with(self, person: PersonId, otherwise: Team) -> Team:
        """The team that the person leads or is a member of: ``otherwise`` when it is that one, or there is none."""
        for team in (otherwise, *self.teams.values()):
            if person in (team.lead, *team.members):
                return team
        return otherwise

    def is_away(self, person: PersonId, moment: datetime) -> bool:
        """Whether they are, on that day in their time zone."""
        known = self.people.get(person)
        return known is not None and known.away_on(moment.astimezone(ZoneInfo(known.time_zone)).date()) is not None


def _managers(people: dict[PersonId, Person], person: PersonId) -> tuple[PersonId, ...]:
    """In order from the nearest; a circle is walked once."""
    chain: list[PersonId] = []
    while person in people and (manager := people[person].manager) is not None and manager not in chain:
        chain.append(manager)
        person = manager
    return tuple(chain)
