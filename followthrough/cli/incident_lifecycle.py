"""Commands that hand a role over, that merge, split and reopen incidents, and that link repeats."""

from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError

from followthrough.cli.api import AsJson, By, call, fail, out, show
from followthrough.cli.incidents import Incident, give
from followthrough.domain.replayed.incident.lifecycle import HandOver, LinkRepeat, Merge, Reopen, Split, UnlinkRepeat
from followthrough.domain.replayed.incident.privacy import Admit, ChangePrivacy
from followthrough.domain.replayed.values import Severity

app = typer.Typer()


def no_id(text: str) -> NoReturn:
    """Says what an id looks like and exits."""
    fail(f"{text!r} is no incident's id; ids look like inc-7f3a9c21d0.", 2)


@app.command()
def handover(
    incident: Incident, person: str, note: Annotated[str, typer.Argument(help="What they need to know")], by: By
) -> None:
    """Hand your role over to somebody, who has to acknowledge it."""
    give(incident, HandOver(by=by, person=person, note=note))


@app.command()
def merge(incident: Incident, into: Annotated[str, typer.Argument(help="The incident that continues")], by: By) -> None:
    """Merge an incident into another one, which continues it."""
    try:
        command = Merge(by=by, into=into)
    except ValidationError:
        no_id(into)
    give(incident, command)
    out.print(f"{into} continues it.", highlight=False)


@app.command()
def split(
    incident: Incident,
    title: Annotated[str, typer.Argument(help="Of the new incident")],
    reason: str,
    by: By,
    service: Annotated[str | None, typer.Option(help="Of the new incident; default: the same")] = None,
    severity: Annotated[Severity | None, typer.Option(help="Of the new incident; default: the same")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a part of an incident an incident of its own."""
    command = Split(by=by, title=title, reason=reason, service=service, severity=severity)
    answer = call("POST", f"/incidents/{incident}/commands", body=command, keyed=True)
    show(answer, as_json, lambda it: f"Split off {it['split_into'][-1]} from {it['id']}.")


@app.command()
def reopen(incident: Incident, reason: str, by: By) -> None:
    """Reopen an incident that was not over after all, even a closed one."""
    give(incident, Reopen(by=by, reason=reason))


@app.command()
def make_private(incident: Incident, reason: str, by: By) -> None:
    """Show an incident only to who is on it, from now on."""
    give(incident, ChangePrivacy(by=by, private=True, reason=reason))


@app.command()
def make_open(incident: Incident, reason: str, by: By) -> None:
    """Show a private incident to everybody, from now on."""
    give(incident, ChangePrivacy(by=by, private=False, reason=reason))


@app.command()
def admit(incident: Incident, person: str, by: By) -> None:
    """Let somebody see a private incident who has no part in it."""
    give(incident, Admit(by=by, person=person))


@app.command()
def link_repeat(incident: Incident, earlier: Incident, reason: str, by: By) -> None:
    """Say that an incident repeats an earlier one, whose open follow-ups then count it against them."""
    try:
        command = LinkRepeat(by=by, of=earlier, reason=reason)
    except ValidationError:
        no_id(earlier)
    give(incident, command)


@app.command()
def unlink_repeat(incident: Incident, earlier: Incident, reason: str, by: By) -> None:
    """Say that an incident only looks like an earlier one; what followed from a link is taken back."""
    give(incident, UnlinkRepeat(by=by, of=earlier, reason=reason))
