"""Jira tells of changed tickets here. What it says is a hint: the action item's workflow reads the ticket itself."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, BeforeValidator, Field

from activities.tickets.jira.search import item_id_in
from followthrough.domain.answered.access.audit import Act
from followthrough.domain.replayed.text import MachineKey
from followthrough.noting import happened
from followthrough.store import queries
from followthrough.web.access import without_sign_in
from followthrough.web.dependencies import ActorDep, AuditDep, Authorised, GatewayDep, Reading
from followthrough.web.once import Once, OnceRoute
from followthrough.web.problems import REFUSED
from followthrough.web.reading import read
from followthrough.web.shapes.shape import Shape
from followthrough.web.webhook_keys import FromJira


def _labels(fields: Any) -> list[str]:
    labels = fields.get("labels") if isinstance(fields, dict) else None
    return [label for label in labels if isinstance(label, str)] if isinstance(labels, list) else []


Labels = Annotated[list[str], BeforeValidator(_labels, json_schema_input_type=dict[str, Any])]


class WebhookIssue(BaseModel):
    """The issue that an event is about; ``labels`` are not always among its fields."""

    key: Annotated[MachineKey, Field(min_length=1)]
    labels: Annotated[list[str], BeforeValidator(_labels, json_schema_input_type=dict[str, Any])] = Field(
        [], validation_alias="fields"
    )


class JiraEvent(BaseModel):
    """The body of a Jira webhook; events of sprints and boards, for example, have no issue."""

    webhookEvent: MachineKey  # noqa: N815 -- Jira's name
    issue: WebhookIssue | None = None


class Heard(Shape):
    """What came of it, for Jira's administrators."""

    message: str
    """For people; it may change its words."""


router = APIRouter(route_class=OnceRoute)


@router.post("/webhooks/jira", operation_id="take_jira_event", tags=["intake"], dependencies=[FromJira])
@without_sign_in
async def event(event: JiraEvent, gateway: GatewayDep, reading: Reading) -> Heard:
    """Jira, as a webhook for events of issues and comments; what is about no ticket of ours changes nothing."""
    if event.issue is None:
        return Heard(message=f"Ignored: {event.webhookEvent} is about no ticket.")
    ticket = event.issue.key
    item_id = item_id_in(event.issue.labels) or await read(queries.item_of_ticket, reading, ticket)
    if item_id is None:
        return Heard(message=f"Ignored: {ticket} belongs to no action item.")
    if not await gateway.look_at_ticket(item_id):
        return Heard(message=f"Action item {item_id} has ended; the next sweep looks at {ticket}.")
    return Heard(message=f"Action item {item_id} looks at {ticket}.")


@router.post(
    "/api/items/{item_id}/ticket",
    operation_id="look_at_ticket",
    tags=["api"],
    dependencies=[Authorised, Once],
    responses=REFUSED,
)
async def look_now(item_id: str, gateway: GatewayDep, actor: ActorDep, audit: AuditDep) -> Heard:
    """Has the action item's ticket read now, rather than at the next webhook or sweep."""
    item = await gateway.items.seen(item_id, actor)
    async with audit.noting(happened(actor, Act.COMMAND, "look at ticket", datetime.now(UTC), record=item_id)):
        if item.ticket is None:
            raise HTTPException(409, f"Action item {item_id} has no ticket yet.")
        if not await gateway.look_at_ticket(item_id):
            raise HTTPException(409, f"Action item {item_id} has ended; the next sweep looks at its ticket.")
    return Heard(message=f"Ticket {item.ticket.key} is read now.")
