"""Whether many cost as much each as few, and how far histories and payloads are from the engine's limits."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr
from temporalio.client import WorkflowHistory
from temporalio.testing import ActivityEnvironment

from activities.read_model import ReadModel
from activities.tickets.sweep import BATCH, TicketSweep
from activities.tickets.tickets import tracker_for
from bench.life import COMMANDER, OWNER, VERIFIER, Handle, new_item, runs
from bench.quiet import quiet
from bench.report import Row, Size, count, ratio
from bench.stage import ORGANISATION, Service, Stage, say, service, stage
from bench.whole_life import life, processor_seconds
from followthrough.domain.replayed.ids import item_id
from followthrough.domain.replayed.incident.commands import ProposeItem
from followthrough.domain.replayed.item.commands import Waive
from followthrough.organisation_file import OrganisationFile
from followthrough.settings import Settings
from tests.standins.jira import JiraStandIn
from tests.standins.jira_data import Issue
from workflows.messages.ticket import SweepRequest

ITEMS = {Size.SMALLEST: (2, 4), Size.QUICK: (50, 200), Size.FULL: (50, 200)}
TICKETS = {Size.SMALLEST: (100, 200), Size.QUICK: (500, 2_000), Size.FULL: (2_500, 10_000)}
ROUNDS = {Size.SMALLEST: 1, Size.QUICK: 1, Size.FULL: 3}
LINEAR = 1.3
"""How much more each of many may cost than each of few; more is not linear."""

MOST_EVENTS, MOST_BYTES, LARGEST = 51_200, 50 * 2**20, 2 * 2**20
"""Of a history, and bytes of what a message carries; beyond them the engine ends a workflow."""
NEAR = 0.5

GROWS = "an incident knows its action items, and what is written and planned of it is as long as that list."
SWEEP = "each page of the tracker is read, and its action items are looked for in the database."
LIMITS = "everything that happens to its action items is in the history of the incident, until it continues as new."


async def scale(size: Size) -> list[Row]:
    """An incident with many action items, and a sweep of many tickets."""
    return [*await _crowded_incident(size), await _sweep(size)]


async def crowded(found: Service, number: int) -> Handle:
    """An incident with so many action items, that has nothing to do."""
    played = life(found)
    incident = await played.resolved()
    for title in (f"Add an alert for provider {each}" for each in range(1, number + 1)):
        await played.give(incident, ProposeItem(by=COMMANDER, title=title, owner=OWNER))
    await quiet(found.client, incident.id, *(item_id(incident.id, each) for each in range(1, number + 1)))
    return incident


async def _crowded_incident(size: Size) -> list[Row]:
    numbers = ITEMS[size]
    seconds: dict[int, list[list[float]]] = {number: [] for number in numbers}
    sizes: dict[int, list[list[float]]] = {number: [] for number in numbers}
    async with service() as found:
        for _ in range(ROUNDS[size]):
            for number in numbers:
                say(f"An incident with {number} action items.")
                used = processor_seconds(found.process)
                incident = await crowded(found, number)
                await _waive(found, incident, number)
                seconds[number].append([(processor_seconds(found.process) - used) / number])
                histories = await runs(found.client, incident.id)
                sizes[number].append([sum(map(_bytes, histories)) / number])
    few, many = numbers
    history = max(histories, key=_bytes)
    beside = f"for each action item, {many} beside {few}"
    shares = {
        f"its {len(history.events)} events": len(history.events) / MOST_EVENTS,
        f"its {_bytes(history) // 1024:,} KiB": _bytes(history) / MOST_BYTES,
        "its largest message": max(event.ByteSize() for event in history.events) / LARGEST,
    }
    return [
        Row("crowded incident", f"processor time {beside}", ratio(seconds[many], seconds[few]), LINEAR, why=GROWS),
        Row("crowded incident", f"bytes of history {beside}", ratio(sizes[many], sizes[few]), LINEAR, why=GROWS),
        *(
            Row("crowded incident", f"{what}, of what the engine takes", count(share), NEAR, why=LIMITS)
            for what, share in shares.items()
        ),
    ]


async def _waive(found: Service, incident: Handle, number: int) -> None:
    """Each of its action items, of which it then hears."""
    items = [found.client.get_workflow_handle(item_id(incident.id, each)) for each in range(1, number + 1)]
    for item in items:
        await life(found).give(item, Waive(by=VERIFIER, reason="The provider is replaced"))
    await quiet(found.client, incident.id, *(item.id for item in items))


def _bytes(history: WorkflowHistory) -> int:
    return sum(event.ByteSize() for event in history.events)


async def _sweep(size: Size) -> Row:
    """Of tickets that all changed, so that each is told of; nobody listens any more."""
    few, many = TICKETS[size]
    seconds: dict[int, list[list[float]]] = {number: [] for number in (few, many)}
    async with stage() as found:
        for _ in range(ROUNDS[size]):
            for number in (few, many):
                say(f"A sweep of {number} tickets.")
                seconds[number].append([await _swept(found, number) / number])
    measure = f"processor time for each ticket, {many:,} beside {few:,}"
    return Row("sweep of tickets", measure, ratio(seconds[many], seconds[few]), LINEAR, why=SWEEP)


async def _swept(found: Stage, number: int) -> float:
    """Seconds of the thread that sweeps; a stand-in for Jira works in another. Raises RuntimeError if it misses any."""
    since = datetime.now(UTC) - timedelta(hours=1)  # while it is swept, however long, so many minutes ago goes on
    items = [new_item() for _ in range(number)]
    read_model = ReadModel(found.database)
    with JiraStandIn() as jira:
        for each, item in enumerate(items, 1):
            read_model.project_item(item)
            fields = {"summary": item.title, "labels": ["followthrough", item.id], "project": {"key": "PAY"}}
            jira.issues[str(each)] = Issue(each, f"PAY-{each}", fields)
        settings = Settings(
            data_dir=found.data_dir,
            jira_url=jira.url,
            jira_cloud=True,
            jira_user="bench@example.com",
            jira_token=SecretStr("token"),
        )
        organisation = OrganisationFile(ORGANISATION)
        tracker = tracker_for(settings, organisation, found.database)
        sweep = TicketSweep(
            tracker, organisation, found.database, found.client, asyncio.get_running_loop(), lambda *_: None
        )
        request = SweepRequest(since=since, check_all=False)
        environment, places = ActivityEnvironment(), list[Any]()
        environment.on_heartbeat = places.append

        def run() -> float:
            used = time.thread_time()
            environment.run(sweep.tell_news, request)
            return time.thread_time() - used

        seconds = await asyncio.to_thread(run)
    if len(places) * BATCH < number:
        raise RuntimeError(f"The sweep saw {len(places) * BATCH} of {number} tickets at most.")
    return seconds
