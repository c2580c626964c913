"""A very short year is killed, goes on, and ends; what it is planned with."""

import asyncio
import json
import signal
import sqlite3
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench.year.firm import Firm
from bench.year.plan import Fate, lanes
from bench.year.table import ahead, costs, sizes
from bench.year.timetable import next_after, times_between
from followthrough.domain.replayed.ids import JIRA_SWEEP, MONTHLY_DIGEST, WEEKLY_DIGEST, drill_id
from followthrough.organisation_file import OrganisationFile
from followthrough.schedules import schedules_of
from tests.waiting import eventually

BEGINS = datetime(2027, 1, 4, tzinfo=UTC)
SHORT = {"--incidents": 1, "--items": 2, "--teams": 1, "--days": 5}


async def year(folder: Path) -> Process:
    arguments = [str(part) for pair in SHORT.items() for part in pair]
    command = [sys.executable, "-m", "bench.year", *arguments, "--folder", str(folder)]
    return await asyncio.create_subprocess_exec(*command, stdout=PIPE)


def begun(folder: Path) -> int:
    """Incidents that began by what is kept."""
    try:
        with closing(sqlite3.connect(f"file:{folder}/year.db?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM lane").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


@pytest.mark.timeout(900)
@pytest.mark.today
async def test_a_year_that_is_killed_goes_on_and_everything_in_it_ends(tmp_path: Path) -> None:
    first = await year(tmp_path)
    await eventually(lambda: begun(tmp_path), within=600)
    first.send_signal(signal.SIGKILL)
    await first.wait()
    second = await year(tmp_path)
    printed, _ = await second.communicate()
    assert second.returncode == 0
    numbers = json.loads(printed)
    assert (numbers["incidents"], numbers["items"]) == (1, 2)
    assert numbers["groups"]["action items"]["actions"] > 2 * 10
    assert all(" | " in line for line in (*costs([numbers]), *ahead(numbers)))
    assert any("MiB of our database" in line for line in sizes([numbers, numbers]))


def test_a_plan_has_as_many_incidents_and_items_as_asked_for_and_items_only_where_they_can_be() -> None:
    planned = lanes(3, Firm(4, BEGINS, 365), 40, 200)
    assert (len(planned), sum(lane.items for lane in planned)) == (40, 200)
    assert {lane.fate for lane in planned if lane.items} == {Fate.USUAL}
    assert planned == lanes(3, Firm(4, BEGINS, 365), 40, 200)


def test_schedules_fire_when_the_organisation_file_says(tmp_path: Path) -> None:
    file = tmp_path / "followthrough.yaml"
    Firm(2, BEGINS, 365).write(file)
    schedules = schedules_of(OrganisationFile(file)(), jira=True)
    ends = BEGINS + timedelta(days=365)
    fired = {name: times_between(schedule, BEGINS, ends) for name, schedule in schedules.items()}
    assert (fired[WEEKLY_DIGEST], fired[MONTHLY_DIGEST], fired[JIRA_SWEEP]) == (52, 12, 52_560)
    assert fired[drill_id("team-00")] == 4
    madrid = next_after(schedules[drill_id("team-00")], BEGINS)
    assert madrid == datetime(2027, 2, 9, 9, tzinfo=UTC)
