"""What people write and what is written from it, as the API shows it."""

from pydantic import AwareDatetime

from followthrough.domain.replayed.incident.incident import Audience, UpdateStage
from followthrough.domain.replayed.values import EntryKind, PersonId, ServiceId, Severity
from followthrough.web.shapes.shape import Shape


class ShownFinding(Shape):
    """A sentence to say another way."""

    sentence: str
    start: int
    """Its place in the text that was checked."""
    end: int
    rule: str
    explanation: str
    suggestion: str


class ShownDraft(Shape):
    """A stakeholder update that nobody has sent yet."""

    stage: UpdateStage
    audience: Audience
    text: str
    next_update: AwareDatetime | None
    """The promise that its mail will add."""


class ShownNotes(Shape):
    """Anonymous notes that appeared together, in random order."""

    since: AwareDatetime
    texts: list[str]


class CorrectedPostmortem(Shape):
    """The text that stands there now, and what was said with it."""

    by: PersonId | None
    text: str
    reason: str
    replaces: str | None
    """Version of the text that it began from; None where it replaces any."""
    override: str | None
    """Why sentences that blame a person may stay."""


class TimelineLine(Shape):
    """A line of a timeline that is kept as a file."""

    at: AwareDatetime
    kind: EntryKind
    text: str
    author: PersonId | None
    through: str | None
    record_id: str
    """The incident, or the action item that it is about."""


class TimelineFile(Shape):
    """What happened in an incident and to its action items, oldest first."""

    incident: str
    title: str
    entries: list[TimelineLine]


class ShownContact(Shape):
    """Somebody on the path, in the order they are asked."""

    person: PersonId
    name: str
    part: str
    email: str
    phone: str | None


class ShownSeverity(Shape):
    """What a severity asks for, in words."""

    severity: Severity
    means: str
    acknowledge: str
    updates: str
    postmortem: str


class ShownPlaybook(Shape):
    """Of one service, on one day."""

    organisation: str
    service: ServiceId
    name: str
    team: str
    lead: str
    turns: str
    """How the order on call changes; empty when it does not."""
    path: list[ShownContact]
    severities: list[ShownSeverity]
    call: str | None
    links: dict[str, str]
    roles: dict[str, str]
    stages: list[str]
    audiences: list[str]
    declare: str
    values: list[str]
    gaps: list[str]
    """Sentences that say what is missing and what to do."""
