"""The smallest workflows there are."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from bench.steps import nothing
    from workflows.search_attributes import STATUS

TIMEOUT = timedelta(minutes=2)


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


@workflow.defn
class OpenWorkflow:
    """Waits like an action item that nobody has accepted yet, with nothing to remember: the least that one can take."""

    def __init__(self) -> None:
        self._told = 0

    @workflow.run
    async def run(self, commands: dict[str, int]) -> None:
        """Sends as many of each command as an item does, and waits with one timer."""
        workflow.upsert_search_attributes([STATUS.value_set("bare")] * commands["upsert"])
        for _ in range(commands["local activity"]):
            await workflow.execute_local_activity(nothing, start_to_close_timeout=TIMEOUT)
        for _ in range(commands["activity"]):
            await workflow.execute_activity(nothing, start_to_close_timeout=TIMEOUT)
        await workflow.wait_condition(lambda: self._told > 0, timeout=timedelta(days=30))

    @workflow.update
    async def execute(self) -> int:
        """Answers."""
        return self._told

    @workflow.signal
    def told(self) -> None:
        """Is counted."""
        self._told += 1

    @workflow.query
    def state(self) -> int:
        """How often it was told."""
        return self._told
