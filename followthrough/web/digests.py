"""The weekly and the monthly digest: what they would say now, and which were sent."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlmodel import Session
from temporalio.client import Client

from followthrough.domain.departures import as_of
from followthrough.domain.digest import Digest, Month
from followthrough.domain.digest_mails import WeeklyMail
from followthrough.domain.values import PersonId
from followthrough.domain.weekly import WeeklyDigest, week_of, weekly_mails
from followthrough.mail.charts import attached, charts, with_images
from followthrough.mail.render import Rendered, render_digest, render_weekly
from followthrough.organisation import Organisation
from followthrough.settings import Settings
from followthrough.store.reports import digest_mails, read_digest, read_weekly_digest
from followthrough.web.bodies import DigestName
from followthrough.web.incidents import ANSWER_WITHIN
from followthrough.web.pages import MAIL_HEADERS
from followthrough.web.reading import Reading
from followthrough.web.rendering import page
from followthrough.web.security import authorised
from workflows.digest import DigestWorkflow, WeeklyDigestWorkflow
from workflows.messages import TASK_QUEUE

LATEST = 50
MonthName = Annotated[str, Query(description="Like 2026-11; else the last one that is over")]


class WeeklyPreview(WeeklyDigest):
    """What a manager's mail would be about now, and how it would say it."""

    subject: str
    text: str


class MonthlyPreview(Digest):
    """What leadership's mail is about, and how it says it."""

    subject: str
    text: str


def digests(settings: Settings, organisation: Callable[[], Organisation], client: Client) -> APIRouter:
    """For programs and for browsers. Without a limit on the lines that mails have."""
    router = APIRouter()
    api = APIRouter(prefix="/api/digests", tags=["api"], dependencies=[authorised(settings)])
    public_url = settings.resolved_public_url

    def weekly(session: Session, person: PersonId) -> tuple[WeeklyDigest, Rendered]:
        now = datetime.now(UTC)
        present = as_of(organisation(), now.date())
        if person not in present.people:
            raise HTTPException(404, f"Nobody in the organisation file is {person}, or they left.")
        mail = WeeklyMail(person=person, week=week_of(now.date()), at=now)
        digest = read_weekly_digest(session, mail, present)
        return digest, render_weekly(digest, present, public_url)

    def monthly(session: Session, month: str) -> tuple[Digest, Rendered]:
        now = datetime.now(UTC)
        try:
            wanted = Month.parse(month) if month else Month.before(now)
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
        digest = read_digest(session, wanted, organisation(), now)
        return digest, render_digest(digest, organisation(), public_url)

    @api.get("/weekly/{person}")
    def get_weekly(reading: Reading, person: PersonId) -> WeeklyPreview:
        """What a manager's or lead's weekly mail would say now."""
        digest, rendered = weekly(reading, person)
        return WeeklyPreview(**dict(digest), subject=rendered.subject, text=rendered.text)

    @api.get("/monthly")
    def get_monthly(reading: Reading, month: MonthName = "") -> MonthlyPreview:
        """What the monthly mail says."""
        digest, rendered = monthly(reading, month)
        return MonthlyPreview(**dict(digest), subject=rendered.subject, text=rendered.text)

    @api.post("/{which}/send", status_code=202)
    async def send(which: DigestName) -> None:
        """To all who have not had it for this week or for the month before."""
        workflow = WeeklyDigestWorkflow.run if which is DigestName.WEEKLY else DigestWorkflow.run
        async with asyncio.timeout(ANSWER_WITHIN):
            await client.start_workflow(workflow, id=f"digest/{which}/{uuid4()}", task_queue=TASK_QUEUE)

    @router.get("/digests", include_in_schema=False)
    def list_digests(request: Request, reading: Reading) -> Response:
        now = datetime.now(UTC)
        present = as_of(organisation(), now.date())
        readers = {mail.person: present.name_of(mail.person) for mail in weekly_mails(present, now)}
        mails = digest_mails(reading, LATEST)
        return page(request, "digests.html", mails=mails, readers=readers, month=f"{now:%Y-%m}")

    @router.get("/digests/weekly/{person}", include_in_schema=False)
    def show_weekly(reading: Reading, person: PersonId) -> Response:
        _, rendered = weekly(reading, person)
        return HTMLResponse(rendered.html, headers=MAIL_HEADERS)

    @router.get("/digests/monthly", include_in_schema=False)
    def show_monthly(reading: Reading, month: str = "") -> Response:
        digest, rendered = monthly(reading, month)
        return HTMLResponse(with_images(rendered.html, map(attached, charts(digest))), headers=MAIL_HEADERS)

    router.include_router(api)
    return router
