"""Commands about stakeholder updates and the timeline."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from followthrough.cli.api import NOT_ALLOWED, AsJson, By, call, fail, show
from followthrough.cli.incidents import give
from followthrough.cli.lookup import Incident
from followthrough.cli.words import MINUTE, ZONE, argument, happened, option
from followthrough.domain.replayed.names import Audience, UpdateStage

app = typer.Typer()


class Format(StrEnum):
    """Of an exported timeline."""

    MD = "md"
    JSON = "json"


@app.command()
def draft(
    incident: Incident,
    audience: Annotated[Audience, argument(Audience)],
    stage: Annotated[UpdateStage | None, argument(UpdateStage, "Default: where the work stands")] = None,
    as_json: AsJson = False,
) -> None:
    """Show a draft of an update, filled with what is known; `update` sends it."""
    found = drafted(incident, audience, stage)
    if as_json:
        show(found, as_json, str)
    else:
        typer.echo(found["text"])


@app.command()
def update(
    incident: Incident,
    audience: Annotated[Audience, argument(Audience)],
    stage: Annotated[UpdateStage, argument(UpdateStage)],
    by: By,
    text: Annotated[str | None, typer.Argument(help="Default: the draft, after showing it")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Send the draft without asking")] = False,
) -> None:
    """Send a stakeholder update."""
    if text is None:
        text = str(drafted(incident, audience, stage)["text"])
        typer.echo(text)
        if not yes and not typer.confirm(f"\nSend this to {audience.value}?"):
            fail("Nothing was sent.", NOT_ALLOWED)
    said = f"It goes to {audience}."
    give(incident, "send update", said, by, stage=stage, audience=audience, text=text)


@app.command()
def subscribe(incident: Incident, by: By, audience: Annotated[Audience, option(Audience)] = Audience.INTERNAL) -> None:
    """Get an incident's updates by mail."""
    give(incident, "subscribe", f"You get what goes to {audience}.", by, audience=audience)


@app.command()
def unsubscribe(incident: Incident, by: By) -> None:
    """Get no more updates of an incident, also where its service's subscribers name your address."""
    give(incident, "unsubscribe", "You get no more updates of it.", by)


@app.command()
def note(
    incident: Incident,
    text: str,
    by: By,
    decision: Annotated[bool, typer.Option("--decision", help="Mark it as a decision")] = False,
    at: Annotated[
        datetime | None,
        typer.Option(formats=MINUTE, help=f"When it happened, if that was earlier; {ZONE}"),
    ] = None,
) -> None:
    """Add a line to the timeline."""
    said = "The decision is on the timeline." if decision else "It is on the timeline."
    give(incident, "note", said, by, text=text, decision=decision, at=happened(at, "--at"))


@app.command()
def timeline(
    incident: Incident, form: Annotated[Format, typer.Option("--format", help="Markdown or JSON")] = Format.MD
) -> None:
    """Print an incident's timeline, to be kept or pasted into a document."""
    found = call("GET", f"/incidents/{incident}/timeline.{form.value}")
    if form is Format.JSON:
        show(found, True, str)
    else:
        typer.echo(found, nl=False)


def drafted(incident: str, audience: Audience, stage: UpdateStage | None) -> Any:
    """The draft as the API gives it."""
    return call("GET", f"/incidents/{incident}/draft", audience=audience.value, stage=stage and stage.value)
