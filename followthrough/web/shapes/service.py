"""What those who run the service read, as the API shows it."""

from pydantic import AwareDatetime, Field

from followthrough.domain.replayed.incident.alert import AlertState
from followthrough.domain.replayed.values import PersonId
from followthrough.troubles import TroubleKind
from followthrough.web.shapes.shape import Shape


class ShownTrouble(Shape):
    """One thing that is wrong."""

    key: str
    """The same for as long as it is wrong."""
    kind: TroubleKind
    sentence: str
    what_to_do: str


class ShownAddress(Shape):
    """An address of the organisation file that takes no mail."""

    person: PersonId | None
    """None for a subscriber's."""
    address: str
    reason: str
    at: AwareDatetime


class ShownAlertWithoutRoute(Shape):
    """An alert that started no incident, because no route fits it now."""

    dedup_key: str
    """What it is called by."""
    source: str
    state: AlertState
    title: str
    labels: dict[str, str]
    url: str | None
    deliveries: int
    first_at: AwareDatetime
    last_at: AwareDatetime
    set_aside_by: PersonId | None
    set_aside_because: str | None
    """None while somebody has to write a route, or declare an incident."""


class ShownImport(Shape):
    """What came of a CSV file, or would."""

    people: int
    """How many the file has."""
    changes: list[str]
    """A sentence for each who is not as before."""
    dry_run: bool
    refused: str | None = Field(exclude_if=lambda refused: refused is None)
    """Why it would be refused; left out where it would not."""


class AuditLine(Shape):
    """An entry as it lies in the chain, with what its pseudonyms stand for."""

    number: int
    """From 1, without gaps."""
    id: str
    at: AwareDatetime
    act: str
    what: str
    who: str
    through: str | None
    token: str
    address: str
    whom: str
    record: str
    outcome: str
    details: dict[str, str]
    previous: str
    """The digest of the entry before."""
    digest: str
    person: PersonId | None
    """Whom ``who`` stands for; None where that was erased, or there is nobody."""
    token_name: str | None
    from_address: str | None
    to_person: PersonId | None
