"""Paging alerts come in here; each is answered once its incident durably exists, or it is kept where no route fits.

202 once the incident exists or the alert is kept, 200 where there was nothing to do, 503 to be tried again.
"""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Body, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError

from followthrough.alert_delivery import WithoutRoute
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.alert import Alert, AlertState
from followthrough.domain.replayed.incident.paging import OURS
from followthrough.gateway import Gateway
from followthrough.settings import Settings
from followthrough.web.accepted import Accepted, Said, incident_page
from followthrough.web.access import without_sign_in
from followthrough.web.alert_bodies import (
    MOST_ALERTS,
    PAGERDUTY_STATES,
    AlertmanagerGroup,
    GenericAlert,
    PagerDutyEnvelope,
    PagerDutyIncident,
)
from followthrough.web.dependencies import GatewayDep, OrganisationDep, SettingsDep
from followthrough.web.problems import REFUSED
from followthrough.web.webhook_keys import FromAlertmanager, FromGeneric, FromPagerDuty

ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": Said, "description": "There was nothing to do"},
    202: {"model": Accepted | Said, "description": "Its incident, or that the alert is kept for somebody to look at"},
    **REFUSED,
}
ModelT = TypeVar("ModelT", bound=BaseModel)

router = APIRouter(prefix="/webhooks", tags=["intake"])


@router.post(
    "/alertmanager", operation_id="take_alertmanager_alerts", responses=ANSWERS, dependencies=[FromAlertmanager]
)
@without_sign_in
async def alertmanager(
    body: Annotated[dict[str, Any], Body()], organisation: OrganisationDep, gateway: GatewayDep, settings: SettingsDep
) -> Response:
    """Prometheus Alertmanager, as one of its ``webhook_configs``."""
    alert, labels = await asyncio.to_thread(_grouped, body, organisation)
    return await _deliver(alert, labels, gateway, settings)


@router.post("/pagerduty", operation_id="take_pagerduty_event", responses=ANSWERS, dependencies=[FromPagerDuty])
@without_sign_in
async def pagerduty(envelope: PagerDutyEnvelope, gateway: GatewayDep, settings: SettingsDep) -> Response:
    """PagerDuty, as a V3 webhook subscription to incident events."""
    event = envelope.event
    if event.event_type == "pagey.ping":
        return JSONResponse({"message": "Followthrough hears PagerDuty."})
    state = PAGERDUTY_STATES.get(event.event_type)
    if state is None:
        return JSONResponse({"message": f"Ignored: {event.event_type} changes nothing here."}, 202)
    incident = _valid(PagerDutyIncident, event.data, "event", "data")
    if incident.incident_key.startswith(OURS):
        return JSONResponse({"message": "Ignored: that is a page of ours."}, 202)
    if state is AlertState.CHANGED and incident.status == "resolved":
        return JSONResponse({"message": "Ignored: what changes after its end changes nothing here."}, 202)
    return await _deliver(incident.to_alert(state, event, datetime.now(UTC)), incident.labels, gateway, settings)


@router.post("/generic", operation_id="take_generic_alert", responses=ANSWERS, dependencies=[FromGeneric])
@without_sign_in
async def generic(alert: GenericAlert, gateway: GatewayDep, settings: SettingsDep) -> Response:
    """Any other pager."""
    return await _deliver(alert.to_alert(datetime.now(UTC)), alert.labels, gateway, settings)


async def _deliver(alert: Alert, labels: dict[str, str], gateway: Gateway, settings: Settings) -> Response:
    try:
        incident_id = await gateway.alerts.deliver(alert, labels)
    except WithoutRoute as kept:
        return JSONResponse({"message": str(kept)}, 202)
    if incident_id is None and alert.state is AlertState.RESOLVED:
        return JSONResponse({"message": "Nothing to resolve: no ongoing incident belongs to this alert."})
    if incident_id is None:
        return JSONResponse({"message": "Nothing to do: the alert is over, and no ongoing incident belongs to it."})
    accepted = Accepted(incident=incident_id, url=incident_page(incident_id, settings))
    return JSONResponse(accepted.model_dump(), 202)


def _grouped(body: dict[str, Any], organisation: Organisation) -> tuple[Alert, dict[str, str]]:
    """For a thread, since a storm makes large groups."""
    alerts = body.get("alerts")
    few = {**body, "alerts": alerts[:MOST_ALERTS]} if isinstance(alerts, list) else body
    return _valid(AlertmanagerGroup, few).to_alert(organisation, datetime.now(UTC))


def _valid(model: type[ModelT], data: dict[str, Any], *where: str) -> ModelT:
    """Raises RequestValidationError, which says ``where`` in the body something is wrong."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise RequestValidationError(
            [{**details, "loc": (*where, *details["loc"])} for details in error.errors(include_input=False)]
        ) from error
