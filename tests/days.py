"""Days on which calendars matter, and clocks that are set to one of them; ``python -m tests.days`` lists their names.

Python's clock is moved, and each workflow that is started here is fast-forwarded to the same time before its first
task; what it starts inherits its time. What the server starts by itself, by a schedule, and other processes have the
real time.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import time_machine
from temporalio.api.common.v1 import TimeSkippingConfig
from temporalio.client import Interceptor, OutboundInterceptor, StartWorkflowInput, WorkflowHandle

HOME, FAR = ZoneInfo("Europe/Madrid"), ZoneInfo("America/New_York")
"""Where the tests' teams are; the hours of a day are counted in the first."""
SPRINT = timedelta(weeks=2)
A_SPRINT = date(2026, 1, 12)
"""First day of one of the sprints of the tests' organisations."""
ONE_DAY = timedelta(days=1)


def days(after: datetime, zones: Sequence[ZoneInfo] = (HOME, FAR)) -> dict[str, date]:
    """By name, the next of each kind that begins after ``after``: each place of a sprint, ends, changes of clocks."""
    tomorrow = after.astimezone(HOME).date() + ONE_DAY
    sprint = tomorrow + (A_SPRINT - tomorrow) % SPRINT
    found = {f"sprint-{number + 1:02}": sprint + number * ONE_DAY for number in range(SPRINT.days)}
    for day in (tomorrow + number * ONE_DAY for number in count()):
        following = day + ONE_DAY
        kinds = {
            "month-end": following.day == 1 and day.month % 3,
            "quarter-end": following.day == 1 and day.month in (3, 6, 9),
            "year-end": following.year > day.year,
            "leap-day": (day.month, day.day) == (2, 29),
        }
        for zone in zones:
            city, later = zone.key.partition("/")[2].replace("_", "-").lower(), _offset(following, zone)
            kinds |= {
                f"clocks-forward-{city}": later > _offset(day, zone),
                f"clocks-back-{city}": later < _offset(day, zone),
            }
        found = {name: day for name, fits in kinds.items() if fits} | found
        if found.keys() >= kinds.keys():
            return dict(sorted(found.items()))
    raise AssertionError


def moment(name: str, seed: int, now: datetime) -> datetime:
    """At a minute of the day that is drawn from the seed. ``name`` may be a time as in ISO 8601, or ``today``.

    Raises ValueError for another name and for what is over.
    """
    if name == "today":
        return now
    if day := days(now).get(name):
        minutes = Random(f"{seed}/{name}").randrange(24 * 60)
        return datetime.combine(day, time(minutes // 60, minutes % 60), HOME).astimezone(UTC)
    chosen = datetime.fromisoformat(name)
    chosen = (chosen if chosen.tzinfo else chosen.replace(tzinfo=HOME)).astimezone(UTC)
    if chosen < now:
        raise ValueError(f"{name} is over, and workflows can't go back.")
    return chosen


def _offset(day: date, zone: ZoneInfo) -> timedelta:
    return datetime.combine(day, time(), zone).utcoffset() or timedelta(0)


@dataclasses.dataclass
class Clock(Interceptor):
    """Where it is ``moved``, it is ahead of the real time by ``ahead``."""

    ahead: timedelta = timedelta(0)
    offset: timedelta = timedelta(0)

    @contextmanager
    def moved(self) -> Iterator[None]:
        """For this process, and for workflows that clients with this interceptor start."""
        with time_machine.travel(datetime.now(UTC) + self.ahead):
            self.offset = self.ahead
            try:
                yield
            finally:
                self.offset = timedelta(0)

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002
        return _Starts(next, self)


class _Starts(OutboundInterceptor):
    def __init__(self, following: OutboundInterceptor, clock: Clock) -> None:
        super().__init__(following)
        self._clock = clock

    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:  # noqa: A002
        if not self._clock.offset:
            return await super().start_workflow(input)
        input.start_delay = self._clock.offset
        input.time_skipping_config = TimeSkippingConfig(enabled=True)
        fast_forward = input.time_skipping_config.fast_forward_config
        fast_forward.id = str(uuid4())
        fast_forward.duration.FromTimedelta(self._clock.offset)
        handle = await super().start_workflow(input)
        async for event in handle.fetch_history_events(wait_new_event=True):
            if event.HasField("workflow_task_scheduled_event_attributes"):  # the time has come
                break
        return handle


CLOCK = Clock()
"""That of this run; clients in tests have it as an interceptor."""

if __name__ == "__main__":
    print(*days(datetime.now(UTC)), sep="\n")
