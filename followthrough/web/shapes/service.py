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
    """Which kind of trouble."""
    sentence: str
    """What is wrong."""
    what_to_do: str
    """A sentence about how to mend it."""


class ShownAddress(Shape):
    """An address of the organisation file that takes no mail."""

    person: PersonId | None
    """Null for a subscriber's."""
    address: str
    """The address that takes none."""
    reason: str
    """What SendGrid said."""
    at: AwareDatetime
    """When it said so."""


class ShownAlertWithoutRoute(Shape):
    """An alert that started no incident, because no route fits it now."""

    dedup_key: str
    """What it is called by."""
    source: str
    state: AlertState
    """What the pager said last."""
    title: str
    labels: dict[str, str]
    """What routes look at."""
    url: str | None
    """The pager's page of it; null where it has none."""
    deliveries: int
    """How often the pager told of it."""
    first_at: AwareDatetime
    """When it came first."""
    last_at: AwareDatetime
    """When it came last."""
    set_aside_by: PersonId | None
    """Who said that it needs no incident; null where nobody did."""
    set_aside_because: str | None
    """Null while somebody has to write a route, or declare an incident."""


class ShownImport(Shape):
    """What came of a CSV file, or would."""

    people: int
    """How many the file has."""
    changes: list[str]
    """A sentence for each who is not as before."""
    dry_run: bool
    """Whether it was only asked what would change."""
    refused: str | None = Field(exclude_if=lambda refused: refused is None)
    """Why it would be refused; left out where it would not."""


class AuditLine(Shape):
    """An entry as it lies in the chain, with what its pseudonyms stand for."""

    number: int
    """From 1, without gaps."""
    id: str
    """Of the entry, however often it is written."""
    at: AwareDatetime
    """When it happened."""
    act: str
    """What kind of thing was done."""
    what: str
    """Which of that kind: for one, the name of a command."""
    who: str
    """Pseudonym of who did it; empty where nobody is known."""
    through: str | None
    """By which door it came, as a browser's session or a token; null where nobody asked."""
    token: str
    """Pseudonym of the token; empty where there was none."""
    address: str
    """Pseudonym of where it came from; empty where that is not known."""
    whom: str
    """Pseudonym of the person to whom it was done; empty where it was done to a record."""
    record: str
    """The incident, action item, token or team that it is about; empty where there is none."""
    outcome: str
    """What became of it."""
    details: dict[str, str]
    """What else is to be known; nothing of it leads to a person."""
    previous: str
    """The digest of the entry before."""
    digest: str
    """SHA-256 of all that the entry says, with that of the one before."""
    person: PersonId | None
    """Whom ``who`` stands for; null where that was erased, or there is nobody."""
    token_name: str | None
    """What ``token`` stands for; null where that was erased, or there is none."""
    from_address: str | None
    """What ``address`` stands for; null where that was erased, or there is none."""
    to_person: PersonId | None
    """Whom ``whom`` stands for; null where that was erased, or there is nobody."""
