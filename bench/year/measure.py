"""What a year came to, as numbers: ``python -m bench.year --folder F`` prints them, and so does ``--show``."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, inspect, text
from sqlmodel import Session, select
from temporalio.client import Schedule

from bench.year.firm import Firm
from bench.year.keep import Kept, Run
from bench.year.plan import Lane
from bench.year.timetable import times_between
from followthrough.domain.replayed.ids import is_incident, is_item
from followthrough.store.tables import MailRow, TimelineRow

SCHEDULED = 2
"""Billable actions of a schedule each time, beside the start of its workflow; see bench/README.md."""


def measured(
    kept: Kept, database: Engine, folder: Path, firm: Firm, lanes: list[Lane], schedules: dict[str, Schedule]
) -> dict[str, Any]:
    """By what it is about, in a form for JSON."""
    runs = list(kept.runs())
    ours = set(kept.lanes().values())
    groups: dict[str, list[Run]] = {
        "incidents": [run for run in runs if run.workflow_id in ours],
        "action items": [run for run in runs if is_item(run.workflow_id)],
        "drills": [
            run
            for run in runs
            if (is_incident(run.workflow_id) and run.workflow_id not in ours) or run.kind == "DrillWorkflow"
        ],
        "plannings": [run for run in runs if run.kind == "SprintPlanningWorkflow"],
        "inboxes": [run for run in runs if run.kind == "InboxWorkflow"],
    }
    known = {run.run_id for group in groups.values() for run in group}
    fired = kept.fired()
    largest = max(runs, key=lambda run: run.events)
    heaviest = max(runs, key=lambda run: run.largest)
    with Session(database) as session:
        mails = {
            str(state): number
            for state, number in session.exec(select(MailRow.state, func.count()).group_by(MailRow.state))
        }
        timeline = session.exec(select(func.count()).select_from(TimelineRow)).one()
    return {
        "days": firm.days,
        "incidents": len(lanes),
        "items": len({run.workflow_id for run in groups["action items"]}),
        "teams": firm.teams,
        "people": firm.teams * 10 + 1 + (firm.teams + 4) // 5,
        "groups": {name: _sums(group) for name, group in groups.items()},
        "other workflows": _sums([run for run in runs if run.run_id not in known and not _scheduled(run, fired)]),
        "schedules": _of_schedules(runs, fired, firm, schedules),
        "queries": kept.fact("queries", 0),
        "mails": mails,
        "timeline": timeline,
        "largest history": {"kind": largest.kind, "events": largest.events, "bytes": max(run.bytes for run in runs)},
        "largest event": {"kind": heaviest.kind, "bytes": heaviest.largest},
        "memory": {"peak": kept.fact("peak"), "end": kept.fact("resident")},
        "processor": kept.fact("processor"),
        "seconds": kept.fact("seconds"),
        "database": tables(database),
        "engine": _file_bytes(folder, "temporal.db"),
        "refusals": Counter({what: times for (what, _), times in kept.refusals().items()}),
    }


def _scheduled(run: Run, fired: Iterable[str]) -> bool:
    return any(run.workflow_id.startswith(f"{schedule}-") for schedule in fired)


def _of_schedules(
    runs: list[Run], fired: dict[str, Any], firm: Firm, schedules: dict[str, Schedule]
) -> dict[str, dict[str, float]]:
    """By the kind of workflow; ``times`` is how often they fire in a year, also where fewer were played."""
    found: dict[str, dict[str, float]] = {}
    for schedule, (_, played, _last) in fired.items():
        mine = [run for run in runs if run.workflow_id.startswith(f"{schedule}-")]
        if not mine:
            continue
        times = times_between(schedules[schedule], firm.begins, firm.begins + timedelta(days=firm.days))
        row = found.setdefault(mine[0].kind, dict.fromkeys(("played", "times", "actions", "bytes"), 0.0))
        share = times / played
        row["played"] += played
        row["times"] += times
        row["actions"] += share * sum(run.actions for run in mine) + SCHEDULED * times
        row["bytes"] += share * sum(run.bytes for run in mine)
    return found


def _sums(runs: list[Run]) -> dict[str, int]:
    return {
        "workflows": len({run.workflow_id for run in runs}),
        "runs": len(runs),
        "events": sum(run.events for run in runs),
        "bytes": sum(run.bytes for run in runs),
        "actions": sum(run.actions for run in runs),
        "most events": max((run.events for run in runs), default=0),
    }


def tables(database: Engine) -> dict[str, dict[str, int]]:
    """Rows and bytes of each, with its indexes."""
    names = inspect(database).get_table_names()
    found = {}
    with database.connect() as connection:
        for name in names:
            rows = connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()
            if rows:
                found[name] = {"rows": rows, "bytes": 0}
        if database.dialect.name == "postgresql":
            for name, of in found.items():
                of["bytes"] = connection.execute(
                    text("SELECT pg_total_relation_size(:name)"), {"name": name}
                ).scalar_one()
        else:
            sizes = connection.execute(
                text(
                    "SELECT m.tbl_name, sum(s.pgsize) FROM dbstat s JOIN sqlite_master m ON m.name = s.name GROUP BY 1"
                )
            )
            for name, size in sizes:
                if name in found:
                    found[name]["bytes"] = size
    return found


def _file_bytes(folder: Path, name: str) -> int:
    return sum(file.stat().st_size for file in folder.glob(f"{name}*"))
