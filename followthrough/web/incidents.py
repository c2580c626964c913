"""The way into the workflows: delivering alerts, declaring incidents, giving commands."""

import asyncio
import contextlib
import itertools
import logging
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import uuid4
from weakref import WeakValueDictionary

from sqlalchemy import Engine, exc
from sqlmodel import Session
from starlette.exceptions import HTTPException
from temporalio.client import (
    Client,
    WorkflowFailureError,
    WorkflowUpdateFailedError,
    WorkflowUpdateHandle,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    WorkflowUpdateStage,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from followthrough.domain.action_item import ActionItem
from followthrough.domain.alert import Alert, AlertState, in_words
from followthrough.domain.incident import ONGOING, Incident, IncidentStatus
from followthrough.domain.incident_commands import IncidentCommand
from followthrough.domain.item_commands import ItemCommand
from followthrough.domain.item_lifecycle import ITEM_ID, ReopenItem, SplitItem
from followthrough.domain.lifecycle_commands import INCIDENT_ID, LinkRepeat, Reopen, Split, generation_of, incident_id
from followthrough.domain.routing import Routed, route
from followthrough.domain.text import REASON, cut
from followthrough.domain.values import PersonId, Refusal, ServiceId, Severity
from followthrough.organisation import Organisation
from followthrough.revival import OtherEngine, go_on
from followthrough.store import alerts, queries
from followthrough.web.checks import checked
from followthrough.web.errors import NotYet, Unknown
from workflows.action_item import ActionItemWorkflow
from workflows.durable import Command
from workflows.incident import IncidentWorkflow
from workflows.messages import TASK_QUEUE, AlertReceipt, IncidentProgress, ItemProgress
from workflows.search_attributes import of_incident, of_item

logger = logging.getLogger(__name__)

ANSWER_WITHIN = 10
"""Seconds; pagers give up after a little more."""

AT_ONCE = 8
"""Updates of one workflow; the engine refuses more than 10, and with each that it refuses it drops the others' task."""

HINT_WITHIN = 1
"""Seconds; without the hint a delivery asks the engine more often."""

RecordT = TypeVar("RecordT", Incident, ActionItem)

PEOPLE = ("by", "person", "owner", "to")
"""Fields of commands that name somebody."""


class Over(Refusal):
    """Its workflow has ended, so it takes no more commands."""


class WithoutRoute(Exception):
    """An alert that no route fits is kept; the message says what to do."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        super().__init__(
            "The alert is kept, but starts no incident: no route in the organisation file fits its labels "
            f"({cut(in_words(labels), REASON)}); add one, and its next delivery does."
        )


class Incidents:
    """Raises TimeoutError, RPCError or WorkflowUpdateRPCTimeoutOrCancelledError while the engine does not answer."""

    def __init__(self, client: Client, organisation: Callable[[], Organisation], database: Engine) -> None:
        self._client = client
        self._organisation = organisation
        self._database = database
        self._hands: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def deliver(self, alert: Alert, labels: Mapping[str, str] | None = None) -> str | None:
        """The id of the incident that the alert belongs to, once that durably exists.

        A firing alert starts an incident unless one is ongoing, and so does one that only changed if it never had one;
        ``labels`` are what routes look at, when there are more than the alert keeps. None when there is nothing to do:
        the alert is over, and no ongoing incident waits for that. An incident that was merged into another leads there.
        Raises WithoutRoute once an alert is kept that no route fits.

        Starting needs no worker and is tried first: most deliveries are an alert's first.
        """
        routed = route(alert.labels if labels is None else labels, self._organisation())
        alert = alert.model_copy(update={"severity": routed.severity if routed else None})
        async with asyncio.timeout(ANSWER_WITHIN):
            known = await self._known(alert)
            if known.heard:
                return known.incident_id
            alert = await self._with_incident_merged_into(alert)
            elsewhere = known.incident_id if known.status in (*ONGOING, IncidentStatus.MERGED) else known.followed_by
            receipt = await self._hand(alert, elsewhere) if elsewhere else None
            if receipt is not None and receipt.joined:
                return receipt.incident_id
            status = known.status if elsewhere != known.incident_id else None
            for generation in itertools.count(_next_generation(known.incident_id, status)):
                workflow_id = incident_id(alert.dedup_key, generation)
                may_start = alert.state is AlertState.FIRING or (alert.state is AlertState.CHANGED and generation == 1)
                if may_start and routed and await self._start_for(alert, workflow_id, routed):
                    if known.unstarted:
                        await self._forget(alert)
                    return workflow_id
                receipt = await self._hand(alert, workflow_id)
                if receipt is not None and receipt.joined:
                    return receipt.incident_id
                if receipt is None and (routed is None or alert.state is not AlertState.FIRING):
                    break
        if may_start or known.unstarted or (alert.event and generation == 1):
            await asyncio.to_thread(alerts.keep, self._database, alert, datetime.now(UTC))
        if may_start:
            raise WithoutRoute(alert.labels if labels is None else labels)
        return None

    async def declare(
        self, title: str, service: ServiceId, severity: Severity, by: PersonId, drill: bool, dedup_key: str | None
    ) -> str:
        """The id of the incident; the same ``dedup_key`` declares one incident, ever.

        Raises HTTPException when the organisation file knows no such person or service.
        """
        self._require_people(by)
        self._require_service(service)
        key = f"declared/{dedup_key or uuid4()}"
        async with asyncio.timeout(ANSWER_WITHIN):
            if latest := await asyncio.to_thread(queries.latest_incident, self._database, key):
                return latest[0]
            for generation in itertools.count(1):
                incident = Incident(
                    id=incident_id(key, generation),
                    dedup_key=key,
                    title=title,
                    service=service,
                    team=self._organisation().services[service].team,
                    severity=severity,
                    declared_at=datetime.now(UTC),
                    declared_by=by,
                    drill=drill,
                )
                started = await self._start(IncidentProgress(incident=incident))
                if started or (await self.incident(incident.id)).dedup_key == key:
                    return incident.id
        raise AssertionError("there is always another generation")

    async def incident(self, record_id: str) -> Incident:
        """From the read model, or from its workflow while that is too young. Raises Unknown."""
        return await self._find(record_id, INCIDENT_ID, queries.incident, IncidentWorkflow.state)

    async def action_item(self, record_id: str) -> ActionItem:
        """From the read model, or from its workflow while that is too young. Raises Unknown."""
        return await self._find(record_id, ITEM_ID, queries.action_item, ActionItemWorkflow.state)

    async def command(self, record_id: str, command: IncidentCommand, key: str | None = None) -> Incident:
        """The incident after the command, which is carried out once for equal ``key``.

        Raises NotYet when it is only accepted, Unknown, Refusal, Returned for what has to be said another way, or
        HTTPException for a person or service that the organisation file does not have.
        """
        key = key or uuid4().hex
        incident = await self.incident(record_id)
        command = await asyncio.to_thread(checked, command, self._organisation())
        if isinstance(command, LinkRepeat):
            await self.incident(command.of)
        if isinstance(command, Split):
            self._require_service(command.service or incident.service)
        try:
            return await self._execute(incident, queries.incident, command, key)
        except Over:
            if isinstance(command, Reopen):
                return await self._reopen(
                    incident,
                    queries.incident,
                    command,
                    lambda ended: IncidentProgress(incident=ended, reopen=command, reopen_id=key),
                )
            raise

    async def item_command(self, record_id: str, command: ItemCommand, key: str | None = None) -> ActionItem:
        """The action item after the command, which is carried out once for equal ``key``.

        Raises NotYet when it is only accepted, Unknown, Refusal, Returned for parts that have to be said another way,
        or HTTPException for an unknown person.
        """
        key = key or uuid4().hex
        item = await self.action_item(record_id)
        command = await asyncio.to_thread(checked, command, self._organisation())
        if isinstance(command, SplitItem):
            self._require_people(tuple(part.owner for part in command.parts))
        try:
            return await self._execute(item, queries.action_item, command, key)
        except Over:
            if isinstance(command, ReopenItem):
                return await self._reopen(
                    item,
                    queries.action_item,
                    command,
                    lambda ended: ItemProgress(item=ended, reopen=command, reopen_id=key),
                )
            raise

    async def _reopen(
        self,
        record: RecordT,
        query: Callable[[Session, str], RecordT | None],
        command: Command,
        progress: Callable[[RecordT], IncidentProgress | ItemProgress],
    ) -> RecordT:
        """Starts a new run of the record's workflow from how the last one ended."""
        async with asyncio.timeout(ANSWER_WITHIN):
            ended = await self._as_it_ended(record.id, type(record), query)
            if ended is None:
                raise Unknown(f"There is no {record.id} here.")
            command.apply(ended.model_copy(deep=True), datetime.now(UTC))
            if not await self._start(progress(ended)):
                raise Refusal(f"Somebody has just reopened {record.id}.")
            handle = self._client.get_workflow_handle(record.id)
            reopened: RecordT = await handle.query("state", result_type=type(record))
            return reopened

    async def _hand(self, alert: Alert, workflow_id: str) -> AlertReceipt | None:
        """The answer of an incident, or of the one it was merged into; None when it does not run."""
        handle = self._client.get_workflow_handle(workflow_id)
        try:
            async with self._hand_to(workflow_id):
                receipt = await handle.execute_update(IncidentWorkflow.receive_alert, alert)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            with contextlib.suppress(OtherEngine):
                if await go_on(self._client, self._database, workflow_id):
                    return await self._hand(alert, workflow_id)
            ended = await self._as_it_ended(workflow_id, Incident, queries.incident)
            if ended is None:
                return None
            receipt = AlertReceipt(incident_id=ended.id, joined=ended.knows(alert), merged_into=ended.merged_into)
        return await self._hand(alert, receipt.merged_into) if receipt.merged_into else receipt

    def _hand_to(self, workflow_id: str) -> asyncio.Semaphore:
        return self._hands.setdefault(workflow_id, asyncio.Semaphore(AT_ONCE))

    async def _as_it_ended(
        self, record_id: str, kind: type[RecordT], query: Callable[[Session, str], RecordT | None]
    ) -> RecordT | None:
        """A record whose workflow does not run, from the read model once the engine has forgotten it."""
        try:
            with contextlib.suppress(WorkflowFailureError):
                ended: RecordT = await self._client.get_workflow_handle(record_id, result_type=kind).result()
                return ended
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        except WorkflowFailureError:
            logger.warning("The workflow of %s ended badly; what the database has of it counts", record_id)
        return await asyncio.to_thread(self._read, query, record_id)

    def _read(self, query: Callable[[Session, str], RecordT | None], record_id: str) -> RecordT | None:
        with Session(self._database) as session:
            return query(session, record_id)

    async def _known(self, alert: Alert) -> alerts.Known:
        """What the read model knows of the alert; nothing while the database is silent."""
        try:
            async with asyncio.timeout(HINT_WITHIN):
                return await asyncio.to_thread(alerts.known, self._database, alert)
        except (exc.DBAPIError, exc.TimeoutError, TimeoutError):
            if alert.state is not AlertState.FIRING:
                raise
            logger.warning("The database does not answer; an alert is delivered without looking at earlier incidents")
            return alerts.Known()

    async def _with_incident_merged_into(self, alert: Alert) -> Alert:
        """It names the ongoing incident of the alert that it was merged into, if there is one."""
        if alert.into is None:
            return alert
        latest = await asyncio.to_thread(queries.latest_incident, self._database, alert.into.dedup_key)
        try:
            other = await self.incident(latest[0] if latest else incident_id(alert.into.dedup_key))
            while other.merged_into is not None:
                other = await self.incident(other.merged_into)
        except Unknown:
            return alert
        found = other.id if other.status in ONGOING else None
        return alert.model_copy(update={"into": alert.into.model_copy(update={"incident_id": found})})

    async def _forget(self, alert: Alert) -> None:
        """Its incident has started; a row that stays is not shown, for a route fits."""
        try:
            await asyncio.to_thread(alerts.forget, self._database, alert)
        except (exc.DBAPIError, exc.TimeoutError):
            logger.warning("The database does not answer; an alert stays among those without an incident")

    async def _start_for(self, alert: Alert, workflow_id: str, routed: Routed) -> bool:
        """Whether this delivery started the incident; False when it is already there."""
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

    async def _start(self, progress: IncidentProgress | ItemProgress) -> bool:
        """False when its workflow runs, or ran and is not to be reopened."""
        if isinstance(progress, ItemProgress):
            record_id, name, attributes = progress.item.id, "ActionItemWorkflow", of_item(progress.item)
        else:
            record_id, name, attributes = progress.incident.id, "IncidentWorkflow", of_incident(progress.incident)
        try:
            await self._client.start_workflow(
                name,
                progress,
                id=record_id,
                task_queue=TASK_QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE
                if progress.reopen
                else WorkflowIDReusePolicy.REJECT_DUPLICATE,
                search_attributes=attributes,
                request_eager_start=True,
            )
        except WorkflowAlreadyStartedError:
            return False
        return True

    async def _find(
        self,
        record_id: str,
        pattern: str,
        query: Callable[[Session, str], RecordT | None],
        state: Callable[[Any], RecordT],
    ) -> RecordT:
        if not re.fullmatch(pattern, record_id):
            raise Unknown(
                f"{record_id} is not an id here; ids look like inc-7f3a9c21d0b84e5fa612, or with .1 behind for an item."
            )
        async with asyncio.timeout(ANSWER_WITHIN):
            if found := await asyncio.to_thread(self._read, query, record_id):
                return found
            try:
                return await self._client.get_workflow_handle(record_id).query(state)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
        raise Unknown(f"There is no {record_id} here.")

    async def _execute(
        self,
        record: RecordT,
        query: Callable[[Session, str], RecordT | None],
        command: Command,
        key: str,
    ) -> RecordT:
        self._require_people(*(getattr(command, field, None) for field in PEOPLE))
        update: WorkflowUpdateHandle[int] | None = None
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                handle = self._client.get_workflow_handle(record.id)
                async with self._hand_to(record.id):
                    update = await handle.start_update(
                        "execute", command, id=key, wait_for_stage=WorkflowUpdateStage.ACCEPTED, result_type=int
                    )
                    version = await update.result()
                after = await asyncio.to_thread(self._read, query, record.id)
                if after is None or after.version < version:
                    after = await handle.query("state", result_type=type(record))
        except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
            if update is None:
                raise
            raise NotYet(record.id) from None
        except WorkflowUpdateFailedError as error:
            if isinstance(error.cause, ApplicationError) and error.cause.type == "Refusal":
                raise Refusal(error.cause.message) from error
            if isinstance(error.cause, ApplicationError) and error.cause.type == "AcceptedUpdateCompletedWorkflow":
                raise HTTPException(
                    503, f"The workflow of {record.id} ended meanwhile; look whether it was done, or try again."
                ) from error
            raise
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            async with asyncio.timeout(ANSWER_WITHIN):
                ended = await self._as_it_ended(record.id, type(record), query) or record
            match ended.carried_out.get(key):
                case str(sentence):
                    raise Refusal(sentence) from error
                case int():
                    return ended
            if await go_on(self._client, self._database, record.id):
                return await self._execute(record, query, command, key)
            command.apply(record, datetime.now(UTC))
            raise Over(f"{record.id} is {record.status.value}; it takes no more commands.") from error
        return after

    def _require_service(self, service: ServiceId) -> None:
        services = self._organisation().services
        if service not in services:
            known = ", ".join(sorted(services))
            raise HTTPException(422, f"The organisation file has no service {service!r}; it has {known}.")

    def _require_people(self, *named: PersonId | tuple[PersonId, ...] | None) -> None:
        known = self._organisation().people
        for person in itertools.chain.from_iterable((one,) if isinstance(one, str) else one or () for one in named):
            if person not in known:
                raise HTTPException(
                    422, f"The organisation file has no person {person!r}; use the key of one of its people."
                )
            left = known[person].left
            if left is not None and left <= datetime.now(UTC).date():
                raise HTTPException(422, f"{person} left on {left}; name somebody who is still there.")


def _next_generation(latest_id: str | None, status: IncidentStatus | None) -> int:
    """Skips incidents that are over: the engine forgets them after a while, and their ids must not come again."""
    if latest_id is None:
        return 1
    generation = generation_of(latest_id)
    return generation if status in ONGOING else generation + 1
