"""What stands in columns for sums is what a migration makes of the documents that were there before it."""

from importlib import import_module
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import Engine, delete, inspect, select, update
from sqlmodel import Session, SQLModel

from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.store.facts import IncidentFacts, ItemFacts, PartRow, RepeatRow
from followthrough.store.tables import ActionItemRow, IncidentRow
from tests.store.some_records import some_records, written

MIGRATION = import_module("followthrough.store.migrations.versions.0029_sums")
FACTS: dict[type[SQLModel], type[SQLModel]] = {IncidentRow: IncidentFacts, ActionItemRow: ItemFacts}


def facts(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    for table in (IncidentRow, ActionItemRow, PartRow, RepeatRow):
        named = [getattr(table, name) for name in FACTS[table].model_fields] if table in FACTS else []
        columns = inspect(table).local_table
        query = select(*named, *columns.primary_key) if named else select(*columns.columns)
        found[table.__name__] = sorted((tuple(row) for row in session.connection().execute(query)), key=repr)
    return found


@settings(max_examples=15, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck))
@given(records=some_records())
def test_a_migration_fills_what_projections_write(
    database: Engine, records: tuple[list[Incident], list[ActionItem]]
) -> None:
    with Session(database) as session:
        written(session, database, *records)
        as_projected = facts(session)
        for table, mixed_in in FACTS.items():
            empty = {name: field.default for name, field in mixed_in.model_fields.items()}
            session.execute(update(table).values(empty))
        for gone in (PartRow, RepeatRow):
            session.execute(delete(gone))
        for name, ids in (
            ("incident", {one.id for one in records[0]}),
            ("action_item", {one.id for one in records[1]}),
        ):
            MIGRATION.fill(session.connection(), name, ids)
        assert facts(session) == as_projected
