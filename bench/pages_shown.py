"""Which lists and pages are measured, and the statements that read what each of them shows, along an index."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from sqlalchemy import Engine, text

from bench.estate import Estate
from bench.estate_records import COMMON, DESCRIBED, RARE, THINGS
from followthrough.domain.replayed.item.action_item import OPEN, WORKED_ON, ItemStatus
from followthrough.store.cursors import written

ENDED = tuple(status for status in ItemStatus if status not in OPEN)
PAGE, API_PAGE = 51, 201
"""Rows that are read for a page: one more than it shows, to know whether there is another."""
PERSON, AUDITOR = "ana-01", "nora"
HIDDEN_ITEMS = "SELECT count(*) FROM action_item WHERE incident_id IN (SELECT id FROM incident WHERE private)"
HIDDEN_INCIDENTS = "SELECT count(*) FROM incident WHERE private"
OF_ITEM = "id, title, status, owner, team, service, severity, priority, kind, incident_id, proposed_at, due, ended_at"
TICKET = "ticket, document -> 'ticket' ->> 'url'"

One = Callable[..., Sequence[Any]]
Bare = tuple[str, dict[str, Any]]
"""A statement and its parameters, the same for both databases."""


class Shown(NamedTuple):
    """A page or export, who looks at it, and what reads what it shows."""

    name: str
    path: str
    bare: Sequence[Bare]
    person: str = PERSON


def asking(database: Engine) -> One:
    """The first row of a statement."""

    def one(statement: str, **values: Any) -> Sequence[Any]:
        with database.connect() as connection:
            row = connection.execute(text(statement), values).first()
        if row is None:
            raise RuntimeError(f"Nothing is there for {statement}")
        return row

    return one


def shown(one: One, found: Estate) -> list[Shown]:
    """All of them, with places and records of this database."""
    return [*_items(one, found), *_searched(), *_incidents(one), *_for_programs(one, found), *_beside(one, found)]


def _in_cursor(at: datetime | str) -> str:
    """SQLite's own text is UTC's."""
    return at.isoformat() if isinstance(at, datetime) else f"{at}+00:00"


def _halfway(one: One) -> tuple[Any, str, str]:
    """The deadline and id of the middle one of what is closed, and the cursor of what comes after it."""
    number = one("SELECT count(*) FROM action_item WHERE status = 'closed'")[0] // 2
    due, item_id = one(
        f"SELECT due, id FROM action_item WHERE status = 'closed' ORDER BY due, id LIMIT 1 OFFSET {number}"
    )
    return due, item_id, written([4, _in_cursor(due), item_id])


def _list(
    statuses: Sequence[ItemStatus],
    where: str = "due IS NOT NULL",
    order: str = "due, id",
    limit: int = PAGE,
    **values: Any,
) -> Bare:
    """The first rows of each status, along an index of its own, and of them the first."""
    columns = f"id, document, {order.replace(' DESC', '').removesuffix(', id')}"
    parts = " UNION ALL ".join(
        f"SELECT * FROM (SELECT {columns} FROM action_item WHERE status = '{status}' AND {where} "
        f"ORDER BY {order} LIMIT {limit}) AS part_{number}"
        for number, status in enumerate(statuses)
    )
    return f"SELECT * FROM ({parts}) AS parts ORDER BY {order} LIMIT {limit}", values


def _items(one: One, found: Estate) -> Iterator[Shown]:
    yield Shown("items", "/items", [_list(WORKED_ON), (HIDDEN_ITEMS, {})])
    due, item_id, place = _halfway(one)
    deep = _list(ENDED, "(due, id) > (:due, :id)", due=due, id=item_id)
    yield Shown("items, a deep page", f"/items?after={place}", [deep, (HIDDEN_ITEMS, {})])
    of_team = "team = 'team-02' AND severity = 'SEV2'"
    filtered = _list([ItemStatus.ACCEPTED], of_team)
    count: Bare = (f"{HIDDEN_ITEMS} AND status = 'accepted' AND {of_team}", {})
    yield Shown("items, filtered", "/items?team=team-02&severity=SEV2&status=accepted", [filtered, count])
    late = _list(WORKED_ON, "due < :now", now=found.now)
    late_private = (f"{HIDDEN_ITEMS} AND status IN ('proposed', 'accepted') AND due < :now", {"now": found.now})
    yield Shown("items, late ones", "/items?late=true", [late, late_private])
    yield Shown("items, by title", "/items?sort=title", [_list(WORKED_ON, "1 = 1", "title, id"), (HIDDEN_ITEMS, {})])
    owned = _list(WORKED_ON, "owner = :owner", owner=PERSON)
    own_private = (f"{HIDDEN_ITEMS} AND owner = :owner", {"owner": PERSON})
    yield Shown("items of a person", f"/items?owner={PERSON}", [owned, own_private])
    board = [_list([status], limit=16) for status in (*OPEN, ItemStatus.CLOSED, ItemStatus.WAIVED)]
    counts: Bare = ("SELECT status, count(*) FROM action_item GROUP BY status", {})
    yield Shown("items, as a board", "/items?shape=board", [*board, counts, (HIDDEN_ITEMS, {})])
    yield Shown(
        "items, as a file",
        "/items.csv",
        [(f"SELECT {OF_ITEM}, {TICKET} FROM action_item ORDER BY status, due, id", {})],
    )


def _searched() -> Iterator[Shown]:
    words = {
        "a rare word": RARE,
        "a common word": COMMON,
        "two words of one in hundreds": f"{THINGS[0]} {THINGS[1]}",
        "a word of descriptions": DESCRIBED,
        "no hit": "nowhere",
    }
    for name, wanted in words.items():
        yield Shown(f"items, {name}", f"/items?{urlencode({'words': wanted})}", [_hits(wanted)])
    titled = f"SELECT id, status, title FROM incident WHERE lower(title) LIKE '%{THINGS[0]}%'"
    yield Shown(
        "find", f"/api/find?text={THINGS[0]}", [_hits(THINGS[0]), (f"{titled} ORDER BY declared_at DESC LIMIT 10", {})]
    )


def _hits(wanted: str) -> Bare:
    """One pass over the words, for no index finds a part of one, and the rows of the page."""
    has = " AND ".join(f"text LIKE '%{word}%'" for word in wanted.split())
    found = f"SELECT item_id FROM item_search WHERE {has} LIMIT 1000"
    return f"SELECT id, document FROM action_item WHERE id IN ({found}) ORDER BY due, id LIMIT {PAGE}", {}


def _incidents(one: One) -> Iterator[Shown]:
    listed = "SELECT id, document FROM incident {} ORDER BY declared_at DESC, id DESC LIMIT 51"
    hidden: Bare = (HIDDEN_INCIDENTS, {})
    number = one("SELECT count(*) FROM incident")[0] // 2
    at, incident_id = one(
        f"SELECT declared_at, id FROM incident ORDER BY declared_at DESC, id DESC LIMIT 1 OFFSET {number}"
    )
    yield Shown("incidents", "/incidents", [(listed.format(""), {}), hidden])
    deep = (listed.format("WHERE (declared_at, id) < (:at, :id)"), {"at": at, "id": incident_id})
    yield Shown("incidents, a deep page", f"/incidents?after={written([_in_cursor(at), incident_id])}", [deep, hidden])
    closed: Bare = (listed.format("WHERE status = 'closed' AND team = 'team-02'"), {})
    yield Shown("incidents, filtered", "/incidents?status=closed&team=team-02", [closed, hidden])
    yield Shown("an incident", f"/incidents/{incident_id}", [*_an_incident(incident_id)])
    (item_id,) = one(
        "SELECT id FROM action_item WHERE status = 'accepted' AND team = 'team-01' ORDER BY due, id LIMIT 1"
    )
    item = ("SELECT document FROM action_item WHERE id = :id", {"id": item_id})
    timeline = ("SELECT * FROM timeline WHERE record_id = :id ORDER BY at", {"id": item_id})
    around = ("SELECT id FROM action_item WHERE incident_id = :id", {"id": item_id.split(".")[0]})
    yield Shown("an action item", f"/items/{item_id}", [item, timeline, around])


def _an_incident(incident_id: str) -> Iterator[Bare]:
    known = {"id": incident_id}
    yield "SELECT document FROM incident WHERE id = :id", known
    yield "SELECT document FROM action_item WHERE incident_id = :id", known
    yield "SELECT * FROM timeline WHERE incident_id = :id ORDER BY at, record_id, number", known
    yield "SELECT count(*) FROM anonymous_note WHERE incident_id = :id", known


def _for_programs(one: One, found: Estate) -> Iterator[Shown]:
    listed = _list(WORKED_ON, limit=API_PAGE)
    yield Shown("/api/items", "/api/items", [listed, (HIDDEN_ITEMS, {})])
    due, item_id, place = _halfway(one)
    deep = _list(ENDED, "(due, id) > (:due, :id)", limit=API_PAGE, due=due, id=item_id)
    yield Shown("/api/items, a deep cursor", f"/api/items?cursor={place}", [deep, (HIDDEN_ITEMS, {})])
    since = found.now - timedelta(days=200)
    asked = urlencode({"updated_since": since.isoformat()})
    newer = "SELECT id, document FROM {} WHERE updated_at >= :since ORDER BY updated_at, id LIMIT {}"
    items, incidents = newer.format("action_item", API_PAGE), newer.format("incident", PAGE)
    yield Shown("/api/items, since a time", f"/api/items?{asked}", [(items, {"since": since}), (HIDDEN_ITEMS, {})])
    yield Shown(
        "/api/incidents, since a time",
        f"/api/incidents?{asked}",
        [(incidents, {"since": since}), (HIDDEN_INCIDENTS, {})],
    )
    first = "SELECT id, document FROM incident ORDER BY declared_at DESC, id DESC LIMIT 51"
    yield Shown("/api/incidents", "/api/incidents", [(first, {}), (HIDDEN_INCIDENTS, {})])
    mails = "key, kind, incident_id, item_id, person, recipients, subject, at, state, answer, sent_in"
    yield Shown("/api/mails", "/api/mails", [(f"SELECT {mails} FROM mail ORDER BY at DESC, key LIMIT 51", {})])


def _beside(one: One, found: Estate) -> Iterator[Shown]:
    team = found.teams[0]
    yield Shown("/you", "/you", [])
    for name, person in (("the first page", PERSON), ("the first page of a lead", team.lead)):
        led = [team.id] if person == team.lead else []
        yield Shown(name, "/", [*_work(person, led, found.now)], person)
    entries = "SELECT * FROM audit_entry {} ORDER BY number DESC LIMIT 51"
    yield Shown("the audit", "/audit", [(entries.format(""), {})], AUDITOR)
    whose = one("SELECT pseudonym FROM pseudonym WHERE person = :person", person=PERSON)[0]
    of_person = (entries.format("WHERE who = :who"), {"who": whose})
    yield Shown("the audit, of a person", f"/audit?who={PERSON}", [of_person], AUDITOR)
    alerts: Bare = ("SELECT * FROM unstarted_alert WHERE set_aside_because IS NULL ORDER BY last_at DESC LIMIT 51", {})
    yield Shown("alerts without a route", "/alerts", [alerts])
    mails = "SELECT key, kind, recipients, subject, at, state, answer FROM mail {} ORDER BY at DESC, key LIMIT 51"
    further = "SELECT (SELECT min(kind) FROM mail WHERE kind > each.kind) FROM each WHERE kind IS NOT NULL"
    each = f"WITH RECURSIVE each AS (SELECT min(kind) AS kind FROM mail UNION ALL {further})"
    kinds: Bare = (f"{each} SELECT kind FROM each WHERE kind IS NOT NULL", {})
    aside: Bare = (mails.format("WHERE state = 'SET_ASIDE'"), {})
    yield Shown("the outbox", "/outbox", [(mails.format(""), {}), aside, kinds], AUDITOR)
    number = min(5_000, one("SELECT count(*) FROM mail")[0] // 2)
    at, key = one(f"SELECT at, key FROM mail ORDER BY at DESC, key LIMIT 1 OFFSET {number}")
    older = (mails.format("WHERE at <= :at AND (at < :at OR key > :key)"), {"at": at, "key": key})
    place = written([_in_cursor(at), key])
    yield Shown("the outbox, a deep page", f"/outbox?after={place}", [older, kinds], AUDITOR)
    theirs = (mails.format("WHERE person = :person"), {"person": PERSON})
    yield Shown("the outbox, of a person", f"/outbox?person={PERSON}", [theirs, aside, kinds], AUDITOR)
    planned = ("SELECT document FROM action_item WHERE team = :team AND ended_at IS NULL", {"team": team.id})
    yield Shown("the planning of a team", f"/planning/{team.id}", [planned])


def _work(person: str, led: Sequence[str], now: datetime) -> Iterator[Bare]:
    """What somebody owns or has to verify, its incidents, those with a part for them, what is late in their team."""
    known = {"person": person}
    verify = f" OR (team = '{led[0]}' AND status = 'done')" if led else ""
    theirs = f"FROM action_item WHERE status IN ('proposed', 'accepted', 'done') AND (owner = :person{verify})"
    yield f"SELECT document {theirs} ORDER BY due LIMIT 300", known
    yield f"SELECT document FROM incident WHERE id IN (SELECT incident_id {theirs})", known
    part = "EXISTS (SELECT 1 FROM incident_part WHERE incident_id = incident.id AND person = :person)"
    not_over = "id IN (SELECT id FROM incident WHERE status IN ('declared', 'mitigated', 'resolved'))"
    yield f"SELECT document FROM incident WHERE {not_over} AND {part}", known
    for team in led:
        late = "ended_at IS NULL AND team = :team AND due < :now"
        yield f"SELECT document FROM action_item WHERE {late} ORDER BY due LIMIT 10", {"team": team, "now": now}
