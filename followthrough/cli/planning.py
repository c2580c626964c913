"""Commands about planning sprints."""

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType

from followthrough.cli.api import AsJson, By, call, show
from followthrough.cli.drawing import readable, table
from followthrough.cli.items import give
from followthrough.cli.lookup import Item

app = typer.Typer()
Team = Annotated[str, typer.Argument(metavar="TEAM", help="As in the organisation file")]
Sprint = Annotated[
    datetime | None, typer.Option("--sprint", formats=["%Y-%m-%d"], help="Its first day; else the one in planning")
]


@app.command()
def estimate(item: Item, work: Annotated[float, typer.Argument(help="In the team's own unit")], by: By) -> None:
    """Say how much work an action item is."""
    give(item, "estimate", f"It is estimated at {work:g}.", by, estimate=work)


@app.command()
def planning(team: Team, sprint: Sprint = None, as_json: AsJson = False) -> None:
    """What a team is proposed to plan, by risk, and what is approved."""
    first_day = str(sprint.date()) if sprint else None
    show(call("GET", f"/planning/{team}", first_day=first_day), as_json, drawn_planning)


@app.command()
def approve_planning(
    team: Team,
    by: By,
    items: Annotated[
        list[str] | None, typer.Option("--items", help="Instead of what is proposed; more than once, the first first")
    ] = None,
    sprint: Sprint = None,
    as_json: AsJson = False,
) -> None:
    """Take action items into a sprint, as its team's lead or a member."""
    body = {"by": by, "items": items or [], "first_day": str(sprint.date()) if sprint else None}
    answer = call("POST", f"/planning/{team}", body=body, keyed=True)
    show(answer, as_json, lambda it: f"Approved: {', '.join(it['approval']['items'])}. The tickets follow.")


def drawn_planning(answer: dict[str, Any]) -> RenderableType:
    """The sprint, then a table of its candidates and the rest."""
    plan, proposal, progress = answer["plan"], answer["proposal"], answer["progress"]
    approval = progress["approval"] if progress else None
    share = proposal["share"]
    sentences = [
        f"Sprint of {plan['first_day']}, planned {readable(plan['planning_at'])}"
        if plan["sprints"]
        else f"A list for a team without sprints, sent {readable(plan['planning_at'])}",
        f"Approved by {approval['by']}" if approval else "Not approved yet",
    ]
    if share is not None:
        sentences.append(f"The agreed share is {share:g}, of which {proposal['planned']:g} is planned already")
    columns = ("proposed", "place", "id", "owner", "due", "estimate", "ticket", "title", "why")
    return Group(". ".join(sentences) + ".", table(columns, proposal["lines"]))
