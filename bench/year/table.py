"""``python -m bench.year.table F1 [F2]``: puts tables into docs/capacity.md, from the numbers in the folders of years.

With two, the last of which is the larger, it also says how each number grows from one to the other.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

MIB = 2**20
PAGE = Path("docs/capacity.md")
BEGIN, END = "<!-- from bench.year.table -->", "<!-- until here -->"
FACTORS = (1, 10, 100)
INCIDENTS, ITEMS, TEAMS = 300, 1_500, 20
"""Of the organisation that is asked about, in a year."""
DRIVERS = {
    "incidents": "incidents",
    "action items": "items",
    "drills": "teams",
    "plannings": "teams",
    "inboxes": "items",
}
"""What each group of workflows grows with."""
FOR_EACH_TEAM = ("DrillScheduleWorkflow", "SprintScheduleWorkflow")
"""The other schedules there is one of."""
Numbers = dict[str, Any]


def main(folders: Iterable[str]) -> None:
    """Prints them, and puts them into the page."""
    years = [json.loads((Path(folder) / "numbers.json").read_text()) for folder in folders]
    tables = "\n".join([*costs(years), "", *sizes(years), "", *ahead(years[-1])])
    print(tables)
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}")


def costs(years: list[Numbers]) -> list[str]:
    """Billable actions and history of what there is one of, and of what the service does for itself."""
    heads = [f"{year['incidents']} incidents in {year['days']} days" for year in years]
    lines = [*_head("Actions", heads)]
    for name, per in (("incidents", "an incident"), ("action items", "an action item")):
        lines.append(_line(f"{per}, of its own", [_per(year, name, "actions") for year in years]))
    lines.append(_line("mails that can wait, for each action item", [_inbox(year) for year in years]))
    lines.append(_line("looks of the service at what was written, for each", [_looks(year) for year in years]))
    for name, per in (("plannings", "a team's plannings, a year"), ("drills", "a team's drills, a year")):
        found = [year["groups"][name]["actions"] / year["teams"] / _share(year) for year in years]
        lines += [_line(per, found)] if any(found) else []
    kinds = [*dict.fromkeys(kind for year in years for kind in year["schedules"])]
    for kind in sorted(kinds):
        found = [year["schedules"].get(kind, {}).get("actions", 0) / _share(year) for year in years]
        lines += [_line(f"`{kind}` by its schedules, a year", found)] if any(found) else []
    return lines


def sizes(years: list[Numbers]) -> list[str]:
    """What is kept, and what it took."""
    heads = [
        f"{year['incidents']} incidents, {year['items']} items, {year['teams']} teams, {year['days']} days"
        for year in years
    ]
    rows: dict[str, list[float]] = {
        "history events, an incident": [_per(year, "incidents", "events") for year in years],
        "history events, an action item": [_per(year, "action items", "events") for year in years],
        "KiB of history, an incident": [_per(year, "incidents", "bytes") / 1024 for year in years],
        "KiB of history, an action item": [_per(year, "action items", "bytes") / 1024 for year in years],
        "the longest history, events": [year["largest history"]["events"] for year in years],
        "the largest history, KiB": [year["largest history"]["bytes"] / 1024 for year in years],
        "the largest event with its payload, KiB": [year["largest event"]["bytes"] / 1024 for year in years],
        "mails, for each action item": [sum(year["mails"].values()) / year["items"] for year in years],
        "MiB of the product's memory, most": [year["memory"]["peak"] / MIB for year in years],
        "MiB of it at the end": [year["memory"]["end"] / MIB for year in years],
        "processor seconds of the product": [year["processor"] for year in years],
        "MiB of our database": [_database(year) / MIB for year in years],
        "KiB of it for each action item": [_database(year) / year["items"] / 1024 for year in years],
        "MiB of the engine's database": [year["engine"] / MIB for year in years],
        "seconds that it took": [year["seconds"] for year in years],
    }
    lines = [*_head("", heads), *(_line(name, values) for name, values in rows.items())]
    largest = sorted(years[-1]["database"].items(), key=lambda table: -table[1]["bytes"])[:6]
    shares = ", ".join(f"`{name}` {size['bytes'] / _database(years[-1]):.0%}" for name, size in largest)
    return [*lines, "", f"Of our database: {shares}."]


def ahead(year: Numbers) -> list[str]:
    """For the organisation that is asked about, and ones of ten and a hundred times as much."""
    wanted = {"incidents": INCIDENTS, "items": ITEMS, "teams": TEAMS}
    lines = [*_head("A year of", [f"{INCIDENTS * times:,} incidents, {ITEMS * times:,} items" for times in FACTORS])]
    for what, unit in (("actions", 1.0), ("bytes", float(MIB))):
        found = []
        for times in FACTORS:
            groups = sum(
                year["groups"][name][what] * wanted[driver] * times / year[driver] for name, driver in DRIVERS.items()
            )
            mine = sum(
                row[what] * (TEAMS * times / year["teams"] if kind in FOR_EACH_TEAM else 1) / _share(year)
                for kind, row in year["schedules"].items()
            )
            found.append((groups + mine + (_queries(year, times) if what == "actions" else 0)) / unit)
        lines.append(_line("billable actions" if what == "actions" else "MiB of history", found))
    grown = [_database(year) * ITEMS * times / year["items"] / MIB for times in FACTORS]
    mails = [sum(year["mails"].values()) * ITEMS * times / year["items"] for times in FACTORS]
    used = [year["processor"] * ITEMS * times / year["items"] / 3600 for times in FACTORS]
    lines.append(_line("MiB of our database", grown))
    lines.append(_line("mails", mails))
    lines.append(_line("processor hours of web and worker", used))
    return lines


def _queries(year: Numbers, times: int) -> float:
    return float(year["queries"] * ITEMS * times / year["items"])


def _share(year: Numbers) -> float:
    """Of a year that was played."""
    return float(year["days"] / 365)


def _per(year: Numbers, group: str, what: str) -> float:
    return float(year["groups"][group][what] / year[DRIVERS[group]])


def _inbox(year: Numbers) -> float:
    return float(year["groups"]["inboxes"]["actions"] / year["items"])


def _looks(year: Numbers) -> float:
    return float(year["queries"] / (year["items"] + year["incidents"]))


def _database(year: Numbers) -> float:
    return float(sum(table["bytes"] for table in year["database"].values()))


def _head(first: str, heads: Iterable[str]) -> list[str]:
    heads = [*heads]
    return [f"| {' | '.join([first, *heads])} |", f"| {' | '.join(['---', *('---:' for _ in heads)])} |"]


def _line(name: str, values: Iterable[float]) -> str:
    shown = [f"{value:,.0f}" if value >= 10 else f"{value:,.1f}" for value in values]
    return f"| {' | '.join([name, *shown])} |"


if __name__ == "__main__":
    main(sys.argv[1:])
