"""The way into the workflows: delivering alerts, declaring incidents, giving commands."""

import asyncio
import hashlib
import itertools
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy import Engine, exc
from sqlmodel import Session
from starlette.exceptions import HTTPException
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from followthrough.domain.action_item import ActionItem, ItemCommand
from followthrough.domain.incident import ONGOING, Alert, AlertState, Incident
from followthrough.domain.incident_commands import IncidentCommand
from followthrough.domain.routing import route
from followthrough.domain.values import PersonId, Refusal, Severity
from followthrough.organisation import Organisation, ServiceId
from followthrough.store import queries
from followthrough.web.errors import Unknown
from workflows.action_item import ActionItemWorkflow
from workflows.incident import IncidentWorkflow
from workflows.messages import TASK_QUEUE, IncidentProgress
from workflows.search_attributes import SERVICE, SEVERITY, STATUS, TEAM

logger = logging.getLogger(__name__)

ANSWER_WITHIN = 10
"""Seconds; pagers give up after a little more."""

HINT_WITHIN = 1
"""Seconds; without the hint a delivery asks the engine more often."""

RecordT = TypeVar("RecordT", Incident, ActionItem)
INCIDENT_ID = re.compile(r"inc-[0-9a-f]{10}(-[0-9]+)?")
ITEM_ID = re.compile(INCIDENT_ID.pattern + r"\.[0-9]+")

PEOPLE = ("by", "person", "owner", "to")
"""Fields of commands that name somebody."""


def incident_id(dedup_key: str, generation: int = 1) -> str:
    """The same key always gives the same id; generations count the incidents that one key started."""
    digest = hashlib.sha256(dedup_key.encode()).hexdigest()[:10]
    return f"inc-{digest}" if generation == 1 else f"inc-{digest}-{generation}"


