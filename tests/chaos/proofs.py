"""What has to be true after a run, asked of Temporal, SQL and the vendors' stand-ins: each failure is a line."""

import asyncio
import json
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session, select
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionStatus, WorkflowHistory

from activities.read_model import ReadModel
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.ids import is_item
from followthrough.domain.replayed.incident.incident import ONGOING, Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.organisation_file import OrganisationFile
from followthrough.rebuild import RECORDS, UNREADABLE, rebuild, take_over
from followthrough.schedules import wanted_schedules
from followthrough.store.database import migrate, open_database
from followthrough.store.tables import ActionItemRow, DrillReportRow, IncidentRow, TimelineRow, UnstartedAlertRow
from followthrough.troubles import in_engine
from tests.chaos.builds import HERE, NEW_FIELD
from tests.chaos.play import Book, Delivery
from tests.chaos.stage import Stage

HAND_OVER = 30.0
"""Seconds that a mail takes to be handed over and recorded, with what a lock or a hang adds."""
AT_ONCE = 8
LOOKS = 3
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*Z")
UNWRITTEN = (NEW_FIELD, "told", "alerts", "heard", "unheard")
"""What the build here does not know, and what alone is nothing to write: mails asked for, alerts that came again, and
who has not yet said how it is."""
A_MOMENT = timedelta(seconds=20)
FROM_DATABASE = "Goes on from what the database knows"
"""Begins the entry of a run that follows one of which the history has less: a task that wrote and did not count."""


@dataclass(frozen=True)
class Found:
    """What there is after a run."""

    stage: Stage
    book: Book
    organisation: Organisation
    incidents: dict[str, Incident]
    items: dict[str, ActionItem]
    documents: dict[str, dict[str, Any]]
    """Of incidents, items and drills, as the database has them."""
    timelines: dict[str, list[TimelineRow]]
    histories: dict[str, list[WorkflowHistory]]
    """Of each record all that are kept, the oldest first."""
    running: set[str]
    without_route: set[str]
    only: Collection[str] | None
    """Of which records; None for all, and drills."""

    @property
    def records(self) -> dict[str, Incident | ActionItem]:
        """Both."""
        return {**self.incidents, **self.items}


async def find(stage: Stage, book: Book, only: Collection[str] | None = None) -> Found:
    """Reads it all, or what there is of some; histories first, for what is written meanwhile is in none of them."""
    histories, running = await _histories(stage, only)
    with Session(stage.database) as session:
        every = [*session.exec(select(IncidentRow)), *session.exec(select(ActionItemRow))]
        rows = [row for row in every if only is None or row.id in only]
        timelines = defaultdict(list)
        for line in session.exec(select(TimelineRow).order_by(TimelineRow.record_id, TimelineRow.number)):  # type: ignore[arg-type]
            timelines[line.record_id].append(line)
        unstarted = {row.dedup_key for row in session.exec(select(UnstartedAlertRow))}
        documents = {row.id: row.document for row in rows}
        if only is None:
            documents |= {row.incident_id: row.document for row in session.exec(select(DrillReportRow))}
    return Found(
        stage,
        book,
        OrganisationFile(stage.organisation)(),
        {key: Incident.model_validate(document) for key, document in documents.items() if not is_item(key)},
        {key: ActionItem.model_validate(document) for key, document in documents.items() if is_item(key)},
        documents,
        timelines,
        histories,
        running,
        unstarted,
        only,
    )


async def _histories(stage: Stage, only: Collection[str] | None) -> tuple[dict[str, list[WorkflowHistory]], set[str]]:
    """And which records run."""
    every = [execution async for execution in stage.client.list_workflows(RECORDS)]
    executions = [execution for execution in every if only is None or execution.id in only]
    executions.sort(key=lambda execution: (execution.id, execution.start_time))
    turns = asyncio.Semaphore(AT_ONCE)

    async def fetched(record_id: str, run_id: str) -> WorkflowHistory:
        async with turns:
            return await stage.client.get_workflow_handle(record_id, run_id=run_id).fetch_history()

    read = await asyncio.gather(*(fetched(execution.id, execution.run_id) for execution in executions))
    histories = defaultdict(list)
    for execution, history in zip(executions, read, strict=True):
        histories[execution.id].append(history)
    running = {execution.id for execution in executions if execution.status is WorkflowExecutionStatus.RUNNING}
    return histories, running


