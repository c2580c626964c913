"""Finds out, again and again, what people changed in Jira."""

from datetime import timedelta

from temporalio import workflow

from activities.tickets.sweep import TicketSweep
from followthrough.queues import Queue
from workflows.calls import RETRY
from workflows.messages.ticket import SweepRequest, Swept

LOOK_BACK = timedelta(days=1)
"""How far the first sweep reaches; and how often every open ticket is read."""


@workflow.defn
class JiraSweepWorkflow:
    """One sweep; its schedule hands the result of the last one that succeeded to the next."""

    @workflow.run
    async def run(self) -> Swept:
        """Gives when it began, from where the next one goes on."""
        before = workflow.get_last_completion_result(Swept) if workflow.has_last_completion_result() else None
        begun = workflow.now()
        check_all = before is None or begun - before.checked_all >= LOOK_BACK
        await workflow.execute_activity_method(
            TicketSweep.tell_news,
            SweepRequest(since=before.begun if before else begun - LOOK_BACK, check_all=check_all),
            task_queue=Queue.TICKETS,
            start_to_close_timeout=timedelta(hours=1),
            heartbeat_timeout=timedelta(minutes=2),
            retry_policy=RETRY,
        )
        return Swept(begun=begun, checked_all=begun if before is None or check_all else before.checked_all)
