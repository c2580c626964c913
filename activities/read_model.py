"""Writes what workflows know into SQL, where pages, digests and insights read it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col
from temporalio import activity

from followthrough.domain.action_item import ActionItem
from followthrough.domain.drill import DrillReport
from followthrough.domain.incident import Incident
from followthrough.domain.postmortem import Postmortem
from followthrough.domain.text import clean_all
from followthrough.domain.values import TimelineEntry
from followthrough.store.tables import ActionItemRow, DrillReportRow, IncidentRow, PostmortemRow, TimelineRow


class ReadModel:
    """Each projection is one transaction, can be repeated, and never goes back to an older version."""

    def __init__(self, database: Engine) -> None:
        self._database = database
        self._insert = postgresql.insert if database.dialect.name == "postgresql" else sqlite.insert

    @activity.defn
    def project_incident(self, incident: Incident) -> None:
        """Writes the incident, the timeline entries that are not there yet, and its postmortem's text if it has one."""
        document = clean_all(incident.model_dump(mode="json", exclude={"unwritten": True, "postmortem": {"text"}}))
        row = IncidentRow.model_validate({**document, "document": document})
        if incident.postmortem is not None and incident.postmortem.text:
            self._write_text(incident.id, incident.postmortem)
        self._write(row, incident.id, incident.unwritten)

    @activity.defn
    def project_item(self, item: ActionItem) -> None:
        """Writes the action item and the timeline entries that are not there yet."""
        document = clean_all(item.model_dump(mode="json", exclude={"unwritten"}))
        row = ActionItemRow.model_validate(
            {
                **document,
                "due": item.due_at,
                "next_at": item.upcoming.at if item.upcoming else None,
                "next_kind": item.upcoming.kind if item.upcoming else None,
                "escalation_level": item.escalation_level,
                "ticket": item.ticket.key if item.ticket else None,
                "document": document,
            }
        )
        self._write(row, item.incident_id, item.unwritten)

    @activity.defn
    def project_drill(self, report: DrillReport) -> None:
        """Writes the report; it never changes."""
        document = report.model_dump(mode="json")
        with Session(self._database) as session, session.begin():
            session.merge(DrillReportRow.model_validate({**document, "document": document}))

    def _write_text(self, incident_id: str, postmortem: Postmortem) -> None:
        upsert = self._insert(PostmortemRow).values(
            incident_id=incident_id, **postmortem.model_dump(include={"text", "at"})
        )
        later = upsert.on_conflict_do_update(
            index_elements=["incident_id"],
            set_=dict(upsert.excluded),
            where=col(PostmortemRow.at) <= upsert.excluded.at,
        )
        with Session(self._database) as session, session.begin():
            session.execute(later)

    def _write(self, row: IncidentRow | ActionItemRow, incident_id: str, entries: Sequence[TimelineEntry]) -> None:
        table = type(row)
        upsert = self._insert(table).values(row.model_dump())
        newer = upsert.on_conflict_do_update(
            index_elements=["id"],
            set_=dict(upsert.excluded),
            where=table.version < upsert.excluded.version,
        )
        lines: list[dict[str, Any]] = [
            {**entry.model_dump(), "record_id": row.id, "incident_id": incident_id} for entry in entries
        ]
        with Session(self._database) as session, session.begin():
            session.execute(newer)
            if lines:
                session.execute(self._insert(TimelineRow).on_conflict_do_nothing(), lines)
