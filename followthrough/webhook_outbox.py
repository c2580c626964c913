"""What is written becomes events that go out, in the same transaction: none is lost, and none is told of twice."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pydantic import BaseModel
from pydantic_core import to_json
from sqlmodel import Session, select

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.webhook.events import (
    EventType,
    IncidentData,
    ItemData,
    changed,
    of_incident,
    of_item,
)
from followthrough.domain.replayed.drill.drill import DrillReport
from followthrough.domain.replayed.ids import page_of
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.values import TeamId
from followthrough.store import webhooks
from followthrough.store.tables import ActionItemRow, IncidentRow
from followthrough.store.webhook_tables import WebhookEventRow


class PlanningData(BaseModel):
    """What receivers get of an approved planning; of action items only those that all may see."""

    id: str
    url: str
    team: TeamId
    items: tuple[str, ...]


class DrillData(BaseModel):
    """What receivers get of a drill that is over."""

    id: str
    url: str
    team: TeamId
    service: str
    scenario: str
    title: str
    outcome: str
    started_at: datetime
    improved: tuple[str, ...]
    to_practise: tuple[str, ...]


class WebhookOutbox:
    """Asks the organisation file each time who wants what; while it names no endpoint nothing is kept."""

    def __init__(self, organisation: Callable[[], Organisation], public_url: str) -> None:
        self._organisation = organisation
        self._public_url = public_url

    def record_written(
        self, session: Session, record: Incident | ActionItem, row: IncidentRow | ActionItemRow, *, taken_over: bool
    ) -> None:
        """Before ``row`` is; ``taken_over`` from a workflow long after, which is no news if nothing was there."""
        if not self._organisation().webhooks:
            return
        kind = IncidentRow if isinstance(record, Incident) else ActionItemRow
        known = session.execute(select(kind.document).where(kind.id == row.id)).first()
        before: dict[str, Any] | None = known[0] if known else None
        if self._is_private(session, record):
            if isinstance(record, Incident):
                webhooks.forget(session, record.id)
        elif before is not None or not taken_over:
            self._tell_of(session, record, before, row.document)

    def drill_finished(self, session: Session, report: DrillReport) -> None:
        """Its report is there."""
        url = f"{self._public_url}/{page_of(report.incident_id)}"
        known = report.model_dump(include=set(DrillData.model_fields) - {"id", "url"})
        data = DrillData(id=report.incident_id, url=url, **known)
        self._tell(session, EventType.DRILL_FINISHED, data, data.team, incident_id=report.incident_id, drill=True)

    def planning_approved(self, session: Session, planning: str, team: TeamId, items: Sequence[ActionItem]) -> None:
        """Once for each planning, however often it is said."""
        shown = tuple(item.id for item in items if not self._is_private(session, item))
        data = PlanningData(id=planning, url=f"{self._public_url}/planning/{team}", team=team, items=shown)
        digest = hashlib.sha256(planning.encode()).hexdigest()[:32]
        self._tell(session, EventType.PLANNING_APPROVED, data, team, event_id=f"msg_{digest}")

    def _tell_of(
        self, session: Session, record: Incident | ActionItem, before: dict[str, Any] | None, after: object
    ) -> None:
        if isinstance(record, Incident):
            earlier, now = before and IncidentData.model_validate(before), IncidentData.model_validate(after)
            happened = of_incident(earlier or None, now)
            said: IncidentData | ItemData = now.model_copy(update={"changed": changed(earlier or None, now)})
        else:
            earlier_item, item = before and ItemData.model_validate(before), ItemData.model_validate(after)
            happened = of_item(earlier_item or None, item)
            said = item.model_copy(update={"changed": changed(earlier_item or None, item)})
        incident_id = record.id if isinstance(record, Incident) else record.incident_id
        for event in happened:
            url = f"{self._public_url}/{page_of(record.id)}"
            if event is EventType.POSTMORTEM_PUBLISHED:
                url += "/postmortem"
            data = said.model_copy(update={"url": url})
            self._tell(session, event, data, record.team, incident_id=incident_id, drill=record.drill)

    def _tell(
        self,
        session: Session,
        event: EventType,
        data: IncidentData | ItemData | PlanningData | DrillData,
        team: TeamId,
        *,
        event_id: str | None = None,
        incident_id: str | None = None,
        drill: bool = False,
    ) -> None:
        endpoints = self._organisation().webhooks.items()
        wanted = [name for name, endpoint in endpoints if endpoint.wants(event, team, drill=drill)]
        if not wanted:
            return
        at = datetime.now(UTC)
        body = to_json({"type": event, "timestamp": at, "data": data}).decode()
        row = WebhookEventRow(
            id=event_id or f"msg_{uuid4().hex}",
            type=event,
            at=at,
            record_id=data.id,
            incident_id=incident_id,
            body=body,
        )
        webhooks.put(session, row, wanted)

    def _is_private(self, session: Session, record: Incident | ActionItem) -> bool:
        """An action item may not have heard yet that its incident is."""
        if record.private or isinstance(record, Incident):
            return record.private
        incident = session.get(IncidentRow, record.incident_id)
        return incident is not None and incident.private
