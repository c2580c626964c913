"""Plays a plan: what people, pagers and time do, while things befall the service. It keeps a book of every answer."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError
from temporalio.service import RPCError
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from followthrough.domain.replayed.ids import page_of
from followthrough.domain.replayed.incident.commands import IncidentCommand
from followthrough.domain.replayed.item.commands import ItemCommand
from followthrough.web.keys import update_id
from tests.chaos.plan import Alert, Command, Declare, Look, MoveTicket, Pass, Plan, Step, Terminate
from tests.chaos.stage import GENERIC_TOKEN, PAGERDUTY_SECRET, Stage

AT_ONCE = 12
"""Steps under way at a time."""
ANSWER_WITHIN = 40
"""Seconds: longer than the service takes for a refusal."""
GIVEN_UP_AFTER = 240
"""Seconds in which a request is made again and again."""
PASSES_WITHIN = 60
"""Seconds until time that does not pass is left alone."""
AGAIN_AFTER = 1.0
ONE_AT_A_TIME = TimeSkippingConfig(enabled=False, disable_propagation=True)
"""An item that begins while its incident's time passes would go on through the years by itself."""
IN_INBOXES = timedelta(days=5)

INBOXES = "WorkflowType = 'InboxWorkflow' AND ExecutionStatus = 'Running'"
COMMANDS: dict[bool, TypeAdapter[Any]] = {False: TypeAdapter(IncidentCommand), True: TypeAdapter(ItemCommand)}
"""Of incidents, and of action items."""


@dataclass(frozen=True)
class Delivery:
    """An alert, and what the answer was; None when there was none in time."""

    alert: Alert
    dedup_key: str
    status: int | None
    incident: str | None
    ended_before: bool
    """Somebody has told its incident to end, or go on elsewhere, before it."""


@dataclass(frozen=True)
class Given:
    """A command, and what the last answer was; None when there was none in time."""

    command: Command
    record: str
    update: str
    status: int | None
    words: str


