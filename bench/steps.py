"""What a recorded workflow did, step by step, so that a bare one can do the same number of the same things."""

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel
from temporalio import activity
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory

from followthrough.domain.replayed.ids import incident_of

BARE_QUEUE = "bench-bare"
SANDBOXED_QUEUE = "bench-bare-sandboxed"

SIMPLE = {
    EventType.EVENT_TYPE_MARKER_RECORDED: "local activity",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: "update",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED: "answer",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: "signal",
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: "upsert",
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: "activity",
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED: "child",
}


class Step(BaseModel):
    """``event`` is the event that began what is joined or cancelled later; ``seconds`` are a timer's.

    ``to`` is who is told: what its id has after that of the incident, so nothing for the incident itself.
    """

    what: Literal[
        "local activity",
        "activity",
        "timer",
        "cancel timer",
        "join",
        "child",
        "update",
        "answer",
        "signal",
        "tell",
        "upsert",
    ]
    event: int = 0
    seconds: float = 0
    to: str = ""


class BareLife(BaseModel):
    """The steps of a workflow, and those of its children in the order in which it starts them."""

    steps: list[Step]
    children: list[list[Step]] = []


@activity.defn
async def nothing() -> None:
    """No effect."""


def steps(history: WorkflowHistory) -> Iterator[Step]:
    """In the order of the history."""
    incident = incident_of(history.workflow_id)
    for event in history.events:
        match event.event_type:
            case EventType.EVENT_TYPE_TIMER_STARTED:
                duration = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
                yield Step(what="timer", event=event.event_id, seconds=duration.total_seconds())
            case EventType.EVENT_TYPE_TIMER_FIRED:
                yield Step(what="join", event=event.timer_fired_event_attributes.started_event_id)
            case EventType.EVENT_TYPE_TIMER_CANCELED:
                yield Step(what="cancel timer", event=event.timer_canceled_event_attributes.started_event_id)
            case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
                yield Step(what="join", event=event.activity_task_completed_event_attributes.scheduled_event_id)
            case EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED:
                ended = event.child_workflow_execution_completed_event_attributes
                yield Step(what="join", event=ended.initiated_event_id)
            case EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
                told = event.signal_external_workflow_execution_initiated_event_attributes.workflow_execution
                yield Step(what="tell", event=event.event_id, to=told.workflow_id.removeprefix(incident))
            case EventType.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED:
                heard = event.external_workflow_execution_signaled_event_attributes
                yield Step(what="join", event=heard.initiated_event_id)
            case EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED:
                unheard = event.signal_external_workflow_execution_failed_event_attributes
                yield Step(what="join", event=unheard.initiated_event_id)
            case kind if kind in SIMPLE:
                yield Step.model_validate({"what": SIMPLE[kind], "event": event.event_id})
