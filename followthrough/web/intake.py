"""Paging alerts come in here; each is answered once its incident durably exists, or it is kept where no route fits."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Body, Depends, Header, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from followthrough.domain.alert import Alert, AlertState, MergedInto, web_link
from followthrough.domain.routing import worst
from followthrough.domain.text import MachineKey, clean
from followthrough.organisation import Organisation
from followthrough.settings import Settings
from followthrough.web.incidents import Incidents, WithoutRoute
from followthrough.web.security import require_bearer, signed

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
MOST_ALERTS, MOST_LABELS, LONGEST = 10_000, 1_000, 20_000
"""What is looked at of a group's alerts, of labels, and of the characters of one text; the rest only costs time."""

_TIME: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)


def _clean(value: Any) -> Any:
    return clean(value[:LONGEST]) if isinstance(value, str) else value


def _or_empty(value: Any) -> Any:
    return _clean(value) if isinstance(value, str) else ""


def _or_none(value: Any) -> Any:
    return value if isinstance(value, dict) else None


def _labels(value: Any) -> Any:
    """Without those that have no value; numbers and the like as JSON writes them."""
    if not isinstance(value, dict):
        return {} if value is None else value
    return {
        _clean(name): json.dumps(text) if isinstance(text, int | float) else _clean(text)
        for name, text in islice(value.items(), MOST_LABELS)
        if text is not None
    }


def _objects(value: Any) -> Any:
    if not isinstance(value, list):
        return [] if value is None else value
    return [each for each in value if isinstance(each, dict)]


def _state(value: Any) -> Any:
    if value not in (AlertState.FIRING, AlertState.RESOLVED):
        raise ValueError("it has to be firing or resolved")
    return value


def _time(value: Any) -> datetime | None:
    """None for what is no time, and for the year 1, which stands for one that is not known."""
    try:
        at = _TIME.validate_python(value)
    except ValidationError:
        return None
    return at if at > LONG_AGO else None


Key = Annotated[MachineKey, Field(min_length=1)]
Required = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), BeforeValidator(_clean)]
Text = Annotated[str, BeforeValidator(_or_empty)]
Labels = Annotated[dict[str, str], BeforeValidator(_labels)]
Time = Annotated[datetime | None, BeforeValidator(_time)]
ModelT = TypeVar("ModelT", bound=BaseModel)
FiringOrResolved = Annotated[Literal[AlertState.FIRING, AlertState.RESOLVED], BeforeValidator(_state)]


def _so_far(at: datetime, now: datetime) -> datetime:
    """A pager's clock may be wrong; what it says later still comes later."""
    return max(min(at, now), LONG_AGO)


class AlertmanagerAlert(BaseModel):
    """One alert of a group."""

    status: Text = ""
    labels: Labels = Field(default_factory=dict)
    annotations: Labels = Field(default_factory=dict)
    startsAt: Time = None  # noqa: N815 -- Alertmanager's names
    endsAt: Time = None  # noqa: N815
    generatorURL: Text = ""  # noqa: N815


