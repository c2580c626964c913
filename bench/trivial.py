"""The smallest workflows there are."""

from datetime import timedelta

from temporalio import workflow


@workflow.defn
class EmptyWorkflow:
    """Ends at once."""

    @workflow.run
    async def run(self) -> None:
        """Does nothing."""


@workflow.defn
class IdleWorkflow:
    """Waits for one timer."""

    @workflow.run
    async def run(self) -> None:
        """Sleeps for longer than any benchmark runs."""
        await workflow.sleep(timedelta(days=30))