@dataclass
class Book:
    """What was asked, and what was answered."""

    deliveries: list[Delivery] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)
    incidents: dict[int, str] = field(default_factory=dict)
    """By lane."""
    items: dict[tuple[int, int], str] = field(default_factory=dict)
    """By lane and number."""
    declared: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    """Answers that nobody may get."""
    left_out: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Steps that had nothing to be done to, or that did not come about, by their kind."""


class Player:
    """Each incident's steps in their order, those of several at a time."""

    def __init__(self, stage: Stage, say: Callable[[str], None]) -> None:
        self.book = Book()
        self._stage = stage
        self._say = say
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._last: dict[int, asyncio.Task[None]] = {}
        self._ended: set[int] = set()
        self._skipper = TimeSkipper(stage.client, config=ONE_AT_A_TIME)
        self._web = httpx.AsyncClient(base_url=stage.web, timeout=ANSWER_WITHIN)

    async def play(self, plan: Plan) -> None:
        """Until its last step is done."""
        async with self._web:
            for number, step in enumerate(plan, 1):
                if number % 100 == 0:
                    self._say(f"{number} of {len(plan)} steps")
                if isinstance(step, Step):
                    await self._turns.acquire()
                    before = self._last.get(step.lane)
                    self._last[step.lane] = asyncio.create_task(self._in_turn(step, before))
                else:
                    self._stage.begin(step)
            await asyncio.gather(*self._last.values())

    async def _in_turn(self, step: Step, before: asyncio.Task[None] | None) -> None:
        try:
            if before is not None:
                await before
            await self._do(step)
        finally:
            self._turns.release()

    async def _do(self, step: Step) -> None:
        match step:
            case Alert():
                await asyncio.gather(*(self._deliver(step) for _ in range(step.times)))
            case Declare():
                await self._declare(step)
            case Command():
                await self._command(step)
            case Pass(hours=hours):
                await self._pass(self._record(step), hours)
            case Terminate():
                await self._terminate(self._record(step))
            case MoveTicket():
                self._move(step)
            case Look():
                await self._look(self._record(step))

    def _record(self, step: Command | Pass | Terminate | MoveTicket | Look) -> str | None:
        if step.item:
            return self.book.items.get((step.lane, step.item))
        return self.book.incidents.get(step.lane)

    async def _deliver(self, alert: Alert) -> None:
        path, body, headers, key = _as_sent(alert)
        ended = alert.lane in self._ended
        answer = await self._asked(path, body, headers)
        incident = answer.json().get("incident") if answer is not None and answer.is_success else None
        status = answer.status_code if answer is not None else None
        self.book.deliveries.append(Delivery(alert, key, status, incident, ended))
        if incident:
            self.book.incidents[alert.lane] = incident

    async def _declare(self, step: Declare) -> None:
        body = {"title": step.title, "service": step.service, "severity": step.severity, "by": step.by}
        headers = {"Idempotency-Key": f"declare {step.lane}", "Content-Type": "application/json"}
        answer = await self._asked("/api/incidents", json.dumps(body).encode(), headers)
        if answer is not None and answer.is_success:
            incident = answer.json()["incident"]
            self.book.incidents[step.lane] = incident
            self.book.declared.append(incident)

    async def _command(self, step: Command) -> None:
        record, fields = self._record(step), self._fields(step)
        if record is None or fields is None:
            self.book.left_out[fields["command"] if fields else "command"] += 1
            return
        key = f"{step.lane} {step.mark or len(self.book.given)} {fields['command']}"
        if not step.item and fields["command"] in ("resolve", "cancel", "merge", "reopen"):
            self._ended.add(step.lane)
        path = f"/api/{'items' if step.item else 'incidents'}/{record}/commands"
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        answer = await self._asked(path, json.dumps(fields).encode(), headers)
        status = answer.status_code if answer is not None else None
        words = answer.text if answer is not None and not answer.is_success else ""
        self.book.given.append(Given(step, record, _update(fields, key, bool(step.item)), status, words[:300]))
        if status == 200 and fields["command"] == "propose action item":
            assert answer is not None
            item = next(item["id"] for item in answer.json()["items"] if step.mark in item["title"])
            self.book.items[step.lane, step.makes] = item

    def _fields(self, step: Command) -> dict[str, Any] | None:
        """As they are sent; None when what it names is not there."""
        fields = dict(step.fields)
        if str(fields.get("until", "")).startswith("+"):
            days = int(fields["until"])
            fields["until"] = (datetime.now(UTC) + timedelta(days=days)).isoformat()
        if step.into:
            named = self.book.items.get((step.lane, step.into)) if step.item else self.book.incidents.get(step.into)
            if named is None:
                return None
            fields["on" if fields["command"] == "block" else "into"] = named
        return fields

    async def _asked(self, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response | None:
        """The first answer that is one; the same is asked again until then."""
        until = time.monotonic() + GIVEN_UP_AFTER
        while time.monotonic() < until:
            with contextlib.suppress(httpx.HTTPError):
                answer = await self._web.post(path, content=body, headers=headers)
                if answer.status_code == 500:
                    self.book.mistakes.append(f"{path} was answered 500")
                waits = answer.status_code == 202 and path.startswith("/api/")
                if answer.status_code < 500 and not waits:
                    return answer
            await asyncio.sleep(AGAIN_AFTER)
        self.book.left_out["no answer"] += 1
        return None

    async def _pass(self, record: str | None, hours: int) -> None:
        """As much of it as comes about in time."""
        if record is None:
            self.book.left_out["pass"] += 1
            return
        try:
            async with asyncio.timeout(PASSES_WITHIN):
                await self._skipper.fast_forward(self._stage.client.get_workflow_handle(record), timedelta(hours=hours))
        except (RPCError, RuntimeError, TimeoutError):
            self.book.left_out["pass"] += 1

    async def pass_in_inboxes(self) -> None:
        """What was gathered for a daily mail goes out."""
        inboxes = [one.id async for one in self._stage.client.list_workflows(INBOXES)]
        await asyncio.gather(*(self._pass(inbox, IN_INBOXES // timedelta(hours=1)) for inbox in inboxes))

    async def _terminate(self, record: str | None) -> None:
        try:
            if record is not None:
                await self._stage.client.get_workflow_handle(record).terminate("by hand")
        except RPCError:
            self.book.left_out["terminate"] += 1

    async def _look(self, record: str | None) -> None:
        """Busy is an answer; a mistake is none."""
        if record is None:
            return
        page = f"/{page_of(record)}"
        for path in (page, f"/api{page}", "/", "/trouble"):
            with contextlib.suppress(httpx.HTTPError):
                status = (await self._web.get(path, headers={"Accept": "text/html"})).status_code
                if status not in (200, 503):
                    self.book.mistakes.append(f"{path} was answered {status}")

    def _move(self, step: MoveTicket) -> None:
        item = self._record(step)
        for key, issue in list(self._stage.jira.issues.items()):
            if item in issue.fields.get("labels", ()):
                self._stage.jira.change(key, by="somebody", status=step.status)


def _as_sent(alert: Alert) -> tuple[str, bytes, dict[str, str], str]:
    """Path, body, headers, and the key that it has here."""
    headers = {"Content-Type": "application/json"}
    match alert.way:
        case "generic":
            sent: dict[str, Any] = {
                "dedup_key": alert.key,
                "title": alert.title,
                "state": alert.state,
                "labels": alert.labels,
                "summary": alert.odd,
            }
            headers["Authorization"] = f"Bearer {GENERIC_TOKEN}"
            return "/webhooks/generic", json.dumps(sent).encode(), headers, f"generic/{alert.key}"
        case "pagerduty":
            service = str(alert.labels.get("service", "unknown"))
            priority = {"critical": "P1"}.get(str(alert.labels["severity"]), "P3")
            data = {
                "id": alert.key,
                "title": alert.title + " " + alert.odd,
                "html_url": "https://acme.pagerduty.com/incidents/1",
                "service": {"id": "P1", "summary": service},
                "urgency": "high",
                "priority": {"id": "P", "summary": priority},
            }
            kind = "triggered" if alert.state == "firing" else "resolved"
            event = {"id": f"{alert.key}/{kind}", "event_type": f"incident.{kind}", "data": data}
            body = json.dumps({"event": event}).encode()
            headers["X-PagerDuty-Signature"] = (
                "v1=" + hmac.new(PAGERDUTY_SECRET.encode(), body, hashlib.sha256).hexdigest()
            )
            return "/webhooks/pagerduty", body, headers, f"pagerduty/{alert.key}"
        case _:
            url = "http://alertmanager.example.com"
            sent = _group(alert, url)
            key = f'alertmanager/["{alert.key}", "{url}"]'
            return "/webhooks/alertmanager", json.dumps(sent).encode(), headers, key


def _group(alert: Alert, url: str) -> dict[str, Any]:
    return {
        "version": "4",
        "groupKey": alert.key,
        "status": alert.state,
        "receiver": "followthrough",
        "groupLabels": {"alertname": "Queue"},
        "commonLabels": alert.labels,
        "commonAnnotations": {"summary": alert.title, "description": alert.odd},
        "externalURL": url,
        "alerts": [{"status": alert.state, "labels": alert.labels, "annotations": {"description": alert.odd}}],
    }


def _update(fields: dict[str, Any], key: str, item: bool) -> str:
    """The id of the workflow's update; none for what is refused before there is one."""
    try:
        command: BaseModel = COMMANDS[item].validate_python(fields)
    except ValidationError:
        return ""
    return update_id(key, command) or ""
