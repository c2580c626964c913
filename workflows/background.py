"""What a workflow does beside its main thread."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from temporalio import workflow


class Errand(ABC):
    """Work that comes up again and again; it ends by itself, so that a record at rest has no tasks."""

    under_way = False

    @property
    @abstractmethod
    def wanted(self) -> bool:
        """There is something to do."""

    @abstractmethod
    async def run(self) -> None:
        """Does it until nothing is wanted."""


class Background:
    """Work beside the main thread, which looks at it wherever it waits: nobody else would see that it broke."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []
        self._errands: list[Errand] = []
        self._begun = False

    def add(self, errand: Errand) -> None:
        """It is run whenever it is wanted, once at a time."""
        self._errands.append(errand)

    def begin(self) -> None:
        """From now on errands are run."""
        self._begun = True
        self.attend()

    def attend(self) -> None:
        """Starts the errands that are wanted; called where one may have come up, and where the main thread waits."""
        for errand in self._errands if self._begun else ():
            if errand.wanted and not errand.under_way:
                errand.under_way = True
                self.start(_run(errand))

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


async def _run(errand: Errand) -> None:
    await errand.run()
    errand.under_way = False


def _error(ended: asyncio.Task[None]) -> BaseException | None:
    return None if ended.cancelled() else ended.exception()
