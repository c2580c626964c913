"""What is summed up, in columns, indexes and tables beside the documents."""

import json
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from followthrough.store.online import add_column, batches, create_index
from followthrough.store.times import UTCDateTime

revision = "0029"
down_revision = "0028"

WOULD_LOSE = ()

TIMES_OF_INCIDENTS = ("acknowledged_at", "mitigated_at", "published_at")
TIMES_OF_ITEMS = (
    *("asked_at", "accepted_at", "planned_at", "done_at", "told_at", "late_since"),
    *("blocked_since", "waived_until", "sprint_end"),
)
ABOUT = ("drill", "severity", "team", "service")
INDEXES = {
    "ix_incident_summed": (
        *("incident", "declared_at", "status", *ABOUT),
        *("acknowledged_at", "mitigated_at", "resolved_at", "published_at", "id"),
    ),
    "ix_incident_resolved": ("incident", "resolved_at"),
    "ix_incident_open": ("incident", "ended_at", "drill", "status", "severity"),
    "ix_action_item_accepted": ("action_item", "accepted_at", *ABOUT, "asked_at", "proposed_at"),
    "ix_action_item_planned": ("action_item", "planned_at", *ABOUT, "accepted_at"),
    "ix_action_item_told": ("action_item", "told_at", *ABOUT, "ended_at", "status", "escalation_level", "id"),
    "ix_action_item_waived": ("action_item", "status", "waived_until", "id", *ABOUT, "private", "incident_id"),
    "ix_incident_part_at": ("incident_part", "what", "at", "incident_id", "number"),
    "ix_repeat_link_incident_id": ("repeat_link", "incident_id"),
}
PARTIAL = {
    "ix_action_item_ended": (
        *("action_item", "ended_at IS NOT NULL", "status", "ended_at", *ABOUT),
        *("due", "asked_at", "proposed_at", "done_at", "private", "incident_id", "id"),
    ),
    "ix_action_item_open": (
        *("action_item", "ended_at IS NULL", "team", "status", "due", "drill", "severity", "service", "owner"),
        *("next_kind", "escalation_level", "proposed_at", "done_at", "told_at", "told_level", "told_to"),
        *("wants_owner", "wants_time", "shown_by", "blocked_since", "private", "incident_id", "id", "ended_at"),
    ),
    "ix_timeline_by_people": ("timeline", "author IS NOT NULL", "record_id", "at"),
}
ROLES = {"Incident Commander": "led", "Comms Lead": "led", "Resolver": "resolved"}
PAST_DEADLINE = ("remind at the deadline", "remind after the deadline", "escalate")


COLUMNS: dict[str, dict[str, sa.types.TypeEngine[Any]]] = {
    "incident": {name: UTCDateTime() for name in TIMES_OF_INCIDENTS},
    "action_item": {
        **{name: UTCDateTime() for name in TIMES_OF_ITEMS},
        "told_level": sa.Integer(),
        "told_to": sa.String(),
        "shown_by": sa.String(),
        "estimate": sa.Float(),
    },
}
FLAGS = ("private", "wants_owner", "wants_time", "in_sprint")
PARTS = ("incident_id", "number", "what", "person", "at")


def upgrade() -> None:
    """Applies this revision, and fills what it adds from the documents that are there."""
    for table, columns in COLUMNS.items():
        for name, kind in columns.items():
            add_column(table, sa.Column(name, kind, nullable=True))
    add_column("action_item", sa.Column("moved_on", sa.Integer(), nullable=False, server_default="0"))
    for name in FLAGS:
        add_column("action_item", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "incident_part",
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", "number"),
        if_not_exists=True,
    )
    op.create_table(
        "repeat_link",
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "incident_id"),
        if_not_exists=True,
    )
    for table in COLUMNS:
        for keys in batches(sa.table(table, sa.column("id", sa.String)).c.id):
            fill(op.get_bind(), table, keys)
    for name, (table, *indexed) in INDEXES.items():
        create_index(name, table, indexed)
    for name, (table, where, *indexed) in PARTIAL.items():
        create_index(name, table, indexed, where)


def downgrade() -> None:
    """Takes it back; all of it stands in the documents."""
    for name, (table, *_) in {**INDEXES, **PARTIAL}.items():
        op.drop_index(name, table)
    op.drop_table("repeat_link")
    op.drop_table("incident_part")
    for table, columns in COLUMNS.items():
        for name in columns:
            op.drop_column(table, name)
    for name in ("moved_on", *FLAGS):
        op.drop_column("action_item", name)


