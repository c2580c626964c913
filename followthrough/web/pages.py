"""The dashboard: what happens, what is owed, and what was sent. What people do there is in ``doing.py``."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from followthrough.domain.answered.access.actor import Actor
from followthrough.domain.answered.access.may import may
from followthrough.domain.answered.access.privacy import seen_by
from followthrough.domain.answered.access.relations import About
from followthrough.domain.answered.access.rights import Right
from followthrough.domain.answered.choices import next_steps
from followthrough.domain.answered.incident.call import call_of
from followthrough.domain.answered.incident.choices import LIKELY
from followthrough.domain.answered.incident.durations import durations
from followthrough.domain.answered.incident.thanks import thanks
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.incident import ONGOING, IncidentStatus
from followthrough.domain.replayed.values import EntryKind
from followthrough.links import hidden
from followthrough.mail.charts import with_images
from followthrough.postmortem_document import corrected_sentence
from followthrough.settings import Settings
from followthrough.store import queries
from followthrough.store.acting import neighbours, written
from followthrough.store.alerts import keys_without_route
from followthrough.store.anonymous import shown_notes
from followthrough.store.listing import page_of_incidents, page_of_mails
from followthrough.store.mail_problems import problem_addresses
from followthrough.store.postmortems import corrected
from followthrough.store.tables import MailState
from followthrough.store.timelines import MOST, with_all
from followthrough.web import act_facts, course
from followthrough.web.access import at_this_machine
from followthrough.web.dependencies import (
    ActorDep,
    GatewayDep,
    OrganisationDep,
    OrganisationFileDep,
    Reading,
    SeenByDep,
    SettingsDep,
)
from followthrough.web.filters import DayIfAny, between
from followthrough.web.next_moment import coming
from followthrough.web.offers import choices_of
from followthrough.web.private_views import ViewsDep
from followthrough.web.reading import read
from followthrough.web.rendering import MAIL_HEADERS, page
from followthrough.web.troubles import AT_ONCE

PAGE_LENGTH = 50
Until = Annotated[int | None, Query(ge=1, le=MOST)]
ChoiceT = TypeVar("ChoiceT", bound=StrEnum)


router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/incidents")
def list_incidents(
    request: Request,
    reading: Reading,
    file: OrganisationFileDep,
    organisation: OrganisationDep,
    settings: SettingsDep,
    seen_by: SeenByDep,
    views: ViewsDep,
    status: str = "",
    service: str = "",
    team: str = "",
    after: str = "",
) -> Response:
    """The newest first, and what is wrong with the organisation file."""
    filters = {"status": status, "service": service, "team": team}
    wanted = queries.IncidentFilters(status=_choice(IncidentStatus, status), service=service or None, team=team or None)
    found = page_of_incidents(reading, cursor=after, limit=PAGE_LENGTH, seen_by=seen_by, **wanted)
    incidents = [incident for incident, _ in found.incidents]
    views.note(incident.id for incident in incidents)
    return _show(
        request,
        organisation,
        "incidents.html",
        incidents=incidents,
        private=queries.hidden_incidents(reading, seen_by, **wanted),
        older=found.next,
        without_route=len(keys_without_route(reading, organisation, datetime.now(UTC))),
        filters=filters,
        filtered=any(filters.values()) or bool(after),
        statuses=list(IncidentStatus),
        organisation=organisation,
        file_in_use=file.in_use,
        file_problems=file.problems,
        first_alert=_first_alert(organisation),
        url=settings.resolved_public_url,
    )


@router.get("/incidents/{incident_id}")
async def show_incident(
    request: Request,
    reading: Reading,
    gateway: GatewayDep,
    organisation: OrganisationDep,
    actor: ActorDep,
    views: ViewsDep,
    incident_id: str,
    said: int | None = None,
    until: Until = None,
) -> Response:
    """One incident: what happened, what it left to do, who is thanked; ``said`` is what was just done to it.

    ``until`` is up to which entry its timeline is shown, else it is its latest.
    """
    so_far = await read(written, reading, incident_id)
    incident, corrections = await read(corrected, reading, await gateway.incidents.seen(incident_id, actor))
    timeline, updates = await read(with_all, reading, incident_id, until, EntryKind.UPDATE)
    repeats = [one.incident_id for one in (*incident.repeats, *incident.proposed_repeats)]
    earlier_items = await run_in_threadpool(queries.items_of, reading, repeats, seen_by(actor))
    await run_in_threadpool(views.note, [item.id for item in earlier_items])
    offered = await read(choices_of, reading, incident, actor, as_of(organisation, datetime.now(UTC).date()))
    likely = LIKELY.get(incident.status, ())
    service = organisation.services.get(incident.service)
    return _show(
        request,
        organisation,
        "incident.html",
        incident=incident,
        corrections=corrections,
        corrected_sentence=corrected_sentence,
        took=durations(incident).in_words(),
        call=call_of(incident, organisation) if incident.status in ONGOING else None,
        so_far=so_far,
        items=await run_in_threadpool(
            queries.action_items, reading, datetime.now(UTC), incident_id=incident_id, limit=500
        ),
        timeline=timeline,
        updates=updates,
        live=until is None,
        said=await read(act_facts.said, reading, said, incident, actor.person, organisation),
        steps=[choice for choice in offered if choice in likely],
        others=[choice for choice in offered if choice not in likely],
        mine={choice.name for choice in offered},
        links=service.links if service else {},
        earlier_items=earlier_items,
        thanks=thanks(incident, organisation),
        anonymous=await run_in_threadpool(shown_notes, reading, incident_id, organisation, datetime.now(UTC)),
    )


@router.get("/items/{item_id}")
async def show_item(
    request: Request,
    reading: Reading,
    gateway: GatewayDep,
    organisation: OrganisationDep,
    actor: ActorDep,
    item_id: str,
    said: int | None = None,
    until: Until = None,
) -> Response:
    """One action item, what happens next to it, and what its reader can choose; ``said`` is what was just done.

    ``until`` is as for an incident.
    """
    so_far = await read(written, reading, item_id)
    item = await gateway.items.seen(item_id, actor)
    timeline, notes = await read(with_all, reading, item_id, until, EntryKind.NOTE)
    now = datetime.now(UTC)
    here = as_of(organisation, now.date())
    offered = await read(choices_of, reading, item, actor, here)
    awaited = next_steps(item, actor.person) if actor.person else []
    steps = course.steps(item, here, now)
    return _show(
        request,
        organisation,
        "item.html",
        item=item,
        so_far=so_far,
        timeline=timeline,
        live=until is None,
        comments=[note for note in notes if note.author],
        said=await read(act_facts.said, reading, said, item, actor.person, organisation),
        neighbours=await read(neighbours, reading, item, seen_by(actor)),
        course=steps,
        picture=course.picture(steps, now),
        steps=[choice for choice in offered if choice in awaited],
        others=[choice for choice in offered if choice not in awaited],
    )


@router.get("/outbox")
def list_mails(
    request: Request,
    reading: Reading,
    organisation: OrganisationDep,
    seen_by: SeenByDep,
    views: ViewsDep,
    actor: ActorDep,
    person: str = "",
    kind: str = "",
    state: str = "",
    since: DayIfAny = None,
    until: DayIfAny = None,
    again: Annotated[int | None, Query(ge=1, le=AT_ONCE)] = None,
    after: str = "",
) -> Response:
    """What was sent, what could not be, and to whom nothing arrives; ``again`` is how many are just sent again."""
    begin, end = between(request, since, until)
    found = page_of_mails(
        reading,
        person=person or None,
        kind=kind or None,
        state=_choice(MailState, state),
        since=begin,
        until=end,
        cursor=after,
        limit=PAGE_LENGTH,
        seen_by=seen_by,
    )
    filters = {"person": person, "kind": kind, "state": state, "since": str(since or ""), "until": str(until or "")}
    aside = MailState.SET_ASIDE
    set_aside = [] if after else page_of_mails(reading, state=aside, limit=PAGE_LENGTH, seen_by=seen_by).mails
    views.note_mails([*found.mails, *set_aside])
    return _show(
        request,
        organisation,
        "outbox.html",
        mails=found.mails,
        further=found.next,
        problem_addresses=problem_addresses(reading, organisation),
        set_aside=set_aside,
        filters=filters,
        filtered=any(filters.values()),
        kinds=[(one, one) for one in queries.mail_kinds(reading)],
        states=list(MailState),
        organisation=organisation,
        sends_again=_sends_again(actor, organisation),
        again=again,
    )


@router.get("/outbox/{key:path}")
def show_mail(
    request: Request,
    reading: Reading,
    organisation: OrganisationDep,
    settings: SettingsDep,
    seen_by: SeenByDep,
    views: ViewsDep,
    actor: ActorDep,
    key: str,
    part: Literal["html", ""] = "",
) -> Response:
    """One mail; its HTML is a page of its own, for a frame."""
    mail = queries.mail(reading, key, seen_by)
    if mail is None:
        raise HTTPException(404, "There is no mail here by that name; the outbox lists them all.")
    views.note_mails([mail, *queries.parts_of(reading, key)])
    acts = _acts(request, settings)
    shown = str if acts else hidden
    if part == "html":
        html = with_images(mail.html, mail.attachments).replace("<head>", '<head><base target="_top">', 1)
        return HTMLResponse(shown(html), headers=MAIL_HEADERS)
    return _show(
        request,
        organisation,
        "mail.html",
        mail=mail,
        shown=shown,
        acts=acts,
        sends_again=_sends_again(actor, organisation),
    )


def _show(request: Request, organisation: Organisation, template: str, /, **context: Any) -> Response:
    """With what the page needs to name people and what happens next."""
    zone = request.state.visitor.zone
    upcoming = partial(coming, organisation=organisation, now=datetime.now(UTC), zone=zone)
    return page(request, template, name=organisation.name_of, next_moment=upcoming, **context)


def _acts(request: Request, settings: Settings) -> bool:
    """Whether links to act by are shown: where mails are sent or others get in, only who got one can act by it."""
    return not settings.sendgrid_api_key and not settings.api_token and at_this_machine(request, settings)


def _sends_again(actor: Actor, organisation: Organisation) -> bool:
    about = About.service_itself(as_of(organisation, datetime.now(UTC).date()))
    return may(Right.SEND_AGAIN, actor, None, about) is None


def _choice(choices: type[ChoiceT], value: str) -> ChoiceT | None:
    """The filter that a form's value means; nothing for one that is left open."""
    if not value:
        return None
    try:
        return choices(value)
    except ValueError:
        raise HTTPException(422, f"{value!r} is none of {', '.join(choices)}.") from None


def _first_alert(organisation: Organisation) -> str | None:
    """The smallest Alertmanager body that starts a drill; None where no route is for that."""
    match = next((route.match for route in organisation.routes if route.drill), None)
    if match is None:
        return None
    labels = {"service": next(iter(organisation.services)), "alertname": "FirstAlert", **match}
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