async def failures(found: Found) -> AsyncIterator[str]:
    """One line each; none when all is as it has to be."""
    for line in found.book.mistakes:
        yield f"mistake: {line}"
    for part in found.stage.parts.values():
        for code in part.unasked:
            yield f"process: {part.name} ended by itself with {code}"
    for proof in (alerts, commands, tickets, mails):
        for line in proof(found):
            yield f"{proof.__name__}: {line}"
    async for line in stuck(found):
        yield f"stuck: {line}"
    for look in (next_moments, rows, timelines):
        for line in await each_time(look, found):
            yield f"{look.__name__}: {line}"


async def each_time(look: Callable[[Found], AsyncIterator[str]], found: Found) -> list[str]:
    """What is said of records however often they are read: some go on while the others are read."""
    lines = [line async for line in look(found)]
    for _ in range(LOOKS - 1):
        if not lines:
            break
        said_of = {line.partition(" ")[0].partition("-run-")[0] for line in lines}
        lines = [line async for line in look(await find(found.stage, found.book, said_of))]
    return lines


def alerts(found: Found) -> Iterator[str]:
    """Every accepted alert is in one incident, or kept where there is no route for it."""
    by_key: dict[str, list[Delivery]] = defaultdict(list)
    for delivery in found.book.deliveries:
        by_key[delivery.dedup_key].append(delivery)
    of_key = defaultdict(set)
    for incident in found.incidents.values():
        of_key[incident.dedup_key].add(incident.id)
    for key, deliveries in by_key.items():
        answered = {delivery.incident for delivery in deliveries if delivery.incident}
        for delivery in deliveries:
            if delivery.status is not None and delivery.status >= 400:
                yield f"{key} was answered {delivery.status}"
            kept = delivery.status == 202 and delivery.incident is None
            if kept and delivery.alert.state == "firing" and key not in found.without_route:
                yield f"{key} was accepted, but started no incident and is not kept"
        for incident_id in answered:
            known = found.incidents.get(incident_id)
            if known is None:
                yield f"{key} was accepted for {incident_id}, which is not there"
            elif key not in (known.dedup_key, *known.inherited_keys):
                yield f"{key} was accepted for {incident_id}, which does not know it"
        early = {delivery.incident for delivery in deliveries if delivery.incident and not delivery.ended_before}
        if len(early) > 1:
            yield f"{key} is in several incidents: {', '.join(sorted(early))}"
        lost = of_key[key] - answered
        if lost and all(delivery.status is not None for delivery in deliveries):
            yield f"{key} has incidents that no answer named: {', '.join(sorted(lost))}"
        ongoing = sorted(name for name in of_key[key] if found.incidents[name].status in ONGOING)
        if len(ongoing) > 1:
            yield f"{key} has several ongoing incidents: {', '.join(ongoing)}"
    for incident_id in found.book.declared:
        if incident_id not in found.incidents:
            yield f"{incident_id} was declared, and is not there"


def commands(found: Found) -> Iterator[str]:
    """What was answered 200 is in the record and on its timeline once; what was refused is not there.

    What has no author only quotes it, as reminders quote why an owner is wanted.
    """
    unmarked: Counter[tuple[str, str]] = Counter()
    for given in found.book.given:
        name = f"{given.command.fields['command']} ({given.command.mark or given.update})"
        record = found.records.get(given.record)
        if record is None:
            yield f"{given.record} is not there, which was told to {name}"
            continue
        known = record.carried_out.get(given.update)
        lines = [line.text for line in found.timelines[given.record] if line.author]
        times = _times(given.command.mark, lines)
        if given.status == 200:
            if not isinstance(known, int):
                yield f"{given.record} does not know that it was told to {name}: {known}"
            if given.command.mark and times != 1:
                yield f"{given.record} has {name} {times} times on its timeline"
            unmarked[given.record, given.command.fields["command"]] += 1
        elif given.status is None:
            if times > 1:
                yield f"{given.record} has {name}, which had no answer, {times} times on its timeline"
        elif given.status >= 500 or given.status == 404:
            yield f"{given.record} was told to {name} and answered {given.status}: {given.words}"
        elif times:
            yield f"{given.record} refused {name} ({given.words}), and has it {times} times on its timeline"
    for (record_id, command), number in unmarked.items():
        if command == "accept":
            seen = sum(line.text == "Accepted" for line in found.timelines[record_id])
            if seen < number:
                yield f"{record_id} was accepted {number} times and says so {seen} times"


