"""Commands about drills."""

from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType

from followthrough.cli.api import AsJson, call, show
from followthrough.cli.incidents import table
from followthrough.domain.answered.drill.scorecard import measures
from followthrough.domain.replayed.drill.drill import DrillReport
from followthrough.web.bodies import NewDrill

app = typer.Typer()


@app.command()
def drill(
    team: Annotated[str, typer.Argument(help="Who practises, as in the organisation file")],
    scenario: Annotated[
        str | None, typer.Option(help="Name of its file; else the one that the team did not have for the longest time")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start a drill now: a mock incident of which no customer hears."""
    answer = call("POST", "/drills", body=NewDrill(team=team, scenario=scenario))
    show(answer, as_json, lambda it: f"The drill begins: {it['incident']}, {it['url']}")


@app.command()
def drills(limit: Annotated[int, typer.Option(min=1, max=500)] = 10, as_json: AsJson = False) -> None:
    """Who has practised this quarter and who has not, and what came of the latest drills."""
    show(call("GET", "/drills", limit=limit), as_json, drawn_drills)


def drawn_drills(overview: dict[str, Any]) -> RenderableType:
    """A table of teams, then each report."""
    reports = [DrillReport.model_validate(report) for report in overview["reports"]]
    return Group(table(("team", "quarter", "practice", "planned_at"), overview["teams"]), *map(drawn_report, reports))


def drawn_report(report: DrillReport) -> str:
    """The drill, then one line for each thing to say about it."""
    lines = [
        f"\n{report.started_at:%Y-%m-%d} {report.team}: {report.title} ({report.incident_id})",
        f"  {', '.join(measures(report))}",
    ]
    lines += [f"  + {sentence}" for sentence in report.improved]
    lines += [f"  - {sentence}" for sentence in report.to_practise]
    return "\n".join(lines)
