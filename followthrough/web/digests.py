"""The weekly and the monthly digest: what they would say now, with more lines, and which were sent."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.report.digest import Digest, Month
from followthrough.domain.answered.report.weekly import WeeklyDigest, week_of, weekly_mails
from followthrough.domain.replayed.report.mails import WeeklyMail
from followthrough.domain.replayed.values import PersonId
from followthrough.mail.charts import attached, charts, with_images
from followthrough.mail.render import Rendered, render_digest, render_weekly
from followthrough.store.monthly import read_digest
from followthrough.store.reports import digest_mails
from followthrough.store.weekly import read_weekly_digest
from followthrough.web.accepted import Said
from followthrough.web.bodies import DigestName
from followthrough.web.dependencies import ActorDep, Authorised, GatewayDep, OrganisationDep, Reading, SettingsDep
from followthrough.web.once import Once, OnceRoute
from followthrough.web.rendering import MAIL_HEADERS, page
from followthrough.web.shapes.digests import MonthlyPreview, ShownMonth, ShownWeek, WeeklyPreview
from followthrough.web.shapes.shape import facts

LATEST = 50
MonthName = Annotated[str, Query(description="Like 2026-11; else the last one that is over")]


router = APIRouter()
api = APIRouter(prefix="/api/digests", tags=["api"], dependencies=[Authorised], route_class=OnceRoute)


def _weekly(
    person: PersonId, reading: Reading, organisation: OrganisationDep, settings: SettingsDep
) -> tuple[WeeklyDigest, Rendered]:
    now = datetime.now(UTC)
    present = as_of(organisation, now.date())
    if person not in present.people:
        raise HTTPException(404, f"Nobody in the organisation file is {person}, or they left.")
    mail = WeeklyMail(person=person, week=week_of(now.date()), at=now)
    digest = read_weekly_digest(reading, mail, present)
    return digest, render_weekly(digest, present, settings.resolved_public_url)


def _monthly(
    reading: Reading, organisation: OrganisationDep, settings: SettingsDep, month: MonthName = ""
) -> tuple[Digest, Rendered]:
    now = datetime.now(UTC)
    try:
        wanted = Month.parse(month) if month else Month.before(now)
    except ValueError as error:
        raise HTTPException(422, str(error)) from error
    digest = read_digest(reading, wanted, organisation, now)
    return digest, render_digest(digest, organisation, settings.resolved_public_url)


WeeklyDep = Annotated[tuple[WeeklyDigest, Rendered], Depends(_weekly)]
MonthlyDep = Annotated[tuple[Digest, Rendered], Depends(_monthly)]


@api.get("/weekly/{person}", operation_id="get_weekly_digest")
def get_weekly(found: WeeklyDep) -> WeeklyPreview:
    """What a manager's or lead's weekly mail would say now."""
    digest, rendered = found
    return WeeklyPreview.model_validate({**facts(ShownWeek, digest), **_said(rendered)})


@api.get("/monthly", operation_id="get_monthly_digest")
def get_monthly(found: MonthlyDep) -> MonthlyPreview:
    """What the monthly mail says."""
    digest, rendered = found
    return MonthlyPreview.model_validate({**facts(ShownMonth, digest), **_said(rendered)})


@api.post("/{which}/send", operation_id="send_digest", status_code=202, dependencies=[Once])
async def send(which: DigestName, gateway: GatewayDep, actor: ActorDep) -> Said:
    """To all who have not had it for this week or for the month before."""
    await gateway.send_digest(actor, weekly=which is DigestName.WEEKLY)
    return Said(message=f"The {which.value} digest goes out to all who have not had it.")


@router.post("/digests/{which}/send", include_in_schema=False)
async def send_on_page(which: DigestName, gateway: GatewayDep, actor: ActorDep) -> Response:
    """The same, and back to the list."""
    await send(which, gateway, actor)
    return RedirectResponse(f"/digests?sent={which.value}", 303)


@router.get("/digests", include_in_schema=False)
def list_digests(
    request: Request, reading: Reading, organisation: OrganisationDep, sent: DigestName | None = None
) -> Response:
    """Who gets which, and what was sent; ``sent`` is the one that somebody has just asked for."""
    now = datetime.now(UTC)
    present = as_of(organisation, now.date())
    readers = {mail.person: present.name_of(mail.person) for mail in weekly_mails(present, now)}
    mails = digest_mails(reading, LATEST)
    return page(
        request,
        "digests.html",
        mails=mails,
        readers=readers,
        organisation=organisation,
        month=f"{now:%Y-%m}",
        last_month=str(Month.before(now)),
        names=list(DigestName),
        sent=sent,
    )


@router.get("/digests/weekly/{person}", include_in_schema=False)
def show_weekly(found: WeeklyDep) -> Response:
    """The mail as it would be now."""
    _, rendered = found
    return HTMLResponse(rendered.html, headers=MAIL_HEADERS)


@router.get("/digests/monthly", include_in_schema=False)
def show_monthly(found: MonthlyDep) -> Response:
    """The mail of that month."""
    digest, rendered = found
    return HTMLResponse(with_images(rendered.html, map(attached, charts(digest))), headers=MAIL_HEADERS)


router.include_router(api)


def _said(rendered: Rendered) -> dict[str, str]:
    return {"subject": rendered.subject, "text": rendered.text}
