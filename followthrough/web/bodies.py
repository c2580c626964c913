"""What clients post. Tests compare it with what the command line sends, so it imports nothing of the service."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from followthrough.domain.answered.access.actor import Scope
from followthrough.domain.replayed.incident.alert import web_link
from followthrough.domain.replayed.names import DigestName as DigestName
from followthrough.domain.replayed.sprint.commands import MOST_PLANNED
from followthrough.domain.replayed.text import KEY, TITLE, URL, Key, Label, Reason, Title
from followthrough.domain.replayed.times import Day
from followthrough.domain.replayed.values import PersonId, Request, ServiceId, Severity, TeamId

By = Annotated[PersonId | None, Field(description="Left out, it is whoever asks")]


def _call(written: str) -> str:
    if (link := web_link(written)) is None:
        raise ValueError(f"{written!r} is no link to a call; write it like https://meet.example.com/checkout")
    return link


class NewIncident(Request):
    """A person declares an incident; repeated with the same ``dedup_key``, it is declared once."""

    title: Title
    service: ServiceId
    severity: Severity
    by: By = None
    drill: bool = False
    private: bool = Field(False, description="Only who is on it sees it; for security and for what concerns a person")
    dedup_key: Label | None = None
    call: Annotated[str, Field(max_length=URL), AfterValidator(_call)] | None = Field(
        None, description="Link where those who respond talk; left out, it is the service's own"
    )

    @model_validator(mode="after")
    def _no_private_drill(self) -> Self:
        if self.drill and self.private:
            raise ValueError("A drill is for everybody to learn from; it can't be private.")
        return self


class NewDrill(Request):
    """Starts a drill at once. Without a scenario it is the one that the team did not have for the longest time."""

    team: TeamId
    scenario: Key | None = None


class ApprovePlanning(Request):
    """What a team takes into a sprint: left out, the items are those proposed and the sprint is the one in planning."""

    by: By = None
    items: tuple[Key, ...] = Field((), max_length=MOST_PLANNED)
    first_day: Day | None = None


class BringBackAlert(Request):
    """An alert without a route that was set aside, by its ``dedup_key``."""

    by: By = None
    alert: Annotated[str, Field(min_length=1, max_length=URL)]


class SetAsideAlert(BringBackAlert):
    """An alert without a route that needs no incident."""

    because: Reason


class Prose(Request):
    """Markdown."""

    text: str = Field(max_length=200_000)


class ItemTitle(Request):
    """An action item that somebody thinks of proposing."""

    title: str = Field(max_length=TITLE)
    owner: PersonId = ""


class DirectoryImport(Request):
    """People as a CSV file; with ``dry_run`` it is only said what would change."""

    csv: str = Field(max_length=4_000_000)
    dry_run: bool = False
    even_if_many_leave: bool = Field(False, description="More than five at once, and more than a fifth")


class NewToken(Request):
    """A token of whoever makes it, or of a program."""

    name: Annotated[Title, Field(description="What it is for, as timelines are to call it")]
    service: bool = False
    scopes: Annotated[frozenset[Scope], Field(min_length=1, max_length=len(Scope))] = frozenset(
        {Scope.READ, Scope.COMMAND}
    )
    days: int = Field(90, ge=1, le=366)


class NewTerminal(Request):
    """A terminal without a browser beside it asks for a token."""

    name: Title


class TerminalAnswer(Request):
    """How a terminal gets its token, with the ``verifier`` of what it asked the browser for."""

    secret: str = Field(max_length=KEY)
    verifier: str = Field("", max_length=KEY)
