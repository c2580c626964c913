"""SendGrid tells here what became of mails. What did not arrive leads to another path."""

import asyncio
import json
import time
from collections.abc import Callable, Container, Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Request
from pydantic import BaseModel, BeforeValidator, Field, ValidationError
from sendgrid.helpers.eventwebhook import EventWebhook
from sqlalchemy import Engine
from sqlmodel import Session
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from followthrough.domain.notice_kinds import DigestKind
from followthrough.domain.text import MachineKey, MachineLine
from followthrough.domain.times import MachineTime
from followthrough.domain.wording import without_addresses
from followthrough.organisation import Organisation
from followthrough.settings import Settings
from followthrough.store.bounces import addresses, bounced, delivered, mail_by_reference, mail_delivered
from followthrough.store.subscriptions import unsubscribe
from followthrough.web.incidents import ANSWER_WITHIN
from workflows.mail_messages import MailProblem
from workflows.messages import TASK_QUEUE
from workflows.undelivered import UndeliveredWorkflow

OLDEST = 26 * 60 * 60
"""Seconds; SendGrid tries for 24 hours to deliver an event. What is repeated meanwhile changes nothing."""

SUPPRESSED = {
    "spamreport": "It was reported as spam there, so SendGrid sends nothing to it any more",
    "unsubscribe": "It was unsubscribed at SendGrid, which sends nothing to it any more",
}


def _or_empty(value: Any) -> Any:
    return value if isinstance(value, str) else ""


Fact = Annotated[MachineLine, BeforeValidator(_or_empty)]


class Event(BaseModel):
    """What of an event matters; ``mail`` is what the mail carries along, which later bounces do not."""

    event: str
    at: MachineTime = Field(validation_alias="timestamp")
    sg_event_id: Annotated[MachineKey, BeforeValidator(_or_empty)] = ""
    email: Annotated[str, Field(max_length=320, pattern="@")]
    mail: Fact = ""
    type: Fact = ""
    reason: Fact = ""

    @property
    def undelivered(self) -> bool:
        """Deferred is not: SendGrid goes on trying, and says so in the end."""
        return self.event in ("bounce", "dropped")


def sendgrid(
    settings: Settings, organisation: Callable[[], Organisation], client: Client, database: Engine
) -> APIRouter:
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
        if not (timestamp.isascii() and timestamp.isdigit()) or float(timestamp) < time.time() - OLDEST:
            raise HTTPException(401, "The signature is too old.")

    def record(events: Iterable[Event]) -> list[MailProblem | None]:
        ours = addresses(organisation())
        with Session(database) as session, session.begin():
            return [_record(session, event, ours) for event in events]

    @router.post("/webhooks/sendgrid", tags=["intake"], status_code=204, dependencies=[Depends(signature)])
    async def receive(request: Request) -> None:
        """SendGrid's signed event webhook, a list; what is about no mail and no address of ours changes nothing."""
        events = _events(await request.body())
        async with asyncio.timeout(ANSWER_WITHIN):
            for event, problem in zip(events, await asyncio.to_thread(record, events), strict=True):
                if problem is not None:
                    await report(event.sg_event_id or problem.key, problem)

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
    except ValueError:
        return False


def _events(body: bytes) -> list[Event]:
    """Those that are about a mail; others of the account have other fields. Raises HTTPException for no list."""
    try:
        batch = json.loads(body)
    except (ValueError, RecursionError):
        batch = None
    if not isinstance(batch, list):
        raise HTTPException(422, "The body has to be a list of events in JSON, as SendGrid's event webhook sends it.")
    return [event for each in batch if (event := _event(each)) is not None]


def _event(given: Any) -> Event | None:
    try:
        return Event.model_validate(given)
    except ValidationError:
        return None


def _record(session: Session, event: Event, ours: Container[str]) -> MailProblem | None:
    """Gives what has to lead to another path."""
    mail = mail_by_reference(session, event.mail) if event.mail else None
    if mail is None and event.email.lower() not in ours:
        return None
    bad_address = event.undelivered and event.type != "blocked"
    reason = without_addresses(event.reason) or event.event
    if mail is not None and event.undelivered:
        return MailProblem(key=mail.key, reason=reason, at=event.at, address=event.email if bad_address else None)
    if bad_address or event.event in SUPPRESSED:
        bounced(session, event.email, SUPPRESSED.get(event.event, reason), event.at)
    if event.event == "delivered":
        delivered(session, event.email, event.at)
    if mail is None:
        return None
    if event.event == "delivered":
        mail_delivered(session, mail)
    if event.event in (*SUPPRESSED, "group_unsubscribe") and mail.person and mail.kind in list(DigestKind):
        unsubscribe(session, mail.person, DigestKind(mail.kind))
    return None