def _times(mark: str, lines: list[str]) -> int:
    return sum(len(re.findall(rf"\b{mark}\b", line)) for line in lines) if mark else 0


def tickets(found: Found) -> Iterator[str]:
    """Every item has one ticket, or its timeline says why not."""
    labelled: dict[str, list[str]] = defaultdict(list)
    for key, issue in found.stage.jira.issues.items():
        for label in issue.fields.get("labels", ()):
            labelled[label].append(key)
    for item in found.items.values():
        keys = labelled[item.id]
        if len(keys) > 1:
            yield f"{item.id} has several tickets: {', '.join(keys)}"
        if item.ticket is not None and item.ticket.key not in keys:
            yield f"{item.id} names {item.ticket.key}, and Jira has {keys} for it"
        said = any(line.kind == "ticket" for line in found.timelines[item.id])
        if item.accepted_at is not None and item.ticket is None and not said:
            yield f"{item.id} was accepted, and has neither a ticket nor a reason for having none"
        if keys and item.ticket is None:
            yield f"{item.id} does not know its ticket {keys}"
    yield from found.stage.jira.violations + found.stage.mails.violations


def mails(found: Found) -> Iterator[str]:
    """None came twice, but for those whose hand-over was cut, and these have one Message-ID."""
    box = found.stage.mails
    came = defaultdict(list)
    names = defaultdict(set)
    for number, mail in enumerate(box.mails):
        reference = mail["personalizations"][0]["custom_args"]["mail"]
        came[reference].append(number)
        names[reference].add(mail["headers"]["Message-ID"])
    for reference, numbers in came.items():
        subject = box.mails[numbers[0]]["subject"]
        if len(names[reference]) > 1:
            yield f"{reference} came with several Message-IDs: {subject}"
        for number in numbers[:-1]:
            if number not in box.cut and not _disturbed(found, box.came[number]):
                yield f"{reference} came {len(numbers)} times, although nothing cut its hand-over: {subject}"


def _disturbed(found: Found, at: float) -> bool:
    return any(trouble.begins - 1 <= at + HAND_OVER and at <= trouble.ends for trouble in found.stage.troubles)


async def next_moments(found: Found) -> AsyncIterator[str]:
    """Every open record runs, and has a next moment with a timer for it, or waits for people by rule."""
    for record in found.records.values():
        if record.ended:
            if record.id in found.running:
                yield f"{record.id} has ended, and its workflow runs"
            continue
        if record.id not in found.running:
            yield f"{record.id} is open, and no workflow of it runs"
            continue
        if record.upcoming is None:
            if isinstance(record, ActionItem) or not _waits_by_rule(record, found):
                yield f"{record.id} is {record.status}, and nothing comes next"
        elif not _timers(found.histories[record.id][-1]):
            yield f"{record.id} waits for {record.upcoming.kind} at {record.upcoming.at}, and has no timer"


def _waits_by_rule(incident: Incident, found: Found) -> bool:
    """For its roles are acknowledged and its severity has no updates, or for action items alone."""
    if incident.status in ONGOING:
        acknowledged = all(holder.acknowledged_at for holder in incident.roles)
        return acknowledged and not found.organisation.severities[incident.severity].updates
    return incident.reviewed and any(item.ended_at is None for item in incident.items)


def _timers(history: WorkflowHistory) -> int:
    """How many have not rung."""
    started = EventType.EVENT_TYPE_TIMER_STARTED
    over = (EventType.EVENT_TYPE_TIMER_FIRED, EventType.EVENT_TYPE_TIMER_CANCELED)
    kinds = Counter(event.event_type for event in history.events)
    return kinds[started] - sum(kinds[kind] for kind in over)