class AlertmanagerGroup(BaseModel):
    """The webhook body of Alertmanager, and of Grafana. The whole group is one alert here."""

    groupKey: Key  # noqa: N815
    status: FiringOrResolved
    receiver: Text = ""
    groupLabels: Labels = Field(default_factory=dict)  # noqa: N815
    commonLabels: Labels = Field(default_factory=dict)  # noqa: N815
    commonAnnotations: Labels = Field(default_factory=dict)  # noqa: N815
    externalURL: Text = ""  # noqa: N815
    alerts: Annotated[list[AlertmanagerAlert], BeforeValidator(_objects)] = Field(default_factory=list)

    def to_alert(self, organisation: Organisation, now: datetime) -> tuple[Alert, dict[str, str]]:
        """With the labels, description and link of the alert whose route has the worst severity.

        It is titled by the annotation ``summary``, else by the alert's name.
        """
        labels = {**self.commonLabels, **self.groupLabels}
        those = [alert for alert in self.alerts if alert.status in (self.status, "")] or self.alerts
        alerts = those or [AlertmanagerAlert()]
        chosen = alerts[worst([{**labels, **alert.labels} for alert in alerts], organisation)]
        firing = self.status is AlertState.FIRING
        times = [alert.startsAt if firing else alert.endsAt for alert in alerts]
        titles = (
            self.commonAnnotations.get("summary"),
            labels.get("alertname"),
            chosen.annotations.get("summary"),
            chosen.labels.get("alertname"),
        )
        alert = Alert(
            dedup_key=f"alertmanager/{self.identity(organisation)}",
            source="Alertmanager",
            state=self.status,
            title=next((title for title in titles if title and title.strip()), self.groupKey),
            summary=self.commonAnnotations.get("description") or chosen.annotations.get("description", ""),
            labels={**labels, **chosen.labels},
            url=web_link(chosen.generatorURL) or self.externalURL,
            at=_so_far(max((at for at in times if at), default=now), now),
        )
        return alert, {**labels, **chosen.labels}

    def identity(self, organisation: Organisation) -> str:
        """What has to be equal for two deliveries to be of one alert."""
        labels = {**self.commonLabels, **self.groupLabels}
        parts = organisation.policies.alertmanager.identity
        return json.dumps(
            [
                labels.get(part.removeprefix("labels."), "") if part.startswith("labels.") else getattr(self, part)
                for part in parts
            ],
            ensure_ascii=False,
        )


class PagerDutyReference(BaseModel):
    """Something of PagerDuty's, by id and name."""

    id: Text = ""
    summary: Text = ""
    html_url: Text = ""


Reference = Annotated[PagerDutyReference | None, BeforeValidator(_or_none)]


class PagerDutyResolveReason(BaseModel):
    """Why an incident was resolved; with the type ``merge_resolve_reason`` another one goes on instead of it."""

    type: Text = ""
    incident: Reference = None


class PagerDutyIncident(BaseModel):
    """What of a PagerDuty incident matters here."""

    id: Key
    title: Required
    status: Text = ""
    html_url: Text = ""
    service: Reference = None
    urgency: Text = ""
    priority: Reference = None
    resolve_reason: Annotated[PagerDutyResolveReason | None, BeforeValidator(_or_none)] = None

    @property
    def labels(self) -> dict[str, str]:
        """``service``, ``service_id``, ``urgency`` and ``priority``, as far as it has them."""
        labels = {
            "service": self.service.summary if self.service else "",
            "service_id": self.service.id if self.service else "",
            "urgency": self.urgency,
            "priority": self.priority.summary if self.priority else "",
        }
        return {name: value for name, value in labels.items() if value}

    def to_alert(self, state: AlertState, event: "PagerDutyEvent", now: datetime) -> Alert:
        """One that was merged into another is not over."""
        into = None
        if state is AlertState.RESOLVED and self.resolve_reason and self.resolve_reason.type == "merge_resolve_reason":
            state = AlertState.MERGED
            if (other := self.resolve_reason.incident) is not None and other.id:
                into = MergedInto(dedup_key=f"pagerduty/{other.id}", title=other.summary, url=other.html_url)
        return Alert(
            dedup_key=f"pagerduty/{self.id}",
            source="PagerDuty",
            state=state,
            title=self.title,
            labels=self.labels,
            url=self.html_url,
            at=_so_far(event.occurred_at or now, now),
            event=f"{event.event_type} {event.id}",
            into=into,
        )


class PagerDutyEvent(BaseModel):
    """An event of PagerDuty's webhooks, version 3; ``data`` differs by type."""

    id: Text = ""
    event_type: Required
    occurred_at: Time = None
    data: Annotated[dict[str, Any], BeforeValidator(lambda value: _or_none(value) or {})] = Field(default_factory=dict)


class PagerDutyEnvelope(BaseModel):
    """The body of a PagerDuty V3 webhook."""

    event: PagerDutyEvent


