"""The monthly digest."""

from temporalio import workflow
from temporalio.common import SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from activities.digest import Digests
    from followthrough.domain.digest import Month
    from workflows.durable import VENDOR
    from workflows.messages import SendDigest

SCHEDULED_AT = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")
"""Set by Temporal's schedules; a mail that is made up for later is still about its own month."""


@workflow.defn
class DigestWorkflow:
    """Started by its schedule, or by hand to have a digest that was missed; a month's mail is sent once."""

    @workflow.run
    async def run(self) -> None:
        """Tells of the month before."""
        due = workflow.info().typed_search_attributes.get(SCHEDULED_AT) or workflow.now()
        await workflow.execute_activity_method(
            Digests.send_digest, SendDigest(month=str(Month.before(due)), at=workflow.now()), **VENDOR
        )
