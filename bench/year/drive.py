"""Moves the common time from one moment to the next, and has happen what is due then."""

import asyncio
import dataclasses
import time
from collections import defaultdict
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from temporalio.client import Schedule, ScheduleAlreadyRunningError, ScheduleState

from bench.stage import say
from bench.year.clock import CommonTime, InStep
from bench.year.keep import Act, Kept
from bench.year.people import People
from bench.year.plan import Lane
from bench.year.stage import Stage
from bench.year.start import start_scheduled
from bench.year.timetable import next_after
from bench.year.watch import Watch
from followthrough.domain.replayed.ids import INBOXES, JIRA_SWEEP, RECONCILE, TROUBLES, incident_of

THINNED = dict.fromkeys((JIRA_SWEEP, RECONCILE, TROUBLES), timedelta(days=7))
"""What fires so often that it always does the same fires less often here; ``measure.py`` counts it in full."""
AFTER = timedelta(days=500)
"""In which everything ends after the year."""
STEP = timedelta(seconds=30)
"""What is due within it is done together, at its end."""
EXACTLY = timedelta(milliseconds=10)
IN_STEP_EVERY = timedelta(days=7)
"""A clock that nobody needs is behind by no more."""
AT_ONCE = 8


class Driver:
    """Of one year; it may be killed at any time, and another goes on."""

    def __init__(
        self, stage: Stage, clock: CommonTime, steps: InStep, kept: Kept, people: People, schedules: dict[str, Schedule]
    ) -> None:
        self._stage, self._clock, self._steps, self._kept = stage, clock, steps, kept
        self._people, self._schedules = people, schedules
        self._watch = Watch(stage.plain, kept)
        self._active = set[str]()
        self._begins = people.firm.begins
        self._ends = self._begins + timedelta(days=people.firm.days)
        self._began, self._told = time.monotonic(), datetime.min.replace(tzinfo=UTC)

    async def drive(self, lanes: list[Lane]) -> None:
        """Until everything ended. Raises StandsStill or ProductEnded."""
        await self._prepare(lanes)
        await self._stage.ask(ahead=self._clock.ahead.total_seconds())
        await self._settle([*await self._watch.all_running()])
        while (at := self._next()) is not None and at < self._ends + AFTER:
            await self._move_to(at + STEP)
            await self._do_what_is_due()
            await self._end_of_step()

    async def _prepare(self, lanes: list[Lane]) -> None:
        """The schedules are there, for the service looks for them, but do nothing by themselves."""
        if self._kept.fact("prepared"):
            return
        for schedule_id, schedule in self._schedules.items():
            paused = dataclasses.replace(schedule, state=ScheduleState(paused=True))
            with suppress(ScheduleAlreadyRunningError):
                await self._stage.plain.create_schedule(schedule_id, paused)
            self._kept.fire(schedule_id, self._begins, None)
        for lane in lanes:
            self._kept.intend(Act(f"lane/{lane.number}", lane.at, "begin"))
        self._kept.note("prepared", True)
        self._kept.commit()

    def _next(self) -> datetime | None:
        """When something is due; None when nothing will be."""
        moments = [at for at in self._watch.due.values() if at is not None]
        if (act := self._kept.next_act()) is not None:
            moments.append(act)
        if (now := datetime.now(UTC)) < self._ends or moments:
            firing = [at for at in self._firing().values() if at < self._ends or now >= self._ends]
            moments += firing
        return min(moments, default=None)

    def _firing(self) -> dict[str, datetime]:
        """When each schedule fires next; after the year only what finds out what people changed in Jira."""
        found = {}
        for schedule, (last, *_) in self._kept.fired().items():
            if datetime.now(UTC) >= self._ends and schedule != JIRA_SWEEP:
                continue
            following = next_after(self._schedules[schedule], last)
            if schedule in THINNED and not (schedule == JIRA_SWEEP and self._kept.fact("moved")):
                following = max(following, last + THINNED[schedule])
            found[schedule] = following
        return found

    async def _move_to(self, at: datetime) -> None:
        wait = at - datetime.now(UTC)
        if wait > timedelta(0):
            ahead = self._clock.ahead + wait
            self._kept.note("ahead", ahead.total_seconds())
            self._kept.commit()
            self._clock.move(ahead)
            await self._stage.ask(ahead=ahead.total_seconds())
        if at - self._told > timedelta(days=7):
            self._told = at
            say(f"{at:%Y-%m-%d}: {len(self._watch.due)} workflows run, {self._kept.fact('seconds', 0):.0f} s.")

    async def _do_what_is_due(self) -> None:
        now = datetime.now(UTC)
        due = [one for one, at in self._watch.due.items() if at is not None and at <= now]
        await self._wake([one for one in due if one.startswith(INBOXES)])
        await self._wake([one for one in due if not one.startswith(INBOXES)])
        await self._together(self._fire(schedule, at) for schedule, at in self._firing().items() if at <= now)
        await self._act(self._kept.acts_until(now))

    async def _wake(self, workflow_ids: Iterable[str]) -> None:
        """Their timers ring; a timer that rang by itself meanwhile is no less due."""
        if workflow_ids := [*workflow_ids]:
            await self._together(self._steps.catch_up(one, EXACTLY) for one in workflow_ids)
            await self._settle(workflow_ids)

    async def _fire(self, schedule: str, at: datetime) -> None:
        before = self._kept.fired()[schedule][2]
        started = await start_scheduled(self._stage.plain, self._steps, self._schedules[schedule], at, before)
        if schedule == JIRA_SWEEP:
            self._kept.note("moved", False)
        self._kept.fire(schedule, at, started)
        await self._settle([started])

    async def _act(self, acts: list[Act]) -> None:
        """Those about one incident in turns, others at once."""
        families: defaultdict[str, list[Act]] = defaultdict(list)
        for act in acts:
            families[incident_of(act.record)].append(act)
        merging = {act.record for act in acts if self._people.merges(act.record)}
        alone = [family for family in families.items() if family[0] in merging]
        await self._together(self._in_turns(*family) for family in families.items() if family not in alone)
        for family in alone:
            await self._in_turns(*family)

    async def _in_turns(self, incident: str, acts: list[Act]) -> None:
        for act in acts:
            others = self._people.others(act.record)
            relatives = [one for one in self._watch.due if incident_of(one) in (incident, *others)]
            await asyncio.gather(*map(self._steps.catch_up, relatives))
            began = await self._people.act(act)
            await self._watch.rest({*relatives, *began})

    async def _end_of_step(self) -> None:
        """What happened elsewhere is seen, records that nobody cares for are found, and all is kept."""
        await self._settle([], look=True)
        self._people.take_up(self._watch.due, self._active)
        self._active.clear()
        today = (datetime.now(UTC) - self._begins) // IN_STEP_EVERY
        if today > self._kept.fact("in step", 0):
            running = [*self._watch.due]
            await self._together(self._steps.catch_up(one) for one in running)
            await self._settle(running)
            self._people.take_up_all()
            self._kept.note("in step", today)
        self._kept.note("ahead", self._clock.ahead.total_seconds())
        self._kept.add("seconds", time.monotonic() - self._began)
        self._began = time.monotonic()
        self._kept.commit()

    async def _settle(self, workflow_ids: Iterable[str], *, look: bool = False) -> None:
        """Until they and all whom they lead to have nothing to do."""
        waiting = {*workflow_ids}
        while True:
            await self._watch.rest(waiting)
            self._active |= waiting
            told = await self._stage.ask(look=look)
            self._note(told)
            waiting, look = {*told["active"]}, False
            if not waiting:
                return

    def _note(self, told: dict[str, float]) -> None:
        kept = self._kept
        kept.add("queries", told["queries"])
        kept.note("resident", told["resident"])
        kept.note("peak", max(told["resident"], kept.fact("peak", 0)))
        processor = kept.fact("processor now", 0)
        kept.add("processor", told["processor"] - processor if told["processor"] >= processor else told["processor"])
        kept.note("processor now", told["processor"])

    async def _together(self, tasks: Iterable[Awaitable[None]]) -> None:
        turns = asyncio.Semaphore(AT_ONCE)

        async def in_turn(task: Awaitable[None]) -> None:
            async with turns:
                await task

        await asyncio.gather(*map(in_turn, tasks))
