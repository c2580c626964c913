"""One whole life: an incident from its alert to its end, with five action items of which one is late."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from pydantic import HttpUrl
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from bench.quiet import quiet
from followthrough.domain.replayed.ids import item_id
from followthrough.domain.replayed.incident.commands import (
    Acknowledge,
    AddNote,
    AssignRole,
    IncidentCommand,
    Mitigate,
    ProposeItem,
    Resolve,
    SendUpdate,
)
from followthrough.domain.replayed.incident.incident import Alert, AlertState, Audience, Role, UpdateStage
from followthrough.domain.replayed.item.action_item import ActionItem, Kind, Priority
from followthrough.domain.replayed.item.commands import Accept, Finish, ItemCommand, Verify
from followthrough.domain.replayed.postmortem.commands import Publish, ReviewPostmortem, SubmitPostmortem
from followthrough.domain.replayed.values import Severity

ITEMS = 5
COMMANDER, COMMS, OWNER, VERIFIER = "ines", "lucia", "tomas", "marcos"
"""People of the example organisation, all of the team that owns its service ``checkout``."""

RESPONSE: tuple[IncidentCommand, ...] = (
    AddNote(by=COMMANDER, text="Looking at it"),  # its answer says that the first on call was asked to command
    Acknowledge(by=COMMANDER),
    AssignRole(by=COMMS, role=Role.COMMS_LEAD, person=COMMS),
    SendUpdate(by=COMMS, stage=UpdateStage.IDENTIFIED, audience=Audience.CUSTOMERS, text="Some cards are declined."),
    Mitigate(by=COMMANDER, summary="Traffic moved to the second provider"),
    Resolve(by=COMMANDER, summary="The provider is back"),
)
POSTMORTEM: tuple[IncidentCommand, ...] = (
    SubmitPostmortem(by=COMMANDER, text="# What broke\n\nThe provider."),
    ReviewPostmortem(by=COMMS),
    Publish(by=COMMANDER),
)
PROPOSALS = tuple(
    ProposeItem(by=COMMANDER, title=f"Add an alert for provider {number}", owner=OWNER)
    for number in range(1, ITEMS + 1)
)
INCIDENT_COMMANDS = (*RESPONSE, *PROPOSALS, *POSTMORTEM)
ITEM_COMMANDS: tuple[ItemCommand, ...] = (
    Accept(by=OWNER),
    Finish(by=OWNER, evidence=HttpUrl("https://example.com/changes/1")),
    Verify(by=VERIFIER),
)
IN_TIME = timedelta(days=1)
LATE = timedelta(days=60)
"""How long an owner works on an item. 30 working days is the time they have."""

Handle = WorkflowHandle[Any, Any]
ItemOrIncidentCommand = IncidentCommand | ItemCommand
Give = Callable[[Handle, ItemOrIncidentCommand], Awaitable[None]]


def alert() -> Alert:
    """A new one each time."""
    return Alert(
        dedup_key=f"bench/{uuid4()}",
        source="Bench",
        state=AlertState.FIRING,
        title="Card payments fail",
        labels={"service": "checkout", "severity": "page"},
        at=datetime.now(UTC),
    )


@dataclass(frozen=True)
class Life:
    """``start`` gives the incident's workflow id, ``give`` hands a command to a workflow and waits for its answer."""

    client: Client
    start: Callable[[], Awaitable[str]]
    give: Give
    items: int = ITEMS
    """Fewer are a shorter life, of which no item is late."""

    async def live(self) -> list[Handle]:
        """The incident and its action items, all of them ended."""
        incident, *items = handles(self.client, await self.start())[: self.items + 1]
        for command in (*RESPONSE, *PROPOSALS[: self.items], *POSTMORTEM):
            await self.give(incident, command)
        await quiet(self.client, incident.id)
        works = [LATE if number == ITEMS else IN_TIME for number in range(1, self.items + 1)]
        await asyncio.gather(*(self._follow_up(item, work) for item, work in zip(items, works, strict=True)))
        await asyncio.gather(*(handle.result() for handle in (incident, *items)))
        return [incident, *items]

    async def resolved(self) -> Handle:
        """An incident whose response is over, with nothing after it."""
        incident = self.client.get_workflow_handle(await self.start())
        for command in RESPONSE:
            await self.give(incident, command)
        return incident

    async def _follow_up(self, item: Handle, work: timedelta) -> None:
        accept, *finish = ITEM_COMMANDS
        await self.give(item, accept)
        await pass_time(self.client, item, work)
        for command in finish:
            await self.give(item, command)


async def pass_time(client: Client, workflow: Handle, time: timedelta) -> None:
    """Of one workflow, which then has done what the time asked of it."""
    await quiet(client, workflow.id)
    await TimeSkipper(client, config=TimeSkippingConfig(enabled=False)).fast_forward(workflow, time)
    await quiet(client, workflow.id)


def handles(client: Client, incident: str) -> list[Handle]:
    """The incident's workflow and those of its action items."""
    return [client.get_workflow_handle(incident)] + [
        client.get_workflow_handle(item_id(incident, number)) for number in range(1, ITEMS + 1)
    ]


async def runs(client: Client, workflow_id: str) -> list[WorkflowHistory]:
    """The histories of all of its runs: one that grew long continued as new."""
    found = client.list_workflows(f"WorkflowId = '{workflow_id}'")
    return [await client.get_workflow_handle(workflow_id, run_id=run.run_id).fetch_history() async for run in found]


def new_item() -> ActionItem:
    """Proposed to the owner, in an incident that there is not."""
    incident = f"inc-{uuid4().hex[:20]}"
    return ActionItem(
        id=item_id(incident, 1),
        incident_id=incident,
        title="Add a test for the refund path",
        kind=Kind.PREVENT,
        priority=Priority.MEDIUM,
        severity=Severity.SEV2,
        service="checkout",
        team="payments",
        owner=OWNER,
        proposed_by=COMMANDER,
        proposed_at=datetime.now(UTC),
    )
