"""Carries out what people do, over HTTP as they would, and what they intend next."""

import asyncio
import random
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlmodel import Session, col, select

from bench.stage import TOKEN
from bench.year.acts import HOUR, Scene, Then
from bench.year.firm import Firm
from bench.year.incident_acts import ONGOING, next_of_incident
from bench.year.item_acts import after_end, next_of_item
from bench.year.keep import Act, Kept
from bench.year.plan import Fate, Lane
from bench.year.stage import Stage
from followthrough.domain.replayed.ids import is_incident, is_item, item_id, page_of
from followthrough.domain.replayed.incident.incident import Incident, IncidentStatus
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.store import queries
from followthrough.store.tables import ActionItemRow, IncidentRow

LANE = "lane/"
PLANNING = "planning/"
AGAIN_AFTER = 0.5
WORKS_ON = (ItemStatus.PROPOSED, ItemStatus.ACCEPTED, ItemStatus.DONE)
NEEDS = (IncidentStatus.DECLARED, IncidentStatus.MITIGATED, IncidentStatus.RESOLVED)
SUBJECTS = ("card payments", "the nightly export", "search", "sign-in", "invoices", "push messages", "refunds", "maps")
TROUBLES = ("time out", "answer 500", "are served twice", "lose their images", "stop at noon", "run out of memory")
WORKS = (
    "Add an alert that pages when queue {} is older than 5 minutes",
    "Add a test for path {} to the nightly run",
    "Write a runbook for restoring table {} from a snapshot",
    "Limit retries of client {} to three",
)


class Mistake(Exception):
    """The service answered as it may not."""


