"""Tells PagerDuty of roles that nobody acknowledged, by its Events API v2."""

import contextlib
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import httpx
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session
from temporalio import activity

from activities.vendors import VendorRefused, VendorUnavailable, failure, pause_asked
from followthrough.domain.answered.access.privacy import title_for_all
from followthrough.domain.answered.incident.call import call_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.wording import without_addresses
from followthrough.domain.replayed.incident.incident import ONGOING, Incident
from followthrough.domain.replayed.incident.paging import PageAction
from followthrough.domain.replayed.text import LABEL, cut, one_line
from followthrough.domain.replayed.values import Severity
from followthrough.routing_keys import NoRoutingKey, routing_key
from followthrough.settings import Settings
from followthrough.store import queries
from workflows.messages.page import SendPage

TIMEOUT = 10
"""Seconds to connect and for each read."""

LONGEST_SUMMARY = 1024
"""Characters that PagerDuty takes."""

SEVERITIES = {Severity.SEV1: "critical", Severity.SEV2: "error", Severity.SEV3: "warning", Severity.SEV4: "info"}


class Answer(BaseModel):
    """Of PagerDuty, when it refuses."""

    message: str
    errors: list[str] = Field(default_factory=list)


class Paging:
    """The activity may be repeated: PagerDuty makes one alert of all that has the same ``dedup_key``."""

    def __init__(self, settings: Settings, organisation: Callable[[], Organisation], database: Engine) -> None:
        self._settings = settings
        self._organisation = organisation
        self._database = database
        self._client = httpx.Client(base_url=settings.pagerduty_events_url.rstrip("/"), timeout=TIMEOUT)

    @activity.defn
    def send_page(self, asked: SendPage) -> bool:
        """False when the role waits for nobody any more. Raises ApplicationError; ``PageRefused`` is not retryable."""
        if asked.page.action is PageAction.TRIGGER and not self._still_waits(asked):
            return False
        try:
            self._send(asked)
        except (VendorUnavailable, VendorRefused) as error:
            raise failure(error, "Page") from None
        return True

    def _still_waits(self, asked: SendPage) -> bool:
        """Somebody may have acknowledged it while PagerDuty was away; without the database, nobody knows."""
        incident: Incident | None = None
        with contextlib.suppress(SQLAlchemyError), Session(self._database) as session:
            incident = queries.incident(session, asked.incident.id)
        about = asked.page.about
        return incident is None or (
            incident.status in ONGOING
            and any(
                (holder.role, holder.person, holder.acknowledged_at) == (about.role, about.person, None)
                for holder in incident.roles
            )
        )

    def _send(self, asked: SendPage) -> None:
        organisation, incident = self._organisation(), asked.incident
        place = organisation.pagerduty_key(incident.team, incident.service)
        try:
            key = routing_key(place, self._settings.pagerduty_routing_key)
        except NoRoutingKey as error:
            raise VendorRefused(str(error)) from None
        body = {"routing_key": key, "event_action": asked.page.action, "dedup_key": asked.page.key}
        if asked.page.action is PageAction.TRIGGER:
            body |= described(asked, organisation, self._settings.resolved_public_url)
        try:
            answer = self._client.post("/v2/enqueue", json=body)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise VendorUnavailable(f"PagerDuty did not answer ({type(error).__name__}).") from None
        _accepted(answer)


def described(asked: SendPage, organisation: Organisation, public_url: str) -> dict[str, Any]:
    """What a page says; of a private incident only that it is one."""
    incident, about = asked.incident, asked.page.about
    url = f"{public_url}/incidents/{incident.id}"
    summary = f"Followthrough asks for {about.role.value}: {incident.severity} {title_for_all(incident)}"
    before = next((holder.before for holder in incident.roles if holder.person == about.person), ())
    service = organisation.services.get(incident.service)
    payload: dict[str, Any] = {
        "summary": cut(one_line(summary), LONGEST_SUMMARY),
        "timestamp": asked.at.isoformat(),
        "severity": SEVERITIES[incident.severity],
        "source": "Followthrough" if incident.private else incident.service,
        "class": about.role.value,
        "custom_details": {
            "incident": incident.id,
            "asked": organisation.name_of(about.person),
            "not acknowledged by": ", ".join(organisation.name_of(person) for person in dict.fromkeys(before))
            or "nobody",
            "to acknowledge": url,
        },
    }
    links = []
    if not incident.private:
        if call := call_of(incident, organisation):
            links = [{"href": call, "text": "Join the call"}]
        payload |= {"component": service.name if service else incident.service, "group": incident.team}
    return {"client": "Followthrough", "client_url": url, "links": links, "payload": payload}


def _accepted(answer: httpx.Response) -> None:
    """Raises VendorUnavailable or VendorRefused unless it was."""
    status = answer.status_code
    if status == HTTPStatus.ACCEPTED:
        return
    if status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS) or status >= 500:
        raise VendorUnavailable(f"PagerDuty answered {status}.", pause_asked(answer.headers.get("Retry-After", "")))
    if status < 400:
        raise VendorUnavailable(f"Something answered {status} where PagerDuty was asked; see who does.")
    try:
        said = Answer.model_validate_json(answer.content)
        words = " ".join([said.message, *said.errors])
    except ValidationError:
        words = f"status {status}."
    advice = " See whether the routing key is that of an Events API v2 integration."
    raise VendorRefused(f"PagerDuty refused: {without_addresses(cut(one_line(words), LABEL))}{advice}")
