"""What the commands print, without a service."""

from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from followthrough.cli import app
from followthrough.cli.incidents import detail, readable, table
from followthrough.cli.planning import drawn_planning


def printed(drawn: Any, width: int = 200) -> str:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(drawn)
    return capture.get()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2026-03-02T09:15:30.123456Z", "2026-03-02 09:15 UTC"),
        ("2026-03-02T09:15:30+01:00", "2026-03-02 08:15 UTC"),
        ("2026-03-02", "2026-03-02"),
        ("Nobody knowT what happened", "Nobody knowT what happened"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
        ("9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59-14:00"),
        (None, "-"),
        (3, "3"),
    ],
)
def test_times_say_their_zone(value: Any, words: str) -> None:
    assert readable(value) == words


def test_a_drill_is_marked_in_lists_and_alone() -> None:
    drill = {"id": "inc-0000000001", "title": "Payments fail", "drill": True, "timeline": []}
    real = drill | {"drill": False}
    assert "DRILL Payments fail" in printed(table(("id", "title"), [drill]))
    assert "DRILL" in printed(detail(drill))
    assert "DRILL" not in printed(table(("id", "title"), [real])) + printed(detail(real))


@pytest.mark.parametrize(("sprints", "words"), [(True, "Sprint of 2026-03-02"), (False, "team without sprints")])
def test_a_team_without_sprints_has_a_list_and_no_sprint(sprints: bool, words: str) -> None:
    plan = {"sprints": sprints, "first_day": "2026-03-02", "planning_at": "2026-03-02T09:00:00Z"}
    answer = {"plan": plan, "proposal": {"share": None, "lines": []}, "progress": None}
    said = printed(drawn_planning(answer))
    assert words in said
    assert "2026-03-02 09:00 UTC" in said
    assert ("Sprint" in said) is sprints


def test_ids_are_whole_in_a_narrow_terminal() -> None:
    incident = {"id": "inc-" + "7f3a" * 5, "severity": "SEV1", "status": "postmortem published"}
    incident |= {"service": "card-payments", "declared_at": "2026-03-02T09:15:30Z", "title": "Payments fail " * 9}
    assert incident["id"] in printed(table(tuple(incident), [incident]), width=80)


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_a_year_out_of_reach_is_refused_in_words(year: str) -> None:
    said = CliRunner().invoke(app, ["note", "inc-1", "x", "--by", "ines", "--at", f"{year}-01-01T00:00"])
    assert said.exit_code == 2
    assert "the year has to be from 2000 to 2199" in " ".join(said.output.split())
