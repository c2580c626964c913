"""SendGrid tells here what became of mails. What did not arrive leads to another path."""

import asyncio
import binascii
import time
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException, Request
from pydantic import BaseModel
from sendgrid.helpers.eventwebhook import EventWebhook
from sqlalchemy import Engine
from sqlmodel import Session
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from followthrough.domain.notice_kinds import DigestKind
from followthrough.settings import Settings
from followthrough.store.bounces import bounced, delivered, mail_by_reference, mail_delivered
from followthrough.store.subscriptions import unsubscribe
from followthrough.web.incidents import ANSWER_WITHIN
from followthrough.wording import without_addresses
from workflows.mail_messages import MailProblem
from workflows.messages import TASK_QUEUE
from workflows.undelivered import UndeliveredWorkflow

OLDEST = 26 * 60 * 60
"""Seconds; SendGrid tries for 24 hours to deliver an event. What is repeated meanwhile changes nothing."""

SUPPRESSED = {
    "spamreport": "It was reported as spam there, so SendGrid sends nothing to it any more",
    "unsubscribe": "It was unsubscribed at SendGrid, which sends nothing to it any more",
}


class Event(BaseModel):
    """What of an event matters; ``mail`` is what the mail carries along."""

    event: str
    timestamp: int
    sg_event_id: str
    email: str
    mail: str = ""
    type: str = ""
    reason: str = ""

    @property
    def at(self) -> datetime:
        """When it happened."""
        return datetime.fromtimestamp(self.timestamp, UTC)

    @property
    def undelivered(self) -> bool:
        """Deferred is not: SendGrid goes on trying, and says so in the end."""
        return self.event in ("bounce", "dropped")


def sendgrid(settings: Settings, client: Client, database: Engine) -> APIRouter:
    """The event webhook."""
    router = APIRouter()

    async def signature(
        request: Request,
        signature: Annotated[str, Header(alias="X-Twilio-Email-Event-Webhook-Signature")] = "",
        timestamp: Annotated[str, Header(alias="X-Twilio-Email-Event-Webhook-Timestamp")] = "",
    ) -> None:
        if not settings.sendgrid_webhook_key:
            raise HTTPException(
                403, "This webhook is off; set FOLLOWTHROUGH_SENDGRID_WEBHOOK_KEY to the verification key in SendGrid."
            )
        if not _signed(settings.sendgrid_webhook_key, await request.body(), signature, timestamp):
            raise HTTPException(401, "The signature does not fit FOLLOWTHROUGH_SENDGRID_WEBHOOK_KEY.")
        if int(timestamp) < time.time() - OLDEST:
            raise HTTPException(401, "The signature is too old.")

    def record(events: list[Event]) -> list[MailProblem | None]:
        with Session(database) as session, session.begin():
            return [_record(session, event) for event in events]

    @router.post("/webhooks/sendgrid", tags=["intake"], status_code=204, dependencies=[Depends(signature)])
    async def receive(events: list[Event]) -> None:
        """SendGrid's signed event webhook; what is about no mail of ours changes nothing."""
        async with asyncio.timeout(ANSWER_WITHIN):
            for event, problem in zip(events, await asyncio.to_thread(record, events), strict=True):
                if problem is not None:
                    await report(event.sg_event_id, problem)

    async def report(event_id: str, problem: MailProblem) -> None:
        try:
            await client.start_workflow(
                UndeliveredWorkflow.run,
                problem,
                id=f"undelivered/{event_id}",
                task_queue=TASK_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            )
        except WorkflowAlreadyStartedError:
            return

    return router


def _signed(key: str, body: bytes, signature: str, timestamp: str) -> bool:
    try:
        return bool(EventWebhook(key).verify_signature(body.decode(), signature, timestamp))
    except (binascii.Error, UnicodeDecodeError):
        return False


def _record(session: Session, event: Event) -> MailProblem | None:
    """Gives what has to lead to another path."""
    mail = mail_by_reference(session, event.mail) if event.mail else None
    if mail is None:
        return None
    if event.undelivered:
        address = None if event.type == "blocked" else event.email
        reason = without_addresses(event.reason) or event.event
        return MailProblem(key=mail.key, reason=reason, at=event.at, address=address)
    if event.event == "delivered":
        mail_delivered(session, mail)
        delivered(session, event.email)
    if event.event in SUPPRESSED:
        bounced(session, event.email, SUPPRESSED[event.event], event.at)
    if event.event in (*SUPPRESSED, "group_unsubscribe") and mail.person and mail.kind in list(DigestKind):
        unsubscribe(session, mail.person, DigestKind(mail.kind))
    return None
