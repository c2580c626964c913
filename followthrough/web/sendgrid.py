"""SendGrid tells here what became of mails. What did not arrive leads to another path."""

import json
from collections.abc import Container, Iterable
from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, BeforeValidator, Field, ValidationError
from sqlmodel import Session

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.wording import without_addresses
from followthrough.domain.replayed.mail.notice_kinds import DigestKind
from followthrough.domain.replayed.text import MachineKey, MachineLine
from followthrough.domain.replayed.times import MachineTime
from followthrough.store.mail_problems import (
    addresses,
    forget_problem_address,
    mail_by_reference,
    mail_delivered,
    record_problem_address,
)
from followthrough.store.subscriptions import unsubscribe
from followthrough.web.access import without_sign_in
from followthrough.web.dependencies import GatewayDep, OrganisationDep, Reading
from followthrough.web.reading import read
from followthrough.web.webhook_keys import FromSendGrid
from workflows.messages.mail import MailProblem

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


TAKES: Final = {
    "requestBody": {
        "description": "Events; those about no mail are passed over",
        "required": True,
        "content": {"application/json": {"schema": {"type": "array", "items": {"type": "object"}}}},
    }
}
"""Read as it came, for that is what is signed."""

router = APIRouter()


@router.post(
    "/webhooks/sendgrid",
    operation_id="take_sendgrid_events",
    tags=["intake"],
    status_code=204,
    dependencies=[FromSendGrid],
    openapi_extra=TAKES,
)
@without_sign_in
async def receive(request: Request, reading: Reading, organisation: OrganisationDep, gateway: GatewayDep) -> None:
    """SendGrid's signed event webhook, a list; what is about no mail and no address of ours changes nothing."""
    events = _events(await request.body())
    await gateway.take_another_path(await read(_recorded, reading, events, organisation))


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


def _recorded(session: Session, events: Iterable[Event], organisation: Organisation) -> list[tuple[str, MailProblem]]:
    """Gives what has to lead to another path, by the id of its event."""
    ours = addresses(organisation)
    with session.begin():
        problems = [(event, _record(session, event, ours)) for event in events]
    return [(event.sg_event_id or problem.key, problem) for event, problem in problems if problem is not None]


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
        record_problem_address(session, event.email, SUPPRESSED.get(event.event, reason), event.at)
    if event.event == "delivered":
        forget_problem_address(session, event.email, event.at)
    if mail is None:
        return None
    if event.event == "delivered":
        mail_delivered(session, mail)
    if event.event in (*SUPPRESSED, "group_unsubscribe") and mail.person and mail.kind in list(DigestKind):
        unsubscribe(session, mail.person, DigestKind(mail.kind))
    return None