class Incidents:
    """Raises TimeoutError, RPCError or WorkflowUpdateRPCTimeoutOrCancelledError while the engine does not answer."""

    def __init__(self, client: Client, organisation: Callable[[], Organisation], database: Engine) -> None:
        self._client = client
        self._organisation = organisation
        self._database = database

    async def deliver(self, alert: Alert) -> str | None:
        """The id of the incident that the alert belongs to, once that durably exists.

        A firing alert starts an incident unless one is ongoing; None when an alert is over and no ongoing
        incident waits for that. Raises HTTPException when no route fits.

        Starting needs no worker and is tried first: most deliveries are an alert's first.
        """
        async with asyncio.timeout(ANSWER_WITHIN):
            for generation in itertools.count(await self._first_generation(alert)):
                workflow_id = incident_id(alert.dedup_key, generation)
                if alert.state is AlertState.FIRING and await self._start_for(alert, workflow_id):
                    return workflow_id
                handle = self._client.get_workflow_handle_for(IncidentWorkflow.run, workflow_id)
                try:
                    receipt = await handle.execute_update(IncidentWorkflow.receive_alert, alert)
                    if receipt.joined:
                        return workflow_id
                except RPCError as error:
                    if error.status is not RPCStatusCode.NOT_FOUND:
                        raise
                    if alert.state is AlertState.RESOLVED:
                        return None
        raise AssertionError("there is always another generation")

    async def declare(
        self, title: str, service: ServiceId, severity: Severity, by: PersonId, drill: bool, dedup_key: str | None
    ) -> str:
        """The id of the incident; the same ``dedup_key`` declares one incident, ever.

        Raises HTTPException when the organisation file knows no such person or service.
        """
        self._require_people(by)
        organisation = self._organisation()
        if service not in organisation.services:
            known = ", ".join(sorted(organisation.services))
            raise HTTPException(422, f"The organisation file has no service {service!r}; it has {known}.")
        key = f"declared/{dedup_key or uuid4()}"
        incident = Incident(
            id=incident_id(key),
            dedup_key=key,
            title=title,
            service=service,
            team=organisation.services[service].team,
            severity=severity,
            declared_at=datetime.now(UTC),
            declared_by=by,
            drill=drill,
        )
        async with asyncio.timeout(ANSWER_WITHIN):
            if await asyncio.to_thread(queries.latest_incident, self._database, key) is None:
                await self._start(IncidentProgress(incident=incident))
        return incident.id

    async def incident(self, record_id: str) -> Incident:
        """From the read model, or from its workflow while that is too young. Raises Unknown."""
        return await self._find(record_id, INCIDENT_ID, queries.incident, IncidentWorkflow.state)

    async def action_item(self, record_id: str) -> ActionItem:
        """From the read model, or from its workflow while that is too young. Raises Unknown."""
        return await self._find(record_id, ITEM_ID, queries.action_item, ActionItemWorkflow.state)

    async def command(self, record_id: str, command: IncidentCommand) -> Incident:
        """The incident after the command. Raises Unknown, Refusal, or HTTPException for an unknown person."""
        incident = await self.incident(record_id)
        return await self._execute(incident, IncidentWorkflow.execute, command)

    async def item_command(self, record_id: str, command: ItemCommand) -> ActionItem:
        """The action item after the command. Raises Unknown, Refusal, or HTTPException for an unknown person."""
        item = await self.action_item(record_id)
        return await self._execute(item, ActionItemWorkflow.execute, command)

    async def _first_generation(self, alert: Alert) -> int:
        """Skips incidents that are over: the engine forgets them after a while, and their ids must not come again."""
        try:
            async with asyncio.timeout(HINT_WITHIN):
                latest = await asyncio.to_thread(queries.latest_incident, self._database, alert.dedup_key)
        except (exc.DBAPIError, exc.TimeoutError, TimeoutError):
            if alert.state is AlertState.RESOLVED:
                raise
            logger.warning("The database does not answer; an alert is delivered without looking at earlier incidents")
            return 1
        if latest is None:
            return 1
        latest_id, status = latest
        generation = int(latest_id.removeprefix(incident_id(alert.dedup_key)).removeprefix("-") or 1)
        return generation if status in ONGOING else generation + 1

    async def _start_for(self, alert: Alert, workflow_id: str) -> bool:
        """Whether this delivery started the incident; False when it is already there."""
        routed = route(alert.labels, self._organisation())
        if routed is None:
            labels = ", ".join(f"{name}={value}" for name, value in sorted(alert.labels.items())) or "none"
            raise HTTPException(
                422, f"No route in the organisation file fits the labels of this alert ({labels}); add one for it."
            )
        incident = Incident(
            id=workflow_id,
            dedup_key=alert.dedup_key,
            title=alert.title,
            service=routed.service,
            team=routed.team,
            severity=routed.severity,
            declared_at=datetime.now(UTC),
        )
        return await self._start(IncidentProgress(incident=incident, alert=alert))

    async def _start(self, progress: IncidentProgress) -> bool:
        incident = progress.incident
        try:
            await self._client.start_workflow(
                IncidentWorkflow.run,
                progress,
                id=incident.id,
                task_queue=TASK_QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                search_attributes=TypedSearchAttributes(
                    [
                        SearchAttributePair(SERVICE, incident.service),
                        SearchAttributePair(TEAM, incident.team),
                        SearchAttributePair(SEVERITY, incident.severity.value),
                        SearchAttributePair(STATUS, incident.status.value),
                    ]
                ),
            )
        except WorkflowAlreadyStartedError:
            return False
        return True

    async def _find(
        self,
        record_id: str,
        pattern: re.Pattern[str],
        query: Callable[[Session, str], RecordT | None],
        state: Callable[[Any], RecordT],
    ) -> RecordT:
        def read() -> RecordT | None:
            with Session(self._database) as session:
                return query(session, record_id)

        if not pattern.fullmatch(record_id):
            raise Unknown(
                f"{record_id} is not an id here; ids look like inc-7f3a9c21d0, or inc-7f3a9c21d0.1 for an item."
            )
        async with asyncio.timeout(ANSWER_WITHIN):
            if found := await asyncio.to_thread(read):
                return found
            try:
                return await self._client.get_workflow_handle(record_id).query(state)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
        raise Unknown(f"There is no {record_id} here.")

    async def _execute(self, record: RecordT, execute: Any, command: IncidentCommand | ItemCommand) -> RecordT:
        self._require_people(*(getattr(command, field, None) for field in PEOPLE))
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                handle = self._client.get_workflow_handle(record.id)
                after: RecordT = await handle.execute_update(execute, command)
        except WorkflowUpdateFailedError as error:
            if isinstance(error.cause, ApplicationError) and error.cause.type == "Refusal":
                raise Refusal(error.cause.message) from error
            raise
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            raise Refusal(f"{record.id} is {record.status.value}; it takes no more commands.") from error
        return after

    def _require_people(self, *people: PersonId | None) -> None:
        known = self._organisation().people
        for person in people:
            if person is not None and person not in known:
                raise HTTPException(
                    422, f"The organisation file has no person {person!r}; use the key of one of its people."
                )
