"""Finds out, again and again, what people changed in Jira."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.ticket_sweep import TicketSweep
    from followthrough.domain.action_item import ActionItem
    from followthrough.domain.item_lifecycle import ReopenItem
    from followthrough.domain.ticket_sync import SOMEBODY
    from workflows.action_item import ActionItemWorkflow
    from workflows.durable import RETRY, signal
    from workflows.messages import ItemProgress, TicketFacts
    from workflows.search_attributes import of_item
    from workflows.ticket_messages import SweepRequest, Swept

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
        news = await workflow.execute_activity_method(
            TicketSweep.find_news,
            SweepRequest(since=before.begun if before else begun - LOOK_BACK, check_all=check_all),
            start_to_close_timeout=timedelta(hours=1),
            heartbeat_timeout=timedelta(minutes=2),
            retry_policy=RETRY,
        )
        for item_id in news.items:
            await signal(item_id, "look_at_ticket")
        for item in news.reopened:
            await _reopen(item)
        return Swept(begun=begun, checked_all=begun if before is None or check_all else before.checked_all)


async def _reopen(item: ActionItem) -> None:
    key = item.ticket.key if item.ticket else ""
    reopen = ReopenItem(by=SOMEBODY, reason=f"ticket {key} was reopened")
    shows = TicketFacts(owner=item.owner, due=item.planned.due, ended=True)
    try:
        await workflow.start_child_workflow(
            ActionItemWorkflow.run,
            ItemProgress(item=item, reopen=reopen, ticket_shows=shows),
            id=item.id,
            parent_close_policy=ParentClosePolicy.ABANDON,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            search_attributes=of_item(item),
        )
    except WorkflowAlreadyStartedError:
        workflow.logger.info("Action item %s goes on already", item.id)
