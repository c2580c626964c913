"""How long histories grow in a year: of an action item that waits, and of the busiest life that was found."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

import httpx
from pydantic import HttpUrl
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHistory
from temporalio.testing import TimeSkipper

from bench.costs import FAST_FORWARD
from bench.life import (
    COMMANDER,
    COMMS,
    OWNER,
    PROPOSALS,
    VERIFIER,
    Give,
    Handle,
    ItemOrIncidentCommand,
    pass_time,
    runs,
)
from bench.quiet import quiet
from bench.report import Row, Size, count
from bench.stage import Service, say, service
from bench.whole_life import life, life_over_http
from followthrough.domain.replayed.ids import item_id
from followthrough.domain.replayed.incident.commands import AddNote, Mitigate, Resolve, SendUpdate
from followthrough.domain.replayed.incident.incident import Audience, UpdateStage
from followthrough.domain.replayed.incident.lifecycle import Reopen
from followthrough.domain.replayed.item.commands import Accept, Decline, Extend, Finish, Reassign, Verify, Waive
from followthrough.domain.replayed.item.lifecycle import BlockItem, ReopenItem, Unblock
from followthrough.domain.replayed.postmortem.commands import Publish, ReviewPostmortem, SubmitPostmortem

WEEKS = {Size.SMALLEST: (1, 1, 1), Size.QUICK: (52, 3, 1), Size.FULL: (52, 3, 4)}
"""Of a workflow's own time, on how many days of each somebody does something, and how many busy lives are looked at."""
SEED = 17

IDLE = "reminders and the sprint planning that passed it by; each wakes it, is written down, and sends a mail."
BUSY = "commands on some days of each week, and reminders and escalations between them."

Draw = Callable[[Random, datetime], ItemOrIncidentCommand]
"""A command at that time."""

WHY = "It is drawn by the bench"
LINK = HttpUrl("https://example.com/changes/1")


def _soon(draw: Random, now: datetime) -> datetime:
    return now + timedelta(days=draw.randint(2, 60))


ITEM_DRAWS: tuple[Draw, ...] = (
    lambda draw, now: Accept(by=OWNER),
    lambda draw, now: Decline(by=OWNER, reason=WHY),
    lambda draw, now: Reassign(by=VERIFIER, to=OWNER, reason=WHY),
    lambda draw, now: Extend(by=VERIFIER, until=_soon(draw, now), reason=WHY),
    lambda draw, now: Finish(by=OWNER, evidence=LINK),
    lambda draw, now: Verify(by=VERIFIER, holds=draw.random() < 0.5, note=WHY),
    lambda draw, now: Waive(by=VERIFIER, reason=WHY, until=_soon(draw, now)),
    lambda draw, now: BlockItem(by=VERIFIER, reason=WHY, until=_soon(draw, now)),
    lambda draw, now: Unblock(by=VERIFIER),
    lambda draw, now: ReopenItem(by=VERIFIER, reason=WHY),
)
INCIDENT_DRAWS: tuple[Draw, ...] = (
    lambda draw, now: AddNote(by=COMMANDER, text=WHY),
    lambda draw, now: SendUpdate(by=COMMS, stage=UpdateStage.RESOLVED, audience=draw.choice([*Audience]), text=WHY),
    lambda draw, now: SubmitPostmortem(by=COMMANDER, text="# What broke\n\nThe provider."),
    lambda draw, now: ReviewPostmortem(by=COMMS, approved=draw.random() < 0.5, note=WHY),
    lambda draw, now: Publish(by=COMMANDER),
    lambda draw, now: Reopen(by=COMMANDER, reason=WHY),
)
AGAIN = (Mitigate(by=COMMANDER, summary=WHY), Resolve(by=COMMANDER, summary=WHY))
"""An incident that is reopened is over on the same day."""


async def years(size: Size) -> list[Row]:
    """In weeks of the workflows' own time."""
    weeks, days, lives = WEEKS[size]
    async with service() as found:
        waited = await _waiting(found, weeks)
        busiest = [await _busiest(found, weeks, days, SEED + number) for number in range(lives)]
    return [
        Row("history events", f"an item that waits for {weeks} weeks", count(waited), target=40, why=IDLE),
        Row(
            "history events",
            f"the longest in {weeks} weeks of {lives} busy lives, with random commands on {days} days a week",
            count(max(busiest)),
            target=2000,
            why=BUSY,
        ),
    ]


async def _waiting(found: Service, weeks: int) -> int:
    """Events of an accepted item that has time, without those of its birth and its ticket."""
    played = life(found)
    incident = await played.resolved()
    await played.give(incident, PROPOSALS[0])
    item = found.client.get_workflow_handle(item_id(incident.id, 1))
    ends = datetime.now(UTC) + timedelta(weeks=weeks + 20)
    for command in (Accept(by=OWNER), Extend(by=VERIFIER, until=ends, reason=WHY)):
        await played.give(item, command)
    await quiet(found.client, incident.id, item.id)
    before = _events(await item.fetch_history())
    await pass_time(found.client, item, timedelta(weeks=weeks))
    return _events(await item.fetch_history()) - before


async def _busiest(found: Service, weeks: int, days: int, seed: int) -> int:
    """Events of the longest history of an incident, and of two items of another: the engine skips no parent's time."""
    draw = Random(seed)
    played = life(found)
    incident, parent = await played.resolved(), await played.resolved()
    for proposal in PROPOSALS[:2]:
        await played.give(parent, proposal)
    items = [item_id(parent.id, number) for number in (1, 2)]
    async with life_over_http(found) as over_http:
        for week in range(weeks):
            say(f"Week {week + 1} of {weeks} of the busy life {seed}.")
            for _ in range(days):
                for record, draws in ((incident.id, INCIDENT_DRAWS), *((item, ITEM_DRAWS) for item in items)):
                    await _part_of_week(found.client, record, draws, draw, over_http.give, timedelta(weeks=1) / days)
    records = (incident.id, parent.id, *items)
    return max([_events(history) for record in records for history in await runs(found.client, record)])


async def _part_of_week(
    client: Client, record: str, draws: tuple[Draw, ...], draw: Random, give: Give, time: timedelta
) -> None:
    """Some time passes, which only workflows that run have, and then somebody does what can be done."""
    handle = client.get_workflow_handle(record)
    if (await handle.describe()).status is WorkflowExecutionStatus.RUNNING:
        await pass_time(client, handle, time)
    now = await TimeSkipper(client).get_current_time(handle)
    for drawn in draw.sample(draws, k=len(draws)):
        command = drawn(draw, now)
        if await _given(give, handle, command):
            for further in AGAIN if isinstance(command, Reopen) else ():
                await _given(give, handle, further)
            break
    await quiet(client, record)


async def _given(give: Give, handle: Handle, command: ItemOrIncidentCommand) -> bool:
    """Whether it was carried out; else the rules do not allow it now."""
    try:
        await give(handle, command)
    except httpx.HTTPStatusError as error:
        if error.response.status_code != httpx.codes.CONFLICT:
            raise
        return False
    return True


def _events(history: WorkflowHistory) -> int:
    return sum(event.event_type not in FAST_FORWARD for event in history.events)
