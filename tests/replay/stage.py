"""Where the recorded lives are played: people speak to the API, and each workflow's own clock is moved."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from httpx import codes
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from activities.mails.transport import OutboxTransport
from activities.vendors import VendorUnavailable
from followthrough.domain.replayed.ids import page_of
from followthrough.organisation_file import OrganisationFile
from followthrough.revival import go_on
from followthrough.service import Service
from followthrough.store.tables import MailRow
from tests.standins.jira import JiraStandIn
from tests.waiting import eventually
from workflows.parts.question import ANSWER_WITHIN

LONGEST_FAST_FORWARD = 180
"""Seconds; one that a child holds up would never end."""


@dataclass
class Stage:
    """One service and its people. ``jira`` is there where runs are short."""

    service: Service
    organisation: OrganisationFile
    file: Path
    api: httpx.AsyncClient
    jira: JiraStandIn
    numbers: Iterator[int] = field(default_factory=count)

    @property
    def client(self) -> Client:
        return self.service.client

    def change(self, old: str, new: str) -> None:
        """The organisation file."""
        text = self.file.read_text()
        assert old in text
        self.file.write_text(text.replace(old, new))

    async def post(self, path: str, **body: Any) -> Any:
        answer = (await self.api.post(f"/api/{path}", json=body)).raise_for_status()
        return answer.json() if answer.content else None

    async def until(self, path: str, holds: Callable[[Any], Any]) -> Any:
        """Also once it is there."""

        async def read() -> Any:
            answer = await self.api.get(f"/api/{path}")
            return None if answer.status_code == codes.NOT_FOUND else answer.raise_for_status().json()

        return await eventually(read, lambda found: found is not None and holds(found))

    async def give(self, record: str, command: str, by: str, **fields: Any) -> Any:
        """To an incident or an action item."""
        return await self.post(f"{page_of(record)}/commands", command=command, by=by, **fields)

    async def refused(self, record: str, command: str, by: str, **fields: Any) -> None:
        with pytest.raises(httpx.HTTPStatusError, match="409"):
            await self.give(record, command, by, **fields)

    async def declare(self, *, service: str = "checkout", severity: str = "SEV2", **fields: Any) -> str:
        title = f"Refunds stall in queue {next(self.numbers)}"
        new = {"title": title, "service": service, "severity": severity, "by": "tomas"} | fields
        incident = str((await self.post("incidents", **new))["incident"])
        await self.record(incident, lambda it: it["roles"])
        return incident

    async def propose(self, incident: str) -> str:
        """To Inés, and of a low priority, so that its deadline is far away."""
        title = f"Alert on queue {next(self.numbers)}"
        body = {"owner": "ines", "kind": "detect", "priority": "low", "title": title}
        proposed = await self.give(incident, "propose action item", "tomas", **body)
        item = str(proposed["items"][-1]["id"])
        await self.record(item, lambda it: it["plan"])
        return item

    async def accepted(self, incident: str) -> str:
        """With its ticket."""
        item = await self.propose(incident)
        await self.give(item, "accept", "ines")
        await self.record(item, lambda it: it["ticket"])
        return item

    async def finish(self, item: str) -> None:
        """Also where somebody else has to verify it."""
        done = await self.give(item, "done", "ines", evidence="https://git.example.com/changes/7")
        if done["status"] == "done":
            await self.give(item, "verify", "marcos")

    async def record(self, record: str, holds: Callable[[Any], Any]) -> Any:
        return await self.until(page_of(record), holds)

    async def passed(self, item: str, moment: str) -> None:
        """Waits until that moment has come."""
        await self.record(item, lambda it: any(one["kind"] == moment for one in it["reminders"]))

    def handle(self, workflow_id: str) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(workflow_id)

    async def running(self, workflow_id: str) -> None:
        """Waits until it is, again or for the first time."""
        await eventually(lambda: self._status(workflow_id), lambda it: it is WorkflowExecutionStatus.RUNNING)

    async def ended(self, workflow_id: str) -> None:
        """Waits until its last run is over."""
        await eventually(lambda: self._status(workflow_id), lambda it: it is not WorkflowExecutionStatus.RUNNING)

    async def _status(self, workflow_id: str) -> WorkflowExecutionStatus | None:
        with contextlib.suppress(RPCError):
            return (await self.handle(workflow_id).describe()).status
        return None

    async def pass_time(self, workflow_id: str, time: timedelta) -> None:
        """On its own clock; not while a child of it runs."""
        async with asyncio.timeout(LONGEST_FAST_FORWARD):
            await self._skipper.fast_forward(self.handle(workflow_id), time)

    async def pass_time_to(self, workflow_id: str, at: str) -> None:
        """And an hour more."""
        now = await self._skipper.get_current_time(self.handle(workflow_id))
        await self.pass_time(workflow_id, max(datetime.fromisoformat(at) - now, timedelta(0)) + timedelta(hours=1))

    async def goes_on(self, record: str) -> None:
        """Somebody terminates it, and a new run begins."""
        await self.handle(record).terminate("by hand")
        assert await go_on(self.client, self.service.database, record)

    async def unanswered(self, asker: str, asked: str, command: str, by: str, **fields: Any) -> None:
        """The other one is stuck for longer than it has to answer."""
        question = asyncio.create_task(self.refused(asker, command, by, **fields))
        await eventually(lambda: self._failed_task(asked))
        await self.pass_time(asker, ANSWER_WITHIN + timedelta(seconds=1))
        await question

    async def _failed_task(self, workflow_id: str) -> bool:
        return any(event.HasField("workflow_task_failed_event_attributes") for event in await self.events(workflow_id))

    async def events(self, workflow_id: str) -> Sequence[HistoryEvent]:
        """Of the last run."""
        return (await self.handle(workflow_id).fetch_history()).events

    async def heard(self, workflow_id: str, signal: str) -> None:
        """Waits until it was told so and has done what comes of it."""

        async def heard() -> bool:
            tasks = False
            for event in reversed(await self.events(workflow_id)):
                tasks = tasks or event.HasField("workflow_task_completed_event_attributes")
                if tasks and event.workflow_execution_signaled_event_attributes.signal_name == signal:
                    return True
            return False

        await eventually(heard)

    async def did(self, workflow_id: str, activity: str) -> None:
        """Waits until it has begun that activity."""

        async def begun() -> bool:
            events = await self.events(workflow_id)
            return any(
                event.activity_task_scheduled_event_attributes.activity_type.name == activity for event in events
            )

        await eventually(begun)

    async def workflows(self, kind: str, prefix: str) -> list[str]:
        """Ids, once there are any."""

        async def listed() -> list[str]:
            found = self.client.list_workflows(f"WorkflowType = '{kind}'")
            return [one.id async for one in found if one.id.startswith(prefix)]

        return await eventually(listed)

    async def trigger(self, schedule: str) -> None:
        """Once it is there."""

        async def trigger() -> bool:
            with contextlib.suppress(RPCError):
                await self.client.get_schedule_handle(schedule).trigger()
                return True
            return False

        await eventually(trigger)

    async def mail(self, record: str, **wanted: str) -> str:
        """The key of one about it, once there is such a mail."""

        def fits(mail: dict[str, Any]) -> bool:
            return (mail["item_id"] or mail["incident_id"]) == record and wanted.items() <= mail.items()

        here = f"mails?limit=500&incident_id={record.partition('.')[0]}"
        mails = await self.until(here, lambda mails: any(map(fits, mails)))
        return str(next(filter(fits, mails))["key"])

    async def send_again(self, record: str) -> None:
        """A mail about it that was set aside."""
        key = await self.mail(record, state="set aside")
        await self.post(f"mails/send-again?key={quote(key, safe='')}")
        await self.ended(f"send-again/{key}")

    @property
    def _skipper(self) -> TimeSkipper:
        return TimeSkipper(self.client, config=TimeSkippingConfig(enabled=False))


@contextmanager
def mails_wait(record: str) -> Iterator[None]:
    """Nobody takes those about an incident or an action item."""
    send = OutboxTransport.send

    def away(transport: OutboxTransport, mail: MailRow, mail_from: str) -> str:
        if (mail.item_id or mail.incident_id) == record:
            raise VendorUnavailable("Nobody answers.", timedelta(seconds=1))
        return send(transport, mail, mail_from)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OutboxTransport, "send", away)
        yield
