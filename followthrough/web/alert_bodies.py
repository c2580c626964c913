"""What pagers post, as far as it matters here; what is odd in it, but not needed, is left out."""

import json
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, Any, Literal

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

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.organisation.routing import worst
from followthrough.domain.replayed.incident.alert import Alert, AlertState, MergedInto, web_link
from followthrough.domain.replayed.text import MachineKey, clean

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
    incident_key: Text = ""
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

    def to_alert(self, now: datetime) -> Alert:
        """Without a time it is of now, and nothing that is heard twice."""
        return Alert(
            **self.model_dump(exclude={"dedup_key", "at"}),
            dedup_key=f"generic/{self.dedup_key}",
            source="The pager",
            at=_so_far(self.at or now, now),
            event=self.state if self.at else "",
        )