async def stuck(found: Found) -> AsyncIterator[str]:
    """No workflow is."""
    schedules = wanted_schedules(found.organisation, jira=True)
    for trouble in await in_engine(found.stage.client, found.stage.database, schedules):
        yield trouble.sentence


async def rows(found: Found) -> AsyncIterator[str]:
    """Equal those that a rebuild makes."""
    folder = Path(tempfile.mkdtemp(prefix="rebuilt-", dir=found.stage.folder))
    other = open_database(f"sqlite:///{folder}/rebuilt.db")
    migrate(other)
    for record_id in await _rebuilt(found, ReadModel(other)):
        yield f"{record_id} does not say how it is"
    with Session(other) as session:
        again = {row.id: row.document for row in session.exec(select(IncidentRow))}
        again |= {row.id: row.document for row in session.exec(select(ActionItemRow))}
        again |= {row.incident_id: row.document for row in session.exec(select(DrillReportRow))}
    other.dispose()
    for record_id in sorted(again.keys() | found.documents.keys()):
        one, two = found.documents.get(record_id), again.get(record_id)
        if one is None or two is None:
            yield f"{record_id} is only {'in the database' if one else 'in its workflow'}"
        elif different := [
            name for name in one | two if name not in UNWRITTEN and not _equal(one.get(name), two.get(name))
        ]:
            name = different[0]
            more = f"{one.get(name)!s:.200} and by its workflow {two.get(name)!s:.200}"
            yield f"{record_id} has another {', '.join(different)}: {more}"


async def _rebuilt(found: Found, read_model: ReadModel) -> list[str]:
    """Those that do not say how they are."""
    if found.only is None:
        return (await rebuild(found.stage.client, read_model)).unread
    unread = []
    for record_id in found.histories:
        try:
            await take_over(found.stage.client, read_model, record_id, 0)
        except UNREADABLE:
            unread.append(record_id)
    return unread


def _equal(one: Any, two: Any) -> bool:
    """But for moments: while a worker is slow, a workflow's clock is a little ahead of what it is in a replay."""
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(_equal(one[name], two[name]) for name in one)
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(_equal, one, two))
    if one != two and isinstance(one, str) and isinstance(two, str) and TIME.fullmatch(one) and TIME.fullmatch(two):
        return abs(datetime.fromisoformat(one) - datetime.fromisoformat(two)) < A_MOMENT
    return bool(one == two)


async def timelines(found: Found) -> AsyncIterator[str]:
    """Equal those that the histories write when they are replayed, by the build that wrote last."""
    folder = Path(tempfile.mkdtemp(prefix="histories-", dir=found.stage.folder))
    for record_id, histories in found.histories.items():
        for number, history in enumerate(histories):
            (folder / f"{record_id}-run-{number:04d}.json").write_text(history.to_json())
    newer = found.stage.builds["newer"]
    written = await _replayed(folder, newer)
    for name, why in written["broken"].items():
        yield f"{name} does not replay: {why:.300}"
    broken = {name.rpartition("-run-")[0] for name in written["broken"]}
    for record_id, lines in found.timelines.items():
        if record_id in broken:
            continue
        expected = {int(number): entry for number, entry in written["entries"].get(record_id, {}).items()}
        there = {line.number: [line.kind, line.text, line.author] for line in lines}
        last = max(expected, default=0)  # what was written since then is in no history that was read
        revived = max((line.number for line in lines if line.text.startswith(FROM_DATABASE)), default=0)
        for number in sorted(expected.keys() | {number for number in there if revived < number <= last}):
            if expected.get(number) != there.get(number):
                yield f"{record_id} has entry {number} {there.get(number)}, and its history {expected.get(number)}"
                break


async def _replayed(folder: Path, build: Path) -> dict[str, Any]:
    """By another process, which has that build."""
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.chaos.replayed", str(folder)),
        stdout=asyncio.subprocess.PIPE,
        stderr=(folder.parent / "replayed.log").open("wb"),
        cwd=build,
        env={"PYTHONPATH": f"{build}:{HERE}", "PATH": "/usr/bin:/bin"},
    )
    output, _ = await program.communicate()
    read: dict[str, Any] = json.loads(output.splitlines()[-1])  # what the SDK logs comes before
    return read
