"""Writes what workflows know into SQL, where pages, digests and insights read it."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, bindparam, delete
from sqlmodel import Session, SQLModel, col
from temporalio import activity

from followthrough.domain.replayed.drill.drill import DrillReport
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.incident.privacy import people_on
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.text import clean_all
from followthrough.domain.replayed.values import Fence
from followthrough.store import projections
from followthrough.store.database import upsert_for
from followthrough.store.tables import (
    ActionItemRow,
    DrillReportRow,
    IncidentRow,
    MaySeeRow,
    PostmortemRow,
    PostmortemVersionRow,
    TimelineRow,
)
from followthrough.webhook_outbox import WebhookOutbox

UNFENCED = Fence()
"""Of a record that no workflow has written."""


class ReadModel:
    """Each projection is one transaction, and of two the one whose workflow is further stays."""

    def __init__(self, database: Engine, webhooks: WebhookOutbox | None = None) -> None:
        """What becomes different is told through ``webhooks``; a rebuild tells nobody."""
        self._database = database
        self._webhooks = webhooks

    def project_incident(self, incident: Incident, fence: Fence = UNFENCED) -> None:
        """Writes the incident, the entries of its timeline that it brings, and its postmortem's text if it has one."""
        self._project(incident, fence)

    def project_item(self, item: ActionItem, fence: Fence = UNFENCED) -> None:
        """Writes the action item and the entries of its timeline that it brings."""
        self._project(item, fence)

    @activity.defn
    def project_drill(self, report: DrillReport) -> None:
        """Writes the report; it never changes."""
        document = report.model_dump(mode="json")
        with Session(self._database) as session, session.begin():
            known = session.get(DrillReportRow, report.incident_id) is not None
            session.merge(DrillReportRow.model_validate({**document, "document": document}))
            if self._webhooks is not None and not known:
                self._webhooks.drill_finished(session, report)

    def overwrite(self, record: Incident | ActionItem, fence: Fence, writes: int) -> None:
        """Writes a record as its workflow has just said it is, unless it was written since it had these ``writes``."""
        with Session(self._database) as session, session.begin():
            if projections.reclaim(session, record.id, fence, writes):
                self._write(session, record, taken_over=True)
                if isinstance(record, Incident):
                    _forget_texts_beyond(session, record)

    def writes(self, record_id: str) -> int:
        """How often the record was written, which ``overwrite`` wants to know from before its workflow was asked."""
        with Session(self._database) as session:
            return projections.writes(session, record_id)

    def runs(self) -> dict[str, str]:
        """The run that wrote each record last, by the record's id."""
        with Session(self._database) as session:
            return projections.runs(session)

    def to_check(self, now: datetime) -> list[tuple[str, int]]:
        """Records that were written in a task of which it is not known whether it counted, and their ``writes``."""
        with Session(self._database) as session:
            return projections.to_check(session, now)

    def check_again(self, record_id: str, writes: int, at: datetime | None) -> None:
        """What a record says can't be checked now, or ever."""
        with Session(self._database) as session, session.begin():
            projections.check_again(session, record_id, writes, at)

    def _project(self, record: Incident | ActionItem, fence: Fence) -> None:
        with Session(self._database) as session, session.begin():
            if projections.claim(session, record.id, fence, datetime.now(UTC)):
                self._write(session, record)

    def _write(self, session: Session, record: Incident | ActionItem, *, taken_over: bool = False) -> None:
        """Entries beyond the record's number were made in a task that did not count."""
        row = _row(record)
        if self._webhooks is not None:
            self._webhooks.record_written(session, record, row, taken_over=taken_over)
        self._put(session, type(row), {**row.model_dump(), "updated_at": datetime.now(UTC)})
        if isinstance(record, Incident) and record.private:
            session.execute(delete(MaySeeRow).where(col(MaySeeRow.incident_id) == record.id))
            self._put(session, MaySeeRow, *({"incident_id": record.id, "person": one} for one in people_on(record)))
        if isinstance(record, Incident) and record.postmortem is not None and record.postmortem.text:
            text = record.postmortem.model_dump(include={"text", "at"})
            self._put(session, PostmortemRow, {"incident_id": record.id, **text})
            version = record.postmortem.model_dump(include={"text", "at", "by"})
            self._put(session, PostmortemVersionRow, {"incident_id": record.id, **version})
        incident_id = record.id if isinstance(record, Incident) else record.incident_id
        belongs = {"record_id": record.id, "incident_id": incident_id}
        entries = (dict(entry) for entry in (*record.written, *record.unwritten))
        self._put(session, TimelineRow, *({**entry, **belongs} for entry in entries))
        session.connection().execute(_DELETE_BEYOND, {"record": record.id, "entries": record.entries})

    def _put(self, session: Session, table: type[SQLModel], *rows: dict[str, Any]) -> None:
        """Whatever was there."""
        if rows:
            session.connection().execute(upsert_for(self._database.dialect.name, table), rows)


_DELETE_BEYOND = delete(TimelineRow).where(
    col(TimelineRow.record_id) == bindparam("record"), col(TimelineRow.number) > bindparam("entries")
)


def _forget_texts_beyond(session: Session, incident: Incident) -> None:
    """Postmortems that were handed in in a task that did not count."""
    if incident.postmortem is None:
        session.execute(delete(PostmortemRow).where(col(PostmortemRow.incident_id) == incident.id))
    else:
        of_incident = col(PostmortemVersionRow.incident_id) == incident.id
        beyond = col(PostmortemVersionRow.at) > incident.postmortem.at
        session.execute(delete(PostmortemVersionRow).where(of_incident, beyond))


def document_of(record: Incident | ActionItem) -> dict[str, Any]:
    """What its row keeps of it beside its columns."""
    return record.model_dump(mode="json", exclude={"unwritten": True, "written": True, "postmortem": {"text"}})


def columns_of(record: Incident | ActionItem, document: dict[str, Any]) -> dict[str, Any]:
    """Its row, to be validated, with more than it has columns."""
    if isinstance(record, Incident):
        return {**document, "document": document}
    return {
        **document,
        "due": record.due_at,
        "next_at": record.upcoming.at if record.upcoming else None,
        "next_kind": record.upcoming.kind if record.upcoming else None,
        "escalation_level": record.escalation_level,
        "ticket": record.ticket.key if record.ticket else None,
        "document": document,
    }


def _row(record: Incident | ActionItem) -> IncidentRow | ActionItemRow:
    table = IncidentRow if isinstance(record, Incident) else ActionItemRow
    return table.model_validate(columns_of(record, clean_all(document_of(record))))
