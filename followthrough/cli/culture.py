"""Commands for what keeps the habits honest: thanks, anonymous notes, playbooks, and who carries how much."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType

from followthrough.cli.api import AsJson, By, call, fail, say, service_url, show, whole
from followthrough.cli.drawing import readable, table
from followthrough.cli.incidents import give
from followthrough.cli.lookup import Incident, Service, people
from followthrough.domain.answered.wording import listed

app = typer.Typer()


@app.command()
def kudos(
    incident: Incident,
    text: str,
    to: Annotated[list[str], typer.Option(help="Whom; more than once for several people", autocompletion=people)],
    by: By,
    for_openness: Annotated[bool, typer.Option("--for-openness", help="For admitting a mistake")] = False,
) -> None:
    """Thank people for what they did in an incident."""
    give(incident, "give kudos", f"{listed(to)} hear of it.", by, to=to, text=text, for_openness=for_openness)


@app.command("anonymous-note")
def anonymous_note(
    incident: Incident,
    text: Annotated[str, typer.Argument(help="Asked for when left out, and then not in the shell's history")] = "",
) -> None:
    """Add a note to an incident without saying who you are."""
    text = text or typer.prompt("What should be known")
    taken = call("POST", f"/incidents/{incident}/anonymous", body={"text": text}, known=False)
    if taken["shown_from"] is None:
        say(f"Kept if {incident} is a private incident; nothing tells whether there is one by that id.")
        return
    say(f"Kept. It is shown from {readable(taken['shown_from'])} at the earliest, together with others.")


@app.command("anonymous-notes")
def anonymous_notes(incident: Incident, as_json: AsJson = False) -> None:
    """Show an incident's anonymous notes, in the groups in which they appeared."""
    show(whole(f"/incidents/{incident}/anonymous"), as_json, lambda groups: table(("since", "texts"), groups))


@app.command()
def load(
    days: Annotated[int | None, typer.Option(min=1, help="How far back incidents count")] = None,
    as_json: AsJson = False,
) -> None:
    """Who was woken, led, resolved and owns how much, and who carries too much."""
    show(call("GET", "/load", days=days), as_json, drawn_load)


@app.command("playbook")
def print_playbook(
    service: Service,
    output: Annotated[Path | None, typer.Option(help="Where the Markdown goes, instead of the terminal")] = None,
) -> None:
    """The one page that a service's people need, as Markdown."""
    from followthrough.domain.answered.report.playbook import Playbook, markdown

    text = markdown(Playbook.model_validate(call("GET", f"/services/{service}/playbook")))
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        fail(f"{output} can't be written ({error.strerror}); choose another file.", 2)
    say(f"Written to {output}; the page to print is at {service_url()}/services/{service}/playbook.")


def drawn_load(report: dict[str, Any]) -> RenderableType:
    """A table of people, then a sentence for each who carries too much."""
    warnings = [
        f"{overload['person']} {overload['duty']}: {overload['count']} of {overload['total']}; "
        f"who else could: {', '.join(overload['others']) or 'nobody on the team yet'}."
        for overload in report["overloads"]
    ]
    return Group(table(("person", "woken", "led", "resolved", "owns"), report["people"]), *warnings)
