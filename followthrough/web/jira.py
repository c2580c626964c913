"""Jira tells of changed tickets here. What it says is a hint: the action item's workflow reads the ticket itself."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Request
from pydantic import BaseModel, BeforeValidator, Field
from sqlalchemy import Engine
from sqlmodel import Session
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.jira_search import item_id_in
from followthrough.domain.text import MachineKey
from followthrough.settings import Settings
from followthrough.store import queries
from followthrough.web.incidents import ANSWER_WITHIN, Incidents
from followthrough.web.security import authorised, signed
from workflows.action_item import ActionItemWorkflow


def _labels(fields: Any) -> list[str]:
    labels = fields.get("labels") if isinstance(fields, dict) else None
    return [label for label in labels if isinstance(label, str)] if isinstance(labels, list) else []


class WebhookIssue(BaseModel):
    """The issue that an event is about; ``labels`` are not always among its fields."""

    key: Annotated[MachineKey, Field(min_length=1)]
    labels: Annotated[list[str], BeforeValidator(_labels)] = Field([], validation_alias="fields")


class JiraEvent(BaseModel):
    """The body of a Jira webhook; events of sprints and boards, for example, have no issue."""

    webhookEvent: MachineKey  # noqa: N815 -- Jira's name
    issue: WebhookIssue | None = None


class Heard(BaseModel):
    """What came of it, for Jira's administrators."""

    message: str


def jira(settings: Settings, incidents: Incidents, client: Client, database: Engine) -> APIRouter:
    """The webhook, and a way to have a ticket read at once."""
    router = APIRouter()

    async def signature(
        request: Request, x_hub_signature: Annotated[str, Header(description="sha256=HMAC-SHA256 of the body")] = ""
    ) -> None:
        if not settings.jira_webhook_secrets:
            raise HTTPException(
                403, "This webhook is off; set FOLLOWTHROUGH_JIRA_WEBHOOK_SECRETS to the secret that Jira has for it."
            )
        if not signed(await request.body(), "sha256=", x_hub_signature, settings.jira_webhook_secrets):
            raise HTTPException(
                401, "The X-Hub-Signature fits none of the secrets in FOLLOWTHROUGH_JIRA_WEBHOOK_SECRETS."
            )

    async def look(item_id: str) -> bool:
        """Whether its workflow runs. A look more than needed changes nothing, so events may come twice or late."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                await client.get_workflow_handle(item_id).signal(ActionItemWorkflow.look_at_ticket)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True

    def item_of_ticket(key: str) -> str | None:
        with Session(database) as session:
            return queries.item_of_ticket(session, key)

    @router.post("/webhooks/jira", tags=["intake"], dependencies=[Depends(signature)])
    async def event(event: JiraEvent) -> Heard:
        """Jira, as a webhook for events of issues and comments; what is about no ticket of ours changes nothing."""
        if event.issue is None:
            return Heard(message=f"Ignored: {event.webhookEvent} is about no ticket.")
        ticket = event.issue.key
        item_id = item_id_in(event.issue.labels) or await asyncio.to_thread(item_of_ticket, ticket)
        if item_id is None:
            return Heard(message=f"Ignored: {ticket} belongs to no action item.")
        if not await look(item_id):
            return Heard(message=f"Action item {item_id} has ended; the next sweep looks at {ticket}.")
        return Heard(message=f"Action item {item_id} looks at {ticket}.")

    @router.post("/api/items/{item_id}/ticket", tags=["api"], dependencies=[authorised(settings)])
    async def look_now(item_id: str) -> Heard:
        """Has the action item's ticket read now, rather than at the next webhook or sweep."""
        item = await incidents.action_item(item_id)
        if item.ticket is None:
            raise HTTPException(409, f"Action item {item_id} has no ticket yet.")
        if not await look(item_id):
            raise HTTPException(409, f"Action item {item_id} has ended; the next sweep looks at its ticket.")
        return Heard(message=f"Ticket {item.ticket.key} is read now.")

    return router
