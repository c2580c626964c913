"""History events and Temporal Cloud's billable actions, beside the smallest numbers that the behaviour needs."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlmodel import Session, col, select
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from bench.life import INCIDENT_COMMANDS, ITEM_COMMANDS, ITEMS
from bench.report import Row, Size, count
from bench.stage import service
from bench.whole_life import life
from followthrough.store import queries
from followthrough.store.tables import MailRow

FAST_FORWARD = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED,
}
"""Events that only a fast-forward makes."""

ACTIONS = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: 1,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: 1,
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: 1,
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED: 2,
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: 1,
    EventType.EVENT_TYPE_TIMER_STARTED: 1,
}
"""By https://docs.temporal.io/cloud/actions; see README.md."""

TASK = 3
"""Events of a workflow task: scheduled, started, completed."""

WHY = (
    "an incident plans once more after each role that it asks somebody to take, and looks for earlier incidents by "
    "itself; a moment is planned once to find that it has come, and once for what follows; and a ticket and a mail "
    "seldom end in the same workflow task."
)


class Line(NamedTuple):
    """What the behaviour needs, and how often."""

    behaviour: str
    times: int
    events: int
    actions: int


def incident_needs(mails: int) -> list[Line]:
    """Of the incident in ``bench.life``: no rule counts from its end, so it has no news for its action items."""
    commands = len(INCIDENT_COMMANDS)
    return [
        Line("an alert starts it", 1, 1 + TASK, 1),
        Line("planned, compared with earlier ones, and in the read model", 1, 1, 1),
        Line("a command is carried out and answered", commands, TASK + 2, 1),
        Line("planned anew, and in the read model", commands, 1, 1),
        Line("Temporal's list shows mitigated, resolved, published, closed", 4, 1, 1),
        Line("a mail is sent", mails, 3 + TASK, 1),
        Line("a timer for a role, another, and an update, which something else comes before", 3, 2, 1),
        Line("a timer for the update once it is resolved, open at the end", 1, 1, 1),
        Line("an action item is started", ITEMS, 2 + TASK, 2),
        Line("the engine tells it of an action item's end", ITEMS, 1 + TASK, 0),
        Line("planned anew, and in the read model", ITEMS, 1, 1),
        Line("it ends", 1, 1, 0),
    ]


def item_needs(mails: int, moments: int) -> list[Line]:
    """Of an action item in ``bench.life``; ``moments`` are the reminders and escalations it went through."""
    commands = len(ITEM_COMMANDS)
    return [
        Line("its incident starts it", 1, 1 + TASK, 0),
        Line("planned, and in the read model", 1, 1, 1),
        Line("a command is carried out and answered", commands, TASK + 2, 1),
        Line("planned anew, and in the read model", commands, 1, 1),
        Line("Temporal's list shows its deadline, accepted, done, closed", 4, 1, 1),
        Line("a mail is sent", mails, 3 + TASK, 1),
        Line("a timer until it is accepted, done, and each moment that passes", 2 + moments, 2, 1),
        Line("a timer until it is verified, open at the end", 1, 1, 1),
        Line("a moment passes: woken", moments, TASK, 0),
        Line("planned anew, and in the read model", moments, 1, 1),
        Line("its ticket is created, and read, in one activity", 1, 3 + TASK, 1),
        Line("planned anew, and in the read model", 1, 1, 1),
        Line("its ticket is read, closed, and read again, in one activity, beside the last mail", 1, 3, 1),
        Line("what the ticket says then, in the read model", 1, 1, 1),
        Line("it ends, and the engine tells its incident", 1, 1, 0),
    ]


async def costs(_size: Size) -> list[Row]:
    """One life, of any size."""
    async with service() as found:
        incident, *items = await life(found).live()
        histories = [await handle.fetch_history() for handle in (incident, *items)]
        with Session(found.database) as session:
            needs = [incident_needs(_mails(session, incident.id, None))]
            for item in items:
                ended = queries.action_item(session, item.id)
                assert ended
                needs.append(item_needs(_mails(session, incident.id, item.id), len(ended.reminders)))
    shown = {
        "incident": slice(0, 1),
        "action item in time": slice(1, ITEMS),
        "late action item": slice(ITEMS, None),
        "whole life": slice(None),
    }
    return [row for what, part in shown.items() for row in _rows(what, histories[part], needs[part])]


def actions(history: WorkflowHistory) -> int:
    """Billable ones; all local activities of a workflow task are one."""
    marked = {
        event.marker_recorded_event_attributes.workflow_task_completed_event_id
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_MARKER_RECORDED
    }
    return len(marked) + sum(_actions(event) for event in history.events)


def _actions(event: HistoryEvent) -> int:
    match event.event_type:
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:  # that of a child is in its parent's two
            return int(not event.workflow_execution_started_event_attributes.HasField("parent_workflow_execution"))
        case EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED:
            return event.activity_task_started_event_attributes.attempt - 1
        case EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            metering = event.workflow_task_completed_event_attributes.metering_metadata
            return metering.nonfirst_local_activity_execution_attempts
    return ACTIONS.get(event.event_type, 0)


def _rows(what: str, histories: Sequence[WorkflowHistory], needs: Sequence[Sequence[Line]]) -> list[Row]:
    lines = [line for need in needs for line in need]
    events = sum(event.event_type not in FAST_FORWARD for history in histories for event in history.events)
    pairs = {
        "history events": (events, sum(line.times * line.events for line in lines), 1.1),
        "billable actions": (sum(map(actions, histories)), sum(line.times * line.actions for line in lines), 1.05),
    }
    return [
        Row(name, f"{what}: {ours} / {least}", count(ours / least), target=target, why=WHY)
        for name, (ours, least, target) in pairs.items()
    ]


def _mails(session: Session, incident_id: str, item_id: str | None) -> int:
    """One activity sends all mails of a notice."""
    query = select(MailRow.key, MailRow.person).where(
        MailRow.incident_id == incident_id, col(MailRow.item_id) == item_id
    )
    return len({key.removesuffix(f"/{person}") for key, person in session.exec(query)})
