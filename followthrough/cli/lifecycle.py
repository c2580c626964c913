"""Commands that hand a role over, and that merge, split and reopen incidents."""

from typing import Annotated

import typer
from pydantic import ValidationError

from followthrough.cli.api import AsJson, By, call, fail, out, show
from followthrough.cli.incidents import Incident, give
from followthrough.domain.lifecycle_commands import HandOver, Merge, Reopen, Split
from followthrough.domain.values import Severity

app = typer.Typer()


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
        fail(f"{into!r} is no incident's id; ids look like inc-7f3a9c21d0.", 2)
    give(incident, command)
    out.print(f"{into} continues it.", markup=False, highlight=False)


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
    answer = call("POST", f"/incidents/{incident}/commands", body=command)
    show(answer, as_json, lambda it: f"Split off {it['split_into'][-1]} from {it['id']}.")


@app.command()
def reopen(incident: Incident, reason: str, by: By) -> None:
    """Reopen an incident that was not over after all, even a closed one."""
    give(incident, Reopen(by=by, reason=reason))
