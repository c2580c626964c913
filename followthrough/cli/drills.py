"""Commands about drills."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Group, RenderableType

from followthrough.cli.api import AsJson, call, say, show
from followthrough.cli.drawing import table

if TYPE_CHECKING:
    from followthrough.domain.replayed.drill.drill import DrillReport

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
    answer = call("POST", "/drills", body={"team": team, "scenario": scenario}, keyed=True)
    if as_json:
        show(answer, True, str)
        return
    say(f"The drill begins: {answer['incident']}, {answer['url']}")
    say(f"Who is on call is being asked to command. See who: followthrough show {answer['incident']}")


@app.command()
def drills(limit: Annotated[int, typer.Option(min=1, max=500)] = 10, as_json: AsJson = False) -> None:
    """Who has practised this quarter and who has not, and what came of the latest drills."""
    show(call("GET", "/drills", limit=limit), as_json, drawn_drills)


def drawn_drills(overview: dict[str, Any]) -> RenderableType:
    """A table of teams, then each report."""
    from followthrough.domain.replayed.drill.drill import DrillReport

    reports = [DrillReport.model_validate(report) for report in overview["reports"]]
    return Group(table(("team", "quarter", "practice", "planned_at"), overview["teams"]), *map(drawn_report, reports))


def drawn_report(report: "DrillReport") -> str:
    """The drill, then one line for each thing to say about it."""
    from followthrough.domain.answered.drill.scorecard import measures

    lines = [
        f"\n{report.started_at:%Y-%m-%d} {report.team}: {report.title} ({report.incident_id})",
        f"  {', '.join(measures(report))}",
    ]
    lines += [f"  + {sentence}" for sentence in report.improved]
    lines += [f"  - {sentence}" for sentence in report.to_practise]
    return "\n".join(lines)