def fill(connection: sa.Connection, name: str, keys: Collection[str]) -> None:
    """Of incidents or action items, from their documents."""
    of, document = sa.column("id", sa.String), sa.column("document", sa.JSON)
    rows = connection.execute(sa.select(of, document).select_from(sa.table(name)).where(of.in_(keys))).all()
    if not rows:  # deleted since
        return
    facts = _of_incident if name == "incident" else _of_item
    row_of = _table(name, "id", *facts({}))
    update = row_of.update().where(row_of.c.id == sa.bindparam("of"))
    connection.execute(update, [{"of": row_id, **facts(known)} for row_id, known in rows])
    repeat, part = _table("repeat_link", "record_id", "incident_id"), _table("incident_part", *PARTS)
    _put(connection, repeat, keys, [{"record_id": key, "incident_id": one} for key, of in rows for one in _repeats(of)])
    if name == "incident":
        named = ((key, enumerate(_parts(of))) for key, of in rows)
        values = ((key, number, *one) for key, numbered in named for number, one in numbered)
        _put(connection, part, keys, [dict(zip(PARTS, each, strict=True)) for each in values])


def _put(connection: sa.Connection, table: sa.TableClause, keys: Collection[str], rows: list[dict[str, Any]]) -> None:
    connection.execute(table.delete().where(next(iter(table.columns)).in_(keys)))
    if rows:
        connection.execute(table.insert(), rows)


def _repeats(document: dict[str, Any]) -> Iterator[str]:
    """Of incidents each says why, too."""
    found = (one["incident_id"] if isinstance(one, dict) else one for one in document.get("repeats", ()))
    return iter(dict.fromkeys(found))


def _table(name: str, *columns: str) -> sa.TableClause:
    times = {*TIMES_OF_INCIDENTS, *TIMES_OF_ITEMS, "at"}
    return sa.table(name, *(sa.column(one, UTCDateTime() if one in times else None) for one in columns))


def _of_incident(document: dict[str, Any]) -> dict[str, Any]:
    holders = (*document.get("past_roles", ()), *document.get("roles", ()))
    said = (document.get("acknowledged_before"), *(one.get("acknowledged_at") for one in holders))
    return {
        "acknowledged_at": min((at for one in said if (at := _time(one))), default=None),
        "mitigated_at": _time(document.get("mitigated_at")),
        "published_at": _time(document.get("published_at")),
    }


def _of_item(document: dict[str, Any]) -> dict[str, Any]:
    reminders = [{**one, "at": _time(one["at"])} for one in document.get("reminders", ())]
    told = max((one for one in reminders if one.get("level")), key=lambda one: one["at"], default=None)
    passed = (one["at"] for one in reminders if one["kind"] in PAST_DEADLINE)
    evidence, block, waiver = (document.get(name) for name in ("evidence", "block", "waiver"))
    sprint = document.get("sprint")
    return {
        **{name: _time(document.get(name)) for name in ("asked_at", "accepted_at", "planned_at", "done_at")},
        "told_at": told and told["at"],
        "told_level": told and told["level"],
        "told_to": told and json.dumps(told.get("to", ())),
        "late_since": min(passed, default=None),
        "wants_owner": document.get("owner_wanted") is not None,
        "wants_time": document.get("extension_wanted") is not None,
        "shown_by": evidence[-1]["by"] if evidence else None,
        "blocked_since": _time(block and block["at"]),
        "waived_until": _time(waiver and waiver.get("until")),
        "private": document.get("private", False),
        "estimate": document.get("estimate"),
        "moved_on": document.get("moved_on", 0),
        "in_sprint": sprint is not None,
        "sprint_end": _time(sprint and sprint.get("end")),
    }


def _parts(document: dict[str, Any]) -> Iterator[tuple[str, str, datetime | None]]:
    past, roles = document.get("past_roles", []), document.get("roles", [])
    for one in (*past, *roles):
        yield "asked", one["person"], _time(one["at"])
    for moment in document.get("moments", ()):
        if moment["kind"] == "role not acknowledged":
            yield from (("asked", person, _time(moment["at"])) for person in moment.get("to", ()))
    for one in (*(one for one in past if one.get("acknowledged_at")), *roles):
        yield ROLES[one["role"]], one["person"], _time(one["at"])
    for one in document.get("kudos", ()):
        yield "thanked", one["by"], _time(one["at"])


def _time(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None