PAGERDUTY_STATES = {
    "incident.triggered": AlertState.FIRING,
    "incident.reopened": AlertState.FIRING,
    "incident.resolved": AlertState.RESOLVED,
    "incident.priority_updated": AlertState.CHANGED,
    "incident.service_updated": AlertState.CHANGED,
}
"""Other events, an acknowledgement in PagerDuty for one, say nothing of whether something is broken, and how badly."""


class GenericAlert(BaseModel):
    """For every pager without an intake of its own."""

    model_config = ConfigDict(extra="forbid")

    dedup_key: Key = Field(description="The same for everything the pager says of one problem")
    title: Required
    state: FiringOrResolved = AlertState.FIRING
    labels: Labels = Field(default_factory=dict, description="Matched against the organisation file's routes")
    summary: Text = ""
    url: Text = Field("", description="A link that is not of the web is left out")
    at: AwareDatetime | None = Field(
        None, description="When the pager said this; what it said before something that is known changes nothing"
    )


class Accepted(BaseModel):
    """The incident that an alert belongs to, and its page."""

    incident: str
    url: str


def intake(settings: Settings, organisation: Callable[[], Organisation], incidents: Incidents) -> APIRouter:
    """The webhooks.

    202 once the incident exists or the alert is kept, 200 where there was nothing to do, 503 to be tried again.
    """
    router = APIRouter(prefix="/webhooks", tags=["intake"])

    async def deliver(alert: Alert, labels: dict[str, str]) -> Response:
        try:
            incident_id = await incidents.deliver(alert, labels)
        except WithoutRoute as kept:
            return JSONResponse({"message": str(kept)}, 202)
        if incident_id is None and alert.state is AlertState.RESOLVED:
            return JSONResponse({"message": "Nothing to resolve: no ongoing incident belongs to this alert."})
        if incident_id is None:
            return JSONResponse({"message": "Nothing to do: the alert is over, and no ongoing incident belongs to it."})
        accepted = Accepted(incident=incident_id, url=f"{settings.resolved_public_url}/incidents/{incident_id}")
        return JSONResponse(accepted.model_dump(), 202)

    async def generic_token(request: Request) -> None:
        if settings.generic_token is None:
            raise HTTPException(403, "This webhook is off; set FOLLOWTHROUGH_GENERIC_TOKEN to the token it asks for.")
        require_bearer(request, settings.generic_token)

    async def alertmanager_token(request: Request) -> None:
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
    async def alertmanager(body: Annotated[dict[str, Any], Body()]) -> Response:
        """Prometheus Alertmanager, as one of its ``webhook_configs``."""
        return await deliver(*await asyncio.to_thread(_grouped, body, organisation()))

    @router.post("/pagerduty", responses=answers, dependencies=[Depends(pagerduty_signature)])
    async def pagerduty(envelope: PagerDutyEnvelope) -> Response:
        """PagerDuty, as a V3 webhook subscription to incident events."""
        event = envelope.event
        if event.event_type == "pagey.ping":
            return JSONResponse({"message": "Followthrough hears PagerDuty."})
        state = PAGERDUTY_STATES.get(event.event_type)
        if state is None:
            return JSONResponse({"message": f"Ignored: {event.event_type} changes nothing here."}, 202)
        incident = _valid(PagerDutyIncident, event.data, "event", "data")
        if state is AlertState.CHANGED and incident.status == "resolved":
            return JSONResponse({"message": "Ignored: what changes after its end changes nothing here."}, 202)
        return await deliver(incident.to_alert(state, event, datetime.now(UTC)), incident.labels)

    @router.post("/generic", responses=answers, dependencies=[Depends(generic_token)])
    async def generic(alert: GenericAlert) -> Response:
        """Any other pager."""
        now = datetime.now(UTC)
        told = Alert(
            **alert.model_dump(exclude={"dedup_key", "at"}),
            dedup_key=f"generic/{alert.dedup_key}",
            source="The pager",
            at=_so_far(alert.at or now, now),
            event=alert.state if alert.at else "",
        )
        return await deliver(told, alert.labels)

    return router


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
