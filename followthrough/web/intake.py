"""Paging alerts come in here; each is answered once its incident durably exists."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, HttpUrl, ValidationError

from followthrough.domain.incident import Alert, AlertState
from followthrough.settings import Settings
from followthrough.web.incidents import Incidents
from followthrough.web.security import require_bearer, signed


class AlertmanagerAlert(BaseModel):
    """One alert of a group."""

    startsAt: AwareDatetime  # noqa: N815 -- Alertmanager's names
    endsAt: AwareDatetime  # noqa: N815


class AlertmanagerGroup(BaseModel):
    """Alertmanager's webhook body, version 4. The whole group is one alert here."""

    version: Literal["4"]
    groupKey: str = Field(min_length=1)  # noqa: N815
    status: AlertState
    groupLabels: dict[str, str]  # noqa: N815
    commonLabels: dict[str, str]  # noqa: N815
    commonAnnotations: dict[str, str]  # noqa: N815
    externalURL: str  # noqa: N815
    alerts: list[AlertmanagerAlert] = Field(min_length=1)

    def to_alert(self) -> Alert:
        """Titled by the annotation ``summary``, else by the alert's name."""
        labels = {**self.commonLabels, **self.groupLabels}
        firing = self.status is AlertState.FIRING
        return Alert(
            dedup_key=f"alertmanager/{self.groupKey}",
            source="Alertmanager",
            state=self.status,
            title=self.commonAnnotations.get("summary") or labels.get("alertname") or self.groupKey,
            summary=self.commonAnnotations.get("description", ""),
            labels=labels,
            url=self.externalURL or None,
            at=min(alert.startsAt for alert in self.alerts) if firing else max(alert.endsAt for alert in self.alerts),
        )


class PagerDutyReference(BaseModel):
    """Something of PagerDuty's, by id and name."""

    id: str
    summary: str = ""


class PagerDutyIncident(BaseModel):
    """What of a PagerDuty incident matters here."""

    id: str = Field(min_length=1)
    title: str = Field(min_length=1)
    html_url: str | None = None
    service: PagerDutyReference
    urgency: str = ""
    priority: PagerDutyReference | None = None

    def to_alert(self, state: AlertState, at: datetime) -> Alert:
        """Its labels are ``service``, ``service_id``, ``urgency`` and ``priority``."""
        labels = {
            "service": self.service.summary,
            "service_id": self.service.id,
            "urgency": self.urgency,
            "priority": self.priority.summary if self.priority else "",
        }
        return Alert(
            dedup_key=f"pagerduty/{self.id}",
            source="PagerDuty",
            state=state,
            title=self.title,
            labels={name: value for name, value in labels.items() if value},
            url=self.html_url,
            at=at,
        )


class PagerDutyEvent(BaseModel):
    """An event of PagerDuty's webhooks, version 3; ``data`` differs by type."""

    event_type: str
    occurred_at: AwareDatetime
    data: dict[str, Any]


class PagerDutyEnvelope(BaseModel):
    """The body of a PagerDuty V3 webhook."""

    event: PagerDutyEvent


PAGERDUTY_STATES = {
    "incident.triggered": AlertState.FIRING,
    "incident.reopened": AlertState.FIRING,
    "incident.resolved": AlertState.RESOLVED,
}
"""Other events, an acknowledgement in PagerDuty for one, say nothing of whether something is broken."""


class GenericAlert(BaseModel):
    """For every pager without an intake of its own."""

    model_config = ConfigDict(extra="forbid")

    dedup_key: str = Field(
        min_length=1, max_length=500, description="The same for everything the pager says of one problem"
    )
    title: str = Field(min_length=1, max_length=500)
    state: AlertState = AlertState.FIRING
    labels: dict[str, str] = Field(default_factory=dict, description="Matched against the organisation file's routes")
    summary: str = ""
    url: HttpUrl | None = None
    at: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))


class Accepted(BaseModel):
    """The incident that an alert belongs to, and its page."""

    incident: str
    url: str


def intake(settings: Settings, incidents: Incidents) -> APIRouter:
    """The webhooks. 202 once the incident exists, 200 where there was nothing to do, 503 to be tried again."""
    router = APIRouter(prefix="/webhooks", tags=["intake"])

    async def deliver(alert: Alert) -> Response:
        incident_id = await incidents.deliver(alert)
        if incident_id is None:
            return JSONResponse({"message": "Nothing to resolve: no ongoing incident belongs to this alert."})
        accepted = Accepted(incident=incident_id, url=f"{settings.resolved_public_url}/incidents/{incident_id}")
        return JSONResponse(accepted.model_dump(), 202)

    def generic_token(request: Request) -> None:
        if settings.generic_token is None:
            raise HTTPException(403, "This webhook is off; set FOLLOWTHROUGH_GENERIC_TOKEN to the token it asks for.")
        require_bearer(request, settings.generic_token)

    def alertmanager_token(request: Request) -> None:
        if settings.alertmanager_token is not None:
            require_bearer(request, settings.alertmanager_token)

    async def pagerduty_signature(
        request: Request, x_pagerduty_signature: Annotated[str, Header(description="v1=HMAC-SHA256, ...")] = ""
    ) -> None:
        if not settings.pagerduty_secrets:
            raise HTTPException(
                403, "This webhook is off; set FOLLOWTHROUGH_PAGERDUTY_SECRETS to the secrets of its subscription."
            )
        if not signed(await request.body(), "v1=", x_pagerduty_signature, settings.pagerduty_secrets):
            raise HTTPException(
                401, "The X-PagerDuty-Signature fits none of the secrets in FOLLOWTHROUGH_PAGERDUTY_SECRETS."
            )

    answers: dict[int | str, dict[str, Any]] = {202: {"model": Accepted}}

    @router.post("/alertmanager", responses=answers, dependencies=[Depends(alertmanager_token)])
    async def alertmanager(group: AlertmanagerGroup) -> Response:
        """Prometheus Alertmanager, as one of its ``webhook_configs``."""
        return await deliver(group.to_alert())

    @router.post("/pagerduty", responses=answers, dependencies=[Depends(pagerduty_signature)])
    async def pagerduty(envelope: PagerDutyEnvelope) -> Response:
        """PagerDuty, as a V3 webhook subscription to incident events."""
        event = envelope.event
        if event.event_type == "pagey.ping":
            return JSONResponse({"message": "Followthrough hears PagerDuty."})
        state = PAGERDUTY_STATES.get(event.event_type)
        if state is None:
            return JSONResponse({"message": f"Ignored: {event.event_type} changes nothing here."}, 202)
        try:
            incident = PagerDutyIncident.model_validate(event.data)
        except ValidationError as error:
            raise RequestValidationError(
                [{**details, "loc": ("event", "data", *details["loc"])} for details in error.errors()]
            ) from error
        return await deliver(incident.to_alert(state, event.occurred_at))

    @router.post("/generic", responses=answers, dependencies=[Depends(generic_token)])
    async def generic(alert: GenericAlert) -> Response:
        """Any other pager."""
        return await deliver(
            Alert(
                **alert.model_dump(exclude={"dedup_key", "url"}),
                dedup_key=f"generic/{alert.dedup_key}",
                source="The pager",
                url=str(alert.url) if alert.url else None,
            )
        )

    return router