class People:
    """All of them."""

    def __init__(self, stage: Stage, firm: Firm, kept: Kept, lanes: Iterable[Lane], seed: int) -> None:
        self.firm = firm
        self._stage, self._kept, self._seed = stage, kept, seed
        self._lanes = {lane.number: lane for lane in lanes}
        self._lane_of = {incident: number for number, incident in kept.lanes().items()}
        self._ends = firm.begins + timedelta(days=firm.days)

    def merges(self, record: str) -> bool:
        """It is about two incidents."""
        return bool(self.others(record))

    def others(self, record: str) -> list[str]:
        """The incident that it will be merged into."""
        into = self._into(self._lane_of.get(record))
        return [into] if into else []

    def _into(self, lane: int | None) -> str:
        if lane is None or self._lanes[lane].fate is not Fate.MERGED:
            return ""
        return self._kept.lanes().get(lane - 1, "")

    async def act(self, act: Act) -> set[str]:
        """Does it, and notes what is intended next; gives the workflows that it began."""
        self._kept.done(act.record)
        self._kept.note(f"times/{act.record}", act.times + 1)
        if act.record.startswith(LANE):
            return await self._begin(self._lanes[int(act.record.removeprefix(LANE))])
        if act.record.startswith(PLANNING):
            return await self._approve(act.record)
        now = datetime.now(UTC)
        rushing = now > self._ends
        scene = Scene(self.firm, random.Random(f"{self._seed}/{act.record}/{act.times}"), now, rushing, act.times)
        then = self._of_item(act, scene) if is_item(act.record) else self._of_incident(act, scene)
        began = await self._carry_out(act, then, scene)
        if then.what:
            self._kept.intend(Act(act.record, now + then.wait, then.what, act.times + 1))
        elif is_item(act.record) and then.commands:
            self._kept.intend(Act(act.record, now + HOUR, "after", act.times + 1))
        return began

    def _of_item(self, act: Act, scene: Scene) -> Then:
        with Session(self._stage.database) as session:
            item = queries.action_item(session, act.record)
        if item is None:
            raise Mistake(f"Action item {act.record} is not in the database.")
        return after_end(item, scene) if act.what == "after" and item.settled else next_of_item(item, act.what, scene)

    def _of_incident(self, act: Act, scene: Scene) -> Then:
        incident, number = self._incident(act.record), self._lane_of.get(act.record)
        lane = self._lanes[number] if number is not None else None
        fate, items = (lane.fate, lane.items) if lane else (None, 0)
        then = next_of_incident(incident, act.what, scene, fate, items, self._into(number))
        if incident.proposed_repeats and incident.status in ONGOING and then.commands:
            by = scene.firm.lead(incident.team)
            of = incident.proposed_repeats[0].incident_id
            then.commands.insert(0, {"command": "link repeat", "by": by, "of": of, "reason": "It is the same"})
        return then

    def _incident(self, incident_id: str) -> Incident:
        with Session(self._stage.database) as session:
            incident = queries.incident(session, incident_id)
        if incident is None:
            raise Mistake(f"Incident {incident_id} is not in the database.")
        return incident

    async def _begin(self, lane: Lane) -> set[str]:
        draw = random.Random(f"{self._seed}/title/{lane.key}")
        title = f"{draw.choice(SUBJECTS).capitalize()} {draw.choice(TROUBLES)} in zone {draw.randrange(99)}"
        if lane.declared:
            by = self.firm.members(lane.service[:7])[1]
            body: dict[str, Any] = {"title": title, "service": lane.service, "severity": lane.severity, "by": by}
            answer = await self._post("/api/incidents", body, f"{self._seed}/{lane.number}")
        else:
            labels = {"service": lane.service, "severity": lane.severity}
            body = {"dedup_key": f"{self._seed}/{lane.number}", "title": title, "labels": labels}
            answer = await self._post("/webhooks/generic", body, None, Authorization=f"Bearer {TOKEN}")
        incident = answer.json().get("incident") if answer.is_success else None
        if incident is None:
            raise Mistake(f"Incident {lane.number} did not begin: {answer.status_code} {answer.text[:300]}")
        self._kept.began(lane.number, incident)
        self._lane_of[incident] = lane.number
        wait = timedelta(minutes=draw.uniform(1, 12))
        self._kept.intend(Act(incident, datetime.now(UTC) + wait, "respond"))
        return {incident}

    async def _approve(self, planning: str) -> set[str]:
        """The lead takes what is proposed into the sprint, if there is something."""
        _, team, first_day = planning.split("/")
        body = {"by": self.firm.lead(team), "first_day": first_day}
        answer = await self._post(f"/api/planning/{team}", body, planning)
        if not answer.is_success:
            self._refused("approve planning", answer)
        return {planning}

    async def _carry_out(self, act: Act, then: Then, scene: Scene) -> set[str]:
        began = {act.record}
        if then.moves is not None:
            moved = await asyncio.to_thread(self._stage.jira.moved_by, then.moves[0], act.record, then.moves[1])
            self._kept.note("moved", moved or self._kept.fact("moved", False))
        for number in range(then.items):
            began.add(await self._propose(act, number, scene))
        for number, said in enumerate(then.commands):
            answer = await self._post(
                f"/api/{page_of(act.record)}/commands", said, f"{act.record}/{act.times}/{number}/{said['command']}"
            )
            if not answer.is_success:
                self._refused(said["command"], answer)
        return began

    async def _propose(self, act: Act, number: int, scene: Scene) -> str:
        """The item's id; its owner looks at it soon."""
        incident = self._incident(act.record)
        owner = scene.draw.choice(self.firm.present(incident.team, scene.now))
        said = {
            "command": "propose action item",
            "by": self.firm.lead(incident.team),
            "title": WORKS[number % len(WORKS)].format(scene.draw.randrange(10**4)),
            "owner": owner,
            "kind": scene.draw.choice(["prevent", "detect", "mitigate", "process"]),
            "priority": scene.draw.choice(["high", "medium", "medium", "low"]),
        }
        key = f"{act.record}/{act.times}/item/{number}"
        answer = await self._post(f"/api/{page_of(act.record)}/commands", said, key)
        if not answer.is_success:
            self._refused(said["command"], answer)
            return act.record
        item = item_id(act.record, len(answer.json()["items"]))
        self._kept.intend(Act(item, datetime.now(UTC) + scene.days(0.1, 5), "accept"))
        return item

    async def _post(self, path: str, body: dict[str, Any], key: str | None, **headers: str) -> httpx.Response:
        """The first answer that is one. Raises Mistake for what the service may not answer."""
        if key is not None:
            headers["Idempotency-Key"] = f"{self._seed}/{key}"
        while True:
            answer = await self._stage.web.post(path, json=body, headers=headers)
            waits = answer.status_code == httpx.codes.ACCEPTED and path.startswith("/api/")
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE and not waits:
                break
            await asyncio.sleep(AGAIN_AFTER)
        if answer.status_code in (400, 404, 405, 422) or answer.is_server_error:
            raise Mistake(f"{path} was answered {answer.status_code}, {body}: {answer.text[:500]}")
        return answer

    def _refused(self, what: str, answer: httpx.Response) -> None:
        words = answer.text.split()
        self._kept.refused(what, " ".join("…" if any(map(str.isdigit, word)) else word for word in words)[:160])

    def take_up(self, running: Mapping[str, object], active: Iterable[str]) -> None:
        """Somebody cares for records that had something to do and that nobody intends anything with, and plannings."""
        acting = self._kept.acting()
        for record in active:
            if record.startswith(PLANNING) and record in running and record not in acting:
                self._plan(record)
            elif (is_incident(record) or is_item(record)) and record in running and record not in acting:
                self._take_up(record)

    def take_up_all(self) -> None:
        """By the database."""
        acting = self._kept.acting()
        with Session(self._stage.database) as session:
            items = session.exec(select(ActionItemRow.id).where(col(ActionItemRow.status).in_(WORKS_ON)))
            incidents = session.exec(select(IncidentRow.id).where(col(IncidentRow.status).in_(NEEDS)))
            open_ones = [*items, *incidents]
        for record in open_ones:
            if record not in acting:
                self._take_up(record)

    def _take_up(self, record: str) -> None:
        """Unless there is nothing to do for anybody."""
        now, what = datetime.now(UTC), "accept"
        if is_incident(record):
            incident = self._incident(record)
            owed = incident.status is IncidentStatus.RESOLVED and incident.postmortem_owner is not None
            if not (incident.status in ONGOING or (owed and not incident.drill)):
                return
            what = "respond" if incident.status in ONGOING else "write"
            wait = timedelta(minutes=7) if incident.status in ONGOING else timedelta(days=2)
        else:
            with Session(self._stage.database) as session:
                item = queries.action_item(session, record)
            if item is None or item.settled:
                return
            wait = timedelta(days=1)
        self._kept.intend(Act(record, now + wait, what, self._kept.fact(f"times/{record}", 0)))

    def _plan(self, planning: str) -> None:
        """A team's lead approves once, after the proposal came; nobody does one time in five."""
        team = planning.split("/")[1]
        if self._kept.fact(planning) or not self.firm.plans_sprints(team):
            return
        self._kept.note(planning, True)
        if random.Random(f"{self._seed}/{planning}").random() < 0.8:
            first_day = datetime.fromisoformat(planning.split("/")[2]).replace(tzinfo=UTC)
            at = max(datetime.now(UTC) + timedelta(hours=1), first_day + timedelta(hours=15))
            self._kept.intend(Act(planning, at, "approve"))
