"""What clients post. The command line uses it too, so it imports nothing of the service."""

from datetime import date
from enum import StrEnum

from pydantic import Field

from followthrough.domain.values import Message, PersonId, Severity


class NewIncident(Message):
    """A person declares an incident; repeated with the same ``dedup_key``, it is declared once."""

    title: str = Field(min_length=1, max_length=500)
    service: str
    severity: Severity
    by: PersonId
    drill: bool = False
    dedup_key: str | None = Field(None, min_length=1, max_length=500)


class NewDrill(Message):
    """Starts a drill at once. Without a scenario it is the one that the team did not have for the longest time."""

    team: str
    scenario: str | None = None


class ApprovePlanning(Message):
    """What a team takes into a sprint: left out, the items are those proposed and the sprint is the one in planning."""

    by: PersonId
    items: tuple[str, ...] = ()
    first_day: date | None = None


class DigestName(StrEnum):
    """Which digest is sent by hand."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Prose(Message):
    """Markdown."""

    text: str = Field(max_length=200_000)
