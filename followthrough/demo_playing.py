"""How people's parts are played: through the public API, with weeks passed by moving each workflow's own clock."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.wording import span
from followthrough.domain.replayed.ids import inbox_id, page_of
from followthrough.domain.replayed.values import PersonId
from followthrough.service import Service


@dataclass
class Playing:
    """Who does what, and when; ``done`` is what was told of it so far."""

    service: Service
    organisation: Organisation
    api: httpx.AsyncClient
    done: list[tuple[str, str]] = field(default_factory=list)
    now_doing: str = "An alert fires"
    virtual_end: datetime = field(default_factory=lambda: datetime.now(UTC))

    async def _until_escalated(self, item: str, level: int) -> Any:
        return await self._until(
            f"/api/items/{item}", lambda it: any(moment["level"] >= level for moment in it["reminders"])
        )

    def _team(self) -> Any:
        return self.organisation.teams[self.organisation.services["checkout"].team]

    def _told(self, what: str, sentence: str) -> None:
        self.done.append((what, sentence))

    async def _pass_time_to(self, workflow_id: str, at: datetime) -> None:
        now = await self._skipper().get_current_time(self.service.client.get_workflow_handle(workflow_id))
        if at > now:
            await self._pass_time(workflow_id, at - now)

    async def _pass_time(self, workflow_id: str, duration: timedelta) -> None:
        """Moves one workflow's own clock; what comes due on the way happens."""
        handle, skipper = self.service.client.get_workflow_handle(workflow_id), self._skipper()
        self.now_doing = f"{span(duration)} pass"
        await skipper.fast_forward(handle, duration)
        self.virtual_end = max(self.virtual_end, await skipper.get_current_time(handle))
        await self._pass_time_in_inboxes(duration)

    async def _pass_time_in_inboxes(self, duration: timedelta) -> None:
        """Each has its own clock, too, and is there for as long as something waits in it."""

        async def pass_time(person: PersonId) -> None:
            inbox = self.service.client.get_workflow_handle(inbox_id(person))
            try:
                description = await inbox.describe()
            except RPCError:  # nothing ever waited
                return
            if description.status is WorkflowExecutionStatus.RUNNING:
                await self._skipper().fast_forward(inbox, duration)

        await asyncio.gather(*(pass_time(person) for person in self.organisation.people))

    def _skipper(self) -> TimeSkipper:
        return TimeSkipper(self.service.client, config=TimeSkippingConfig(enabled=False))

    async def _get(self, path: str) -> Any:
        return (await self.api.get(path)).raise_for_status().json()

    async def _post(self, path: str, body: dict[str, Any]) -> Any:
        return (await self.api.post(path, json=body)).raise_for_status().json()

    async def _give(self, record: str, command: str, **fields: Any) -> Any:
        self.now_doing = f"{command.capitalize()} {record}"
        return await self._post(f"/api/{page_of(record)}/commands", {"command": command, **fields})

    async def _until(self, path: str, holds: Callable[[Any], Any], seconds: float = 30) -> Any:
        """Asks the API until ``holds``; raises TimeoutError with the last answer."""
        async with asyncio.timeout(seconds):
            while not holds(answer := await self._get(path)):  # noqa: ASYNC110 - nothing here could signal
                await asyncio.sleep(0.1)
        return answer
