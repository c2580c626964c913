"""Delivers alerts: each to the ongoing incident that it belongs to, or to a new one, or it is kept."""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from sqlalchemy import Engine, exc
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.organisation.routing import Routed, route
from followthrough.domain.replayed.ids import generation_of, incident_id
from followthrough.domain.replayed.incident.alert import Alert, AlertState, in_words
from followthrough.domain.replayed.incident.commands import IncidentCommand
from followthrough.domain.replayed.incident.incident import ONGOING, Incident, IncidentStatus
from followthrough.domain.replayed.text import REASON, cut
from followthrough.engine_errors import refusing
from followthrough.metrics import AlertOutcome, Delivery, delivery_counted
from followthrough.records import Records, Unknown, in_time
from followthrough.revival import OtherEngine, go_on
from followthrough.starts import start_record
from followthrough.store import alerts, queries
from workflows.incident import IncidentWorkflow
from workflows.messages.incident import AlertReceipt, IncidentProgress

logger = logging.getLogger(__name__)

HINT_WITHIN = 1
"""Seconds; without the hint a delivery asks the engine more often."""


class WithoutRoute(Exception):
    """An alert that no route fits is kept; the message says what to do."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        super().__init__(
            "The alert is kept, but starts no incident: no route in the organisation file fits its labels "
            f"({cut(in_words(labels), REASON)}); add one, and its next delivery does."
        )


class AlertDelivery:
    """Raises what Records does while the engine does not answer."""

    def __init__(
        self,
        incidents: Records[Incident, IncidentCommand],
        client: Client,
        organisation: Callable[[], Organisation],
        database: Engine,
    ) -> None:
        self._incidents = incidents
        self._client = client
        self._organisation = organisation
        self._database = database

    async def deliver(self, alert: Alert, labels: Mapping[str, str] | None = None) -> str | None:
        """The id of the incident that the alert belongs to, once that durably exists.

        A firing alert starts an incident unless one is ongoing, and so does one that only changed if it never had one;
        ``labels`` are what routes look at, when there are more than the alert keeps. None when there is nothing to do:
        the alert is over, and no ongoing incident waits for that. An incident that was merged into another leads there.
        Raises WithoutRoute once an alert is kept that no route fits.

        Starting needs no worker and is tried first: most deliveries are an alert's first.
        """
        with delivery_counted(alert.source) as delivery:
            try:
                found = await self._deliver(alert, labels, delivery)
            except WithoutRoute:
                delivery.outcome = AlertOutcome.KEPT
                raise
            delivery.outcome = delivery.outcome or (AlertOutcome.NOTHING if found is None else AlertOutcome.JOINED)
            return found

    async def _deliver(self, alert: Alert, labels: Mapping[str, str] | None, delivery: Delivery) -> str | None:
        routed = route(alert.labels if labels is None else labels, self._organisation())
        alert = alert.model_copy(update={"severity": routed.severity if routed else None})
        if routed and routed.drill:
            alert = Alert.model_validate({**dict(alert), "dedup_key": f"drill/{alert.dedup_key}"})
        async with in_time():
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
                    delivery.outcome = AlertOutcome.STARTED
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

    async def _hand(self, alert: Alert, workflow_id: str) -> AlertReceipt | None:
        """The answer of an incident, or of the one it was merged into; None when it does not run."""
        handle = self._client.get_workflow_handle(workflow_id)
        try:
            async with self._incidents.hand_to(workflow_id):
                with refusing():
                    receipt = await handle.execute_update(IncidentWorkflow.receive_alert, alert)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            with contextlib.suppress(OtherEngine):
                if await go_on(self._client, self._database, workflow_id):
                    return await self._hand(alert, workflow_id)
            ended = await self._incidents.ended(workflow_id)
            if ended is None:
                return None
            receipt = AlertReceipt(incident_id=ended.id, joined=ended.knows(alert), merged_into=ended.merged_into)
        return await self._hand(alert, receipt.merged_into) if receipt.merged_into else receipt

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
            other = await self._incidents.get(latest[0] if latest else incident_id(alert.into.dedup_key))
            while other.merged_into is not None:
                other = await self._incidents.get(other.merged_into)
        except Unknown:
            return alert
        found = other.id if other.status in ONGOING else None
        return alert.model_copy(update={"into": alert.into.model_copy(update={"incident_id": found})})

    async def _forget(self, alert: Alert) -> None:
        """Its incident has started; a row that stays is not shown, for a route fits."""
        try:
            await asyncio.to_thread(alerts.forget, self._database, alert.dedup_key)
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
            drill=routed.drill,
        )
        progress = IncidentProgress(incident=incident, alert=alert)
        return await start_record(self._client, progress, WorkflowIDReusePolicy.REJECT_DUPLICATE)


def _next_generation(latest_id: str | None, status: IncidentStatus | None) -> int:
    """Skips incidents that are over: the engine forgets them after a while, and their ids must not come again."""
    if latest_id is None:
        return 1
    generation = generation_of(latest_id)
    return generation if status in ONGOING else generation + 1
