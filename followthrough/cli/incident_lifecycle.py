"""Commands that hand a role over, that merge, split and reopen incidents, and that link repeats."""

from datetime import datetime
from typing import Annotated

import typer

from followthrough.cli.api import WRONG_COMMAND_LINE, AsJson, By, call, fail, say, show
from followthrough.cli.incidents import give
from followthrough.cli.lookup import Incident, Person, incident_id, services
from followthrough.cli.words import MINUTE, ZONE, happened, option
from followthrough.domain.replayed.names import Severity

app = typer.Typer()
Earlier = Annotated[str, typer.Argument(help="The earlier incident", parser=incident_id)]


@app.command()
def handover(
    incident: Incident, person: Person, note: Annotated[str, typer.Argument(help="What they need to know")], by: By
) -> None:
    """Hand your role over to somebody, who has to acknowledge it."""
    give(incident, "hand over", f"{person} has your role, and has to acknowledge it.", by, person=person, note=note)


@app.command()
def merge(
    incident: Incident,
    into: Annotated[str, typer.Argument(help="The incident that continues", parser=incident_id)],
    by: By,
) -> None:
    """Merge an incident into another one, which continues it."""
    give(incident, "merge", f"{into} continues it.", by, into=into)


@app.command()
def split(
    incident: Incident,
    title: Annotated[str, typer.Argument(help="Of the new incident")],
    reason: str,
    by: By,
    service: Annotated[
        str | None, typer.Option(help="Of the new incident; default: the same", autocompletion=services)
    ] = None,
    severity: Annotated[Severity | None, option(Severity, help_text="Of the new incident; default: the same")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a part of an incident an incident of its own."""
    body = {"command": "split", "by": by, "title": title, "reason": reason, "service": service, "severity": severity}
    answer = call("POST", f"/incidents/{incident}/commands", body=body, keyed=True)
    if as_json:
        show(answer, True, str)
        return
    say(f"Split off {answer['split_into'][-1]} from {answer['id']}.")
    say("Who is on call for its service is being asked to command it.")


@app.command()
def reopen(incident: Incident, reason: str, by: By) -> None:
    """Reopen an incident that was not over after all, even a closed one."""
    give(incident, "reopen", "It goes on.", by, reason=reason)


@app.command()
def correct_times(
    incident: Incident,
    reason: Annotated[str, typer.Argument(help="Why it was at another time")],
    by: By,
    declared: Annotated[
        datetime | None, typer.Option(formats=MINUTE, help=f"When it began, or somebody noticed; {ZONE}")
    ] = None,
    mitigated: Annotated[datetime | None, typer.Option(formats=MINUTE, help="When users were no longer hurt")] = None,
    resolved: Annotated[datetime | None, typer.Option(formats=MINUTE, help="When it was over")] = None,
) -> None:
    """Correct when an incident was declared, mitigated or resolved; its durations follow, its deadlines stay."""
    times = {"declared": declared, "mitigated": mitigated, "resolved": resolved}
    given = {f"{name}_at": happened(at, f"--{name}") for name, at in times.items() if at is not None}
    if not given:
        fail("Say which time was another: --declared, --mitigated or --resolved.", WRONG_COMMAND_LINE)
    answer = give(incident, "correct times", "The times are corrected.", by, reason=reason, **given)
    for word, took in answer["durations_in_words"].items():
        say(f"{word.capitalize()} {took} after it was declared.")


@app.command()
def make_private(incident: Incident, reason: str, by: By) -> None:
    """Show an incident only to who is on it, from now on."""
    give(incident, "change privacy", "Only who is on it sees it from now on.", by, private=True, reason=reason)


@app.command()
def make_open(incident: Incident, reason: str, by: By) -> None:
    """Show a private incident to everybody, from now on."""
    give(incident, "change privacy", "Everybody sees it from now on.", by, private=False, reason=reason)


@app.command()
def admit(incident: Incident, person: Person, by: By) -> None:
    """Let somebody see a private incident who has no part in it."""
    give(incident, "admit", f"{person} sees it.", by, person=person)


@app.command()
def link_repeat(incident: Incident, earlier: Earlier, reason: str, by: By) -> None:
    """Say that an incident repeats an earlier one, whose open follow-ups then count it against them."""
    give(
        incident,
        "link repeat",
        f"It repeats {earlier}, whose open follow-ups hear of it.",
        by,
        of=earlier,
        reason=reason,
    )


@app.command()
def unlink_repeat(incident: Incident, earlier: Earlier, reason: str, by: By) -> None:
    """Say that an incident only looks like an earlier one; what followed from a link is taken back."""
    give(incident, "unlink repeat", f"It does not repeat {earlier}.", by, of=earlier, reason=reason)
