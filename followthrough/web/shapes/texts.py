"""What people write and what is written from it, as the API shows it."""

from pydantic import AwareDatetime

from followthrough.domain.replayed.incident.incident import Audience, UpdateStage
from followthrough.domain.replayed.values import EntryKind, PersonId, ServiceId, Severity
from followthrough.web.shapes.shape import Shape


class ShownFinding(Shape):
    """A sentence to say another way."""

    sentence: str
    """As it stands there."""
    start: int
    """Its place in the text that was checked."""
    end: int
    """The place behind its last character."""
    rule: str
    """Which rule it breaks."""
    explanation: str
    """Why it blames."""
    suggestion: str
    """How to say it another way."""


class ShownDraft(Shape):
    """A stakeholder update that nobody has sent yet."""

    stage: UpdateStage
    audience: Audience
    text: str
    next_update: AwareDatetime | None
    """The promise that its mail will add; null where nothing is promised."""


class ShownNotes(Shape):
    """Anonymous notes that appeared together, in random order."""

    since: AwareDatetime
    """When they appeared."""
    texts: list[str]
    """What people wrote."""


class CorrectedPostmortem(Shape):
    """The text that stands there now, and what was said with it."""

    by: PersonId | None
    """Who corrected it; null for whoever was at the machine."""
    text: str
    """All of it, in Markdown."""
    reason: str
    """Why it was corrected."""
    replaces: str | None
    """Version of the text that it began from; null where it replaces any."""
    override: str | None
    """Why sentences that blame a person may stay; null where there was none."""


class TimelineLine(Shape):
    """A line of a timeline that is kept as a file."""

    at: AwareDatetime
    """When it happened."""
    kind: EntryKind
    """What the line records."""
    text: str
    """What happened, in a sentence or two."""
    author: PersonId | None
    """Null where nobody did it: a pager, or a deadline that passed."""
    through: str | None
    """How the author said it; null where that was by themselves."""
    record_id: str
    """The incident, or the action item that it is about."""


class TimelineFile(Shape):
    """What happened in an incident and to its action items, oldest first."""

    incident: str
    """Its id."""
    title: str
    entries: list[TimelineLine]
    """Line by line."""


class ShownContact(Shape):
    """Somebody on the path, in the order they are asked."""

    person: PersonId
    name: str
    """As people call them."""
    part: str
    """What they are asked as."""
    email: str
    """Where they get mail."""
    phone: str | None
    """Null where the organisation file has none."""


class ShownSeverity(Shape):
    """What a severity asks for, in words."""

    severity: Severity
    """Which one."""
    means: str
    """When an incident is that bad."""
    acknowledge: str
    """How soon somebody has to say: I have it."""
    updates: str
    """How often whom is told."""
    postmortem: str
    """By when it is written, or that none is asked for."""


class ShownPlaybook(Shape):
    """Of one service, on one day."""

    organisation: str
    """As people call it."""
    service: ServiceId
    """Its key in the organisation file."""
    name: str
    """As people call it."""
    team: str
    """Name of the team whose it is."""
    lead: str
    """Name of who leads the team."""
    turns: str
    """How the order on call changes; empty when it does not."""
    path: list[ShownContact]
    """Who is asked, the first first."""
    severities: list[ShownSeverity]
    """The worst first."""
    call: str | None
    """Link to where those who respond talk; null where there is none."""
    links: dict[str, str]
    """By what they lead to."""
    roles: dict[str, str]
    """What each role does, by its name."""
    stages: list[str]
    """What an update may say about the state of the work."""
    audiences: list[str]
    """Who updates are for."""
    declare: str
    """The command that declares an incident of it."""
    values: list[str]
    """Sentences about how people treat each other meanwhile."""
    gaps: list[str]
    """Sentences that say what is missing and what to do."""
