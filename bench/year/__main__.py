"""``python -m bench.year --folder F``: plays a year, or goes on with that in the folder, and prints its numbers."""

import argparse
import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.stage import say
from bench.year.clock import CommonTime, InStep, StandsStill
from bench.year.drive import Driver
from bench.year.ends import left_open
from bench.year.firm import Firm
from bench.year.keep import Kept
from bench.year.measure import measured
from bench.year.people import Mistake, People
from bench.year.plan import lanes
from bench.year.stage import ProductEnded, stage
from followthrough.organisation_file import OrganisationFile
from followthrough.schedules import schedules_of

SAME = "same year"


def main() -> int:
    """The exit code; 1 with sentences if something did not end, 2 if the year could not go on."""
    given = _arguments()
    given.folder.mkdir(parents=True, exist_ok=True)
    kept = Kept(given.folder / "year.db")
    year = [given.seed, given.incidents, given.items, given.teams, given.days]
    if kept.fact(SAME, year) != year:
        print(f"{given.folder} has another year, of {kept.fact(SAME)}; name another folder.", file=sys.stderr)
        return 2
    if kept.fact("begins") is None:
        kept.note(SAME, year)
        kept.note("begins", _next_monday().timestamp())
        kept.note("ahead", (_next_monday() - datetime.now(UTC)).total_seconds())
        kept.commit()
    try:
        wrong, numbers = asyncio.run(_play(given, kept))
    except (StandsStill, ProductEnded, Mistake) as error:
        print(error, file=sys.stderr)
        return 2
    (given.folder / "numbers.json").write_text(json.dumps(numbers, indent=1))
    print(json.dumps(numbers, indent=1))
    print(*wrong, sep="\n", end="\n" if wrong else "", file=sys.stderr)
    return 1 if wrong else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.year", description=__doc__)
    parser.add_argument("--incidents", type=int, default=300)
    parser.add_argument("--items", type=int, default=1500)
    parser.add_argument("--teams", type=int, default=20)
    parser.add_argument("--days", type=int, default=365, help="of a shorter year")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, required=True, help="of everything; with a year in it, that one goes on")
    parser.add_argument("--database-url", default="", help="of an empty PostgreSQL database; SQLite when left out")
    return parser.parse_args()


def _next_monday() -> datetime:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=7 - today.weekday())


async def _play(given: argparse.Namespace, kept: Kept) -> tuple[list[str], dict[str, Any]]:
    firm = Firm(given.teams, datetime.fromtimestamp(kept.fact("begins"), UTC), given.days)
    planned = lanes(given.seed, firm, given.incidents, given.items)
    clock, ahead = CommonTime(), timedelta(seconds=kept.fact("ahead"))
    with clock.moved(ahead):
        async with stage(given.folder, firm, ahead, given.database_url) as found:
            schedules = schedules_of(OrganisationFile(given.folder / "followthrough.yaml")(), jira=True)
            people = People(found, firm, kept, planned, given.seed)
            driver = Driver(found, clock, InStep(clock, found.plain), kept, people, schedules)
            await driver.drive(planned)
            say("The year is over, and all that came after it.")
            wrong = await left_open(found.plain, found.database, kept, planned)
            numbers = measured(kept, found.database, given.folder, firm, planned, schedules)
    return wrong, numbers


if __name__ == "__main__":
    sys.exit(main())
