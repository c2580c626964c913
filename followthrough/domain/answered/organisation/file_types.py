"""What values of the organisation file look like, and what is said of those that don't."""

import re
from datetime import time
from enum import StrEnum
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from holidays import list_supported_countries
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
)

from followthrough.domain.replayed.item.action_item import Priority
from followthrough.domain.replayed.values import PersonId, ServiceId, TeamId

_time_zones = cache(available_timezones)
"""They are read from hundreds of files."""


def _time_zone(value: str) -> str:
    if value not in _time_zones():
        raise ValueError(f"{value!r} is not a time zone; write it like Europe/Madrid")
    return value


def _country(value: str) -> str:
    if value not in list_supported_countries():
        raise ValueError(f"{value!r} is no country whose holidays are known; write its ISO 3166 code, for example ES")
    return value


def _label(value: str) -> str:
    if not value:
        raise ValueError("is empty; write a label, or remove it")
    if value.split() != [value]:
        raise ValueError(
            f"{value!r} has a space, which Jira takes in no label; write it like {'-'.join(value.split())}"
        )
    return value


def _time_of_day(value: Any) -> Any:
    """A number would be taken for seconds since midnight."""
    if isinstance(value, int | float):
        raise ValueError(f"{value} is not a time; write it like 10:00")
    return value


def _place_of_key(value: str) -> str:
    """Never the key itself, which anybody could use who reads the file."""
    if "/" not in value and not re.fullmatch(r"[A-Z][A-Z0-9]*_[A-Z0-9_]*", value):
        raise ValueError(
            "is where the routing key is, and not the key: write the name of an environment variable, like "
            "PAGERDUTY_KEY_PAYMENTS, or the path of a file, like /run/secrets/pagerduty"
        )
    return value


def has_every(keys: type[StrEnum]) -> AfterValidator:
    """A table that has to say something about each of ``keys``."""

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


TimeOfDay = Annotated[
    time,
    BeforeValidator(_time_of_day),
    WithJsonSchema({"type": "string", "pattern": r"^\d\d:\d\d(:\d\d)?$", "examples": ["10:00"]}),
]
TimeZone = Annotated[str, AfterValidator(_time_zone), Field(examples=["Europe/Madrid"])]
Label = Annotated[str, AfterValidator(_label), Field(description="Of a Jira ticket, without spaces")]
PlaceOfKey = Annotated[
    str,
    AfterValidator(_place_of_key),
    Field(
        description="Where workers find the routing key of PagerDuty's Events API v2: the name of an environment "
        "variable, or a path with a / in it",
        examples=["PAGERDUTY_KEY_PAYMENTS", "/run/secrets/pagerduty"],
    ),
]
Country = Annotated[str, AfterValidator(_country), Field(description="ISO 3166 code, for example ES")]
WorkingDays = Annotated[int, Field(ge=0, le=366)]
DueWithin = Annotated[dict[Priority, WorkingDays], has_every(Priority)]
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
