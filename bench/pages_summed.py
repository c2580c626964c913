"""Which sums are measured as pages, files and JSON, and the statements that each of them can't do without."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from bench.estate import Estate
from bench.pages_shown import AUDITOR, Bare, One, Shown
from followthrough.domain.answered.insights.insight import MOST_ROWS, Name
from followthrough.domain.answered.report.digest import MOST_LISTED, Month
from followthrough.domain.replayed.mail.notice_kinds import DigestKind
from followthrough.store.cursors import written

OPEN = "ended_at IS NULL AND status IN ('proposed', 'accepted', 'done') AND NOT drill"
DONE = "status = 'closed' AND NOT drill AND ended_at >= :since"
REAL = "NOT i.drill AND i.status NOT IN ('cancelled', 'merged')"
ANSWERED = (
    "EXISTS (SELECT 1 FROM timeline t WHERE t.record_id = action_item.id AND t.author IS NOT NULL AND t.at > told_at)"
)
RISK = "id, title, severity, team, document -> 'waiver'"
WAIVED = "WHERE status = 'waived' AND NOT drill"
SECRET = "sum(CASE WHEN incident_id IN (SELECT id FROM incident WHERE private) THEN 1 ELSE 0 END)"
OF_OPEN = f"CASE WHEN ended_at IS NULL THEN {ANSWERED} END"
SPANS = {
    Name.STEPS: (
        ("action_item", "coalesce(asked_at, proposed_at)", "accepted_at"),
        ("action_item", "accepted_at", "planned_at"),
        ("action_item", "coalesce(asked_at, proposed_at)", "ended_at"),
    ),
    Name.RESPONSE: tuple(
        ("incident", "declared_at", f"{ended}_at") for ended in ("acknowledged", "mitigated", "resolved")
    ),
    Name.POSTMORTEMS: (("incident", "resolved_at", "published_at"),),
}


def summed(database: Engine, found: Estate, one: One) -> Iterator[Shown]:
    """All of them, with places and records of this database."""
    measures, load = _measures(database, found.now), _load(found.now - timedelta(days=90))
    for kind in ("", "/api"):
        yield Shown(f"{kind}/load", f"{kind}/load", load)
        yield Shown(f"{kind}/drills", f"{kind}/drills", [("SELECT document FROM drill_report", {})])
    yield from _known_few()
    yield from _insights(measures, one)
    yield from _digests(measures, load, found)


def _known_few() -> Iterator[Shown]:
    """Of what the organisation file has, the database is asked for what a directory says alone."""
    directory: Sequence[Bare] = [("SELECT * FROM directory", {}), ("SELECT * FROM directory_problem", {})]
    for path in ("/people", "/api/people"):
        yield Shown(path, path, directory, AUDITOR)
    for path in ("/api/teams", "/api/services"):
        yield Shown(path, path, [])


def _insights(measures: Mapping[Name, Sequence[Bare]], one: One) -> Iterator[Shown]:
    yield Shown("insights", "/insights", [])
    for name, bare in measures.items():
        yield Shown(f"insight {name}", f"/insights/{name}", bare)
    yield Shown("insight on-time, its drawing", "/insights/on-time.svg", measures[Name.ON_TIME])
    whole = f"SELECT {RISK} FROM action_item {WAIVED} ORDER BY waived_until, id"
    yield Shown("insight waivers, as a file", "/insights/waivers.csv", [(whole, {})])
    yield Shown("/api/insights/waivers", "/api/insights/waivers", measures[Name.WAIVERS])
    for_good = f"FROM action_item {WAIVED} AND waived_until IS NULL"
    (number,) = one(f"SELECT count(*) {for_good}")
    (item_id,) = one(f"SELECT id {for_good} ORDER BY id LIMIT 1 OFFSET {number // 2}")
    deep: Bare = (f"SELECT {RISK} {for_good} AND id > :id ORDER BY id LIMIT {MOST_ROWS}", {"id": item_id})
    place = written([None, item_id])
    path = f"/api/insights/waivers?cursor={place}"
    yield Shown("/api/insights/waivers, a deep cursor", path, [deep, *measures[Name.WAIVERS][1:]])


def _digests(measures: Mapping[Name, Sequence[Bare]], load: Sequence[Bare], found: Estate) -> Iterator[Shown]:
    kinds = ", ".join(f"'{kind.value}'" for kind in DigestKind)
    sent: Bare = (f"SELECT * FROM mail WHERE kind IN ({kinds}) ORDER BY at DESC, key LIMIT 50", {})
    yield Shown("digests", "/digests", [sent])
    lead, month = found.teams[0].lead, Month.before(found.now)
    week = [*_week(f"(team = 'team-01' OR told_to LIKE '%\"{lead}\"%')", found.now)]
    whole = [*_week("(owner LIKE 'lead-%' OR told_to LIKE '%\"nora\"%')", found.now)]
    for kind in ("", "/api"):
        yield Shown(f"{kind}/digests, a lead's week", f"{kind}/digests/weekly/{lead}", week)
        yield Shown(f"{kind}/digests, a week of the manager of all", f"{kind}/digests/weekly/nora", whole)
        drawn = [Name.ON_TIME, Name.OPEN_AGES, Name.RESPONSE, Name.REPEATS, Name.NOT_DONE]
        sums = [bare for name in drawn for bare in measures[name]]
        yield Shown(f"{kind}/digests, a month", f"{kind}/digests/monthly", [*_month(month), *load, *sums])


def _load(since: datetime) -> list[Bare]:
    part = (
        "FROM incident i JOIN incident_part p ON p.incident_id = i.id WHERE NOT i.drill AND i.declared_at >= :since "
        "AND p.what"
    )
    known = {"since": since}
    held = f"SELECT i.service, i.team, p.person, p.what, count(DISTINCT i.id) {part} IN ('led', 'resolved')"
    return [
        (f"{held} GROUP BY i.service, i.team, p.person, p.what", known),
        (f"SELECT i.service, i.team, p.person, i.id, p.at {part} = 'asked'", known),
        (f"SELECT owner, service, team, count(*) FROM action_item WHERE {OPEN} GROUP BY owner, service, team", {}),
    ]


def _measures(database: Engine, now: datetime) -> dict[Name, Sequence[Bare]]:
    """Without months where these are only another way to count the same rows."""
    known = {"since": Month.parse(f"{now:%Y-%m}").trend()[0].start}
    late = "sum(CASE WHEN due < ended_at THEN 1 ELSE 0 END)"
    closed = f"SELECT severity, team, count(*), {late} FROM action_item WHERE {DONE}"
    told = f"SELECT escalation_level, status, {OF_OPEN} AS answered, count(*) FROM action_item"
    came = "FROM incident i JOIN repeat_link r ON r.{} = i.id"
    in_months = f"WHERE {REAL} AND i.declared_at >= :since"
    price = f"SELECT i.document, a.document {came.format('incident_id')} JOIN action_item a ON a.id = r.record_id"
    earlier = (
        f"SELECT r.incident_id AS id, count(*) AS came, max(i.declared_at) AS last {came.format('record_id')} "
        f"WHERE {REAL} GROUP BY r.incident_id"
    )
    fixed = "SELECT a.incident_id, max(a.ended_at) FROM action_item a JOIN ({}) e ON e.id = a.incident_id"
    return {
        Name.ON_TIME: [(f"{closed} GROUP BY severity, team", known)],
        Name.OPEN_AGES: [
            (_medians("action_item", "proposed_at", OPEN), {}),
            (f"SELECT severity, team, count(*) FROM action_item WHERE {OPEN} GROUP BY severity, team", {}),
        ],
        **{name: [*_durations(database, spans, known)] for name, spans in SPANS.items()},
        Name.ESCALATIONS: [
            (f"{told} WHERE told_at >= :since AND NOT drill GROUP BY escalation_level, status, answered", known)
        ],
        Name.WAIVERS: [
            (f"SELECT {RISK} FROM action_item {WAIVED} ORDER BY waived_until, id LIMIT {MOST_ROWS}", {}),
            (f"SELECT count(*), count(waived_until), {SECRET} FROM action_item {WAIVED}", {}),
        ],
        Name.REPEATS: [
            (f"SELECT i.id, i.declared_at, r.incident_id {came.format('record_id')} {in_months}", known),
            (f"SELECT i.id, r.record_id {came.format('incident_id')} {in_months}", known),
        ],
        Name.NOT_DONE: [(f"{price} {in_months} AND a.late_since <= i.declared_at", known)],
        Name.HELD: [(f"{fixed.format(earlier)} WHERE a.ended_at >= :since GROUP BY a.incident_id", known)],
    }


def _durations(database: Engine, spans: Sequence[tuple[str, str, str]], known: dict[str, Any]) -> Iterator[Bare]:
    for table, began, ended in spans:
        took = f"julianday({ended}) - julianday({began})" if database.dialect.name == "sqlite" else f"{ended} - {began}"
        yield _medians(table, took, f"NOT drill AND {ended} >= :since AND {began} <= {ended}"), known


def _medians(table: str, value: str, where: str) -> str:
    """Of all, by severity and by team: values are read once and put in order, and of each the middle one is taken."""
    ranked = (
        f"SELECT value, row_number() OVER (PARTITION BY {group} ORDER BY value) AS place, "
        f"count(*) OVER (PARTITION BY {group}) AS number FROM spans"
        for group in ("everything", "severity", "team")
    )
    spans = f"SELECT 1 AS everything, severity, team, {value} AS value FROM {table} WHERE {where}"
    middles = f"SELECT value FROM ({' UNION ALL '.join(ranked)}) AS ranked WHERE place = (number + 1) / 2"
    return f"WITH spans AS MATERIALIZED ({spans}) {middles}"


def _week(theirs: str, now: datetime) -> Iterator[Bare]:
    """What somebody has a say in of what is open, closed and waived, and the documents that are listed."""
    ids = "SELECT id, status, severity, due, told_level, told_at FROM action_item WHERE"
    known = {"week": now - timedelta(days=7)}
    yield f"{ids} {OPEN} AND {theirs}", {}
    yield f"{ids} status = 'closed' AND NOT drill AND ended_at > :week AND {theirs}", known
    yield f"{ids} status = 'waived' AND NOT drill AND waived_until <= :week AND {theirs}", known
    listed = f"SELECT document FROM action_item WHERE {OPEN} AND {theirs} ORDER BY due LIMIT {3 * MOST_LISTED}"
    yield listed, {}


def _month(month: Month) -> Iterator[Bare]:
    """What is counted and listed in a month, without load and measures."""
    known = {"since": month.trend()[0].start, "start": month.start, "end": month.end}
    first = f"SELECT document FROM action_item WHERE {{}} LIMIT {MOST_LISTED}"
    yield "SELECT severity, count(*) FROM incident WHERE NOT drill AND declared_at >= :since GROUP BY severity", known
    yield f"SELECT count(*) FROM action_item WHERE {DONE}", known
    yield f"SELECT count(*) FROM action_item WHERE {OPEN} AND told_at IS NOT NULL AND NOT {ANSWERED}", {}
    yield first.format(f"{OPEN} AND told_at IS NOT NULL AND NOT {ANSWERED} ORDER BY told_level DESC, told_at, id"), {}
    ended = "status = 'waived' AND NOT drill AND ended_at >= :start AND ended_at < :end"
    yield f"SELECT count(*) FROM action_item WHERE {ended}", known
    yield first.format(f"{ended} ORDER BY ended_at, id"), known
    in_month = "i.declared_at >= :start AND i.declared_at < :end AND NOT i.drill"
    again = f"FROM incident i WHERE {in_month} AND EXISTS (SELECT 1 FROM repeat_link r WHERE r.record_id = i.id)"
    yield f"SELECT i.document {again} ORDER BY i.declared_at LIMIT {MOST_LISTED}", known
    thanked = "FROM incident_part p JOIN incident i ON i.id = p.incident_id WHERE p.what = 'thanked' AND p.at >= :start"
    yield f"SELECT i.document {thanked} AND p.at < :end ORDER BY p.at LIMIT {MOST_LISTED}", known
