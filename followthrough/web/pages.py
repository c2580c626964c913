"""The dashboard: what happens, what is owed, and what was sent. It reads; people act through the command line."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from followthrough.domain.action_item import ActionItem, ItemStatus
from followthrough.domain.incident import Incident, IncidentStatus
from followthrough.domain.thanks import thanks
from followthrough.domain.values import PersonId
from followthrough.links import hidden
from followthrough.mail.charts import with_images
from followthrough.organisation import Organisation
from followthrough.organisation_file import OrganisationFile
from followthrough.settings import Settings
from followthrough.store import queries
from followthrough.store.alerts import without_route
from followthrough.store.anonymous import shown_notes
from followthrough.store.bounces import unreachable
from followthrough.store.tables import MailRow, MailState, VendorPauseRow
from followthrough.web.incidents import Incidents
from followthrough.web.next_moment import next_moment as said
from followthrough.web.reading import Offset, Reading
from followthrough.web.rendering import page
from followthrough.web.security import on_this_machine

PAGE_LENGTH = 50
ChoiceT = TypeVar("ChoiceT", bound=StrEnum)

MAIL_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'self'; sandbox allow-top-navigation-by-user-activation"
}


def pages(settings: Settings, organisation: OrganisationFile, incidents: Incidents) -> APIRouter:
    """Everything for a browser."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    def name(person: PersonId) -> str:
        return organisation().name_of(person)

    def next_moment(record: Incident | ActionItem) -> str:
        """In the time zone of who is told first."""
        moment = record.upcoming
        if moment is None:
            return ""
        told = [organisation().people[person] for person in moment.to if person in organisation().people]
        zone = ZoneInfo(told[0].time_zone if told else "UTC")
        return said(moment, datetime.now(UTC), name, zone)

    def show(request: Request, template: str, **context: Any) -> Response:
        return page(request, template, name=name, next_moment=next_moment, **context)

    @router.get("/")
    def list_incidents(
        request: Request,
        reading: Reading,
        status: str = "",
        service: str = "",
        team: str = "",
        before: str = "",
    ) -> Response:
        filters = {"status": status, "service": service, "team": team}
        found = queries.incidents(
            reading,
            status=_choice(IncidentStatus, status),
            service=service or None,
            team=team or None,
            before=before or None,
            limit=PAGE_LENGTH + 1,
        )
        return show(
            request,
            "incidents.html",
            incidents=found[:PAGE_LENGTH],
            older=found[PAGE_LENGTH - 1].id if len(found) > PAGE_LENGTH else None,
            without_route=len(without_route(reading, organisation(), datetime.now(UTC))),
            filters=filters,
            filtered=any(filters.values()) or bool(before),
            statuses=list(IncidentStatus),
            organisation=organisation(),
            file_in_use=organisation.in_use,
            file_problems=organisation.problems,
            first_alert=_first_alert(organisation()),
            url=settings.resolved_public_url,
        )

    @router.get("/alerts")
    def list_alerts(request: Request, reading: Reading) -> Response:
        found = without_route(reading, organisation(), datetime.now(UTC))
        return show(request, "alerts.html", alerts=found[:PAGE_LENGTH], more=len(found[PAGE_LENGTH:]))

    @router.get("/incidents/{incident_id}")
    async def show_incident(request: Request, reading: Reading, incident_id: str) -> Response:
        incident = await incidents.incident(incident_id)
        return show(
            request,
            "incident.html",
            incident=incident,
            items=await run_in_threadpool(
                queries.action_items, reading, datetime.now(UTC), incident_id=incident_id, limit=500
            ),
            timeline=await run_in_threadpool(queries.timeline, reading, incident_id),
            earlier_items=await run_in_threadpool(
                queries.items_of, reading, [one.incident_id for one in (*incident.repeats, *incident.proposed_repeats)]
            ),
            thanks=thanks(incident, organisation()),
            anonymous=await run_in_threadpool(shown_notes, reading, incident_id, organisation(), datetime.now(UTC)),
        )

    @router.get("/items")
    def list_items(
        request: Request,
        reading: Reading,
        owner: str = "",
        team: str = "",
        status: str = "",
        late: bool = False,
        offset: Offset = 0,
    ) -> Response:
        filters = {"owner": owner, "team": team, "status": status, "late": "true" if late else ""}
        found = queries.action_items(
            reading,
            datetime.now(UTC),
            owner=owner or None,
            team=team or None,
            status=_choice(ItemStatus, status),
            late=late or None,
            limit=PAGE_LENGTH + 1,
            offset=offset,
        )
        return show(
            request,
            "items.html",
            items=found[:PAGE_LENGTH],
            further=offset + PAGE_LENGTH if len(found) > PAGE_LENGTH else None,
            filters=filters,
            filtered=any(filters.values()) or offset > 0,
            statuses=list(ItemStatus),
            organisation=organisation(),
            jira=reading.get(VendorPauseRow, "Jira"),
        )

    @router.get("/items/{item_id}")
    async def show_item(request: Request, reading: Reading, item_id: str) -> Response:
        item = await incidents.action_item(item_id)
        timeline = await run_in_threadpool(queries.timeline, reading, item_id)
        return show(request, "item.html", item=item, timeline=timeline)

    def acts(request: Request) -> bool:
        """Whether links to act by are shown: where mails are sent or others get in, only who got one can act by it."""
        return not settings.sendgrid_api_key and not settings.api_token and on_this_machine(request)

    @router.get("/outbox")
    def list_mails(request: Request, reading: Reading, offset: Offset = 0) -> Response:
        found = queries.mails(reading, limit=PAGE_LENGTH + 1, offset=offset)
        further = offset + PAGE_LENGTH if len(found) > PAGE_LENGTH else None
        bounced = unreachable(reading, organisation())
        aside = queries.mails(reading, state=MailState.SET_ASIDE, limit=PAGE_LENGTH) if not offset else []
        return show(
            request, "outbox.html", mails=found[:PAGE_LENGTH], further=further, unreachable=bounced, set_aside=aside
        )

    @router.get("/outbox/{key:path}")
    def show_mail(request: Request, reading: Reading, key: str, part: Literal["html", ""] = "") -> Response:
        shown = str if acts(request) else hidden
        mail = reading.get(MailRow, key)
        if mail is None:
            raise HTTPException(404, "There is no mail here by that name; the outbox lists them all.")
        if part == "html":
            html = with_images(mail.html, mail.attachments).replace("<head>", '<head><base target="_top">', 1)
            return HTMLResponse(shown(html), headers=MAIL_HEADERS)
        return show(request, "mail.html", mail=mail, shown=shown, acts=acts(request))

    return router


def _choice(choices: type[ChoiceT], value: str) -> ChoiceT | None:
    """The filter that a form's value means; nothing for one that is left open."""
    if not value:
        return None
    try:
        return choices(value)
    except ValueError:
        raise HTTPException(422, f"{value!r} is none of {', '.join(choices)}.") from None


def _first_alert(organisation: Organisation) -> str:
    """The smallest Alertmanager body that the organisation's first route takes."""
    route = organisation.routes[0].match if organisation.routes else {}
    labels = {"service": next(iter(organisation.services)), "alertname": "FirstAlert", **route}
    return json.dumps(
        {
            "version": "4",
            "groupKey": "first-alert",
            "status": "firing",
            "groupLabels": {},
            "commonLabels": labels,
            "commonAnnotations": {"summary": "My first alert"},
            "externalURL": "",
            "alerts": [{"startsAt": datetime.now(UTC).isoformat(timespec="seconds"), "endsAt": "0001-01-01T00:00:00Z"}],
        }
    )
