"""What a workflow does beside its main thread."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from temporalio import workflow


class Background:
    """Work beside the main thread, which looks at it wherever it waits: nobody else would see that it broke."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, *works: Coroutine[Any, Any, None]) -> None:
        """Begins them, beside those that there are; nothing is kept of those that end well."""
        for work in works:
            task = asyncio.create_task(work)
            self._tasks.append(task)
            task.add_done_callback(self._forget)

    @property
    def done(self) -> bool:
        """Nothing is being done any more."""
        return all(task.done() for task in self._tasks)

    async def wait(self, condition: Callable[[], bool], within: timedelta | None = None) -> None:
        """Raises TimeoutError, or RuntimeError for work that broke.

        That fails the workflow task: it is seen, and the next version goes on. Other errors would end the workflow.
        """
        await workflow.wait_condition(lambda: condition() or self._error() is not None, timeout=within)
        if (error := self._error()) is not None:
            raise RuntimeError(f"Work beside {workflow.info().workflow_id} broke: {error}") from error

    def stop(self) -> None:
        """Ends all of it."""
        for task in self._tasks:
            task.cancel()

    def _forget(self, ended: asyncio.Task[None]) -> None:
        if _error(ended) is None:
            self._tasks.remove(ended)

    def _error(self) -> BaseException | None:
        return next((error for task in self._tasks if task.done() and (error := _error(task)) is not None), None)


def _error(ended: asyncio.Task[None]) -> BaseException | None:
    return None if ended.cancelled() else ended.exception()
