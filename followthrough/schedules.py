"""Keeps Temporal's schedules as the organisation file says: a drill for each team, and the monthly digest."""

import asyncio
import contextlib
import dataclasses
import logging
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from followthrough.domain.calendar import WEEKDAYS
from followthrough.file_types import TeamId
from followthrough.organisation import Organisation, Team
from followthrough.policies import DigestPolicies, DrillPolicies
from workflows.digest import DigestWorkflow
from workflows.drill import DrillWorkflow
from workflows.messages import TASK_QUEUE, DrillRequest

logger = logging.getLogger(__name__)

PREFIXES = DRILL, DIGEST = "drill/", "digest/"
POLICY = SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(days=7))
LOOK_EVERY = 60
"""Seconds between two looks at the organisation file."""


@contextlib.asynccontextmanager
async def schedules_kept(client: Client, organisation: Callable[[], Organisation]) -> AsyncIterator[None]:
    """Keeps them, also when the organisation file changes, until the context is left."""
    keeping = asyncio.create_task(_keep(client, organisation))
    try:
        yield
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping


async def _keep(client: Client, organisation: Callable[[], Organisation]) -> None:
    kept: Organisation | None = None
    while True:
        wanted = organisation()
        if wanted is not kept:
            try:
                await set_schedules(client, wanted)
                kept = wanted
            except RPCError as error:
                logger.warning("The schedules of drills and digest can't be set yet: %s", error)
        await asyncio.sleep(LOOK_EVERY)


async def set_schedules(client: Client, organisation: Organisation) -> None:
    """Creates, changes and removes schedules until they are as the file says; one that is paused stays paused.

    Raises RPCError while the engine does not answer.
    """
    wanted = _wanted(organisation)
    async for existing in await client.list_schedules():
        if existing.id.startswith(PREFIXES) and existing.id not in wanted:
            await _delete(client, existing.id)
    for schedule_id, schedule in wanted.items():
        try:
            await client.create_schedule(schedule_id, schedule)
        except ScheduleAlreadyRunningError:
            await _change(client, schedule_id, schedule)


async def _change(client: Client, schedule_id: str, schedule: Schedule) -> None:
    def updated(current: ScheduleUpdateInput) -> ScheduleUpdate:
        return ScheduleUpdate(dataclasses.replace(schedule, state=current.description.schedule.state))

    await client.get_schedule_handle(schedule_id).update(updated)


async def _delete(client: Client, schedule_id: str) -> None:
    """Another process may have been faster."""
    try:
        await client.get_schedule_handle(schedule_id).delete()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


def _wanted(organisation: Organisation) -> dict[str, Schedule]:
    schedules = {
        f"{DRILL}{name}": _drill(name, team, organisation.drill_policies(team))
        for name, team in organisation.teams.items()
        if organisation.drill_policies(team).enabled
    }
    if organisation.policies.digest.enabled:
        schedules[f"{DIGEST}monthly"] = _digest(organisation.policies.digest)
    return schedules


def _drill(name: TeamId, team: Team, policies: DrillPolicies) -> Schedule:
    """Fires on the date of each quarter; the workflow moves it to a working day."""
    first_day = 7 * policies.week - 6
    calendar = ScheduleCalendarSpec(
        month=[ScheduleRange(policies.month, 12, step=3)],
        day_of_month=[ScheduleRange(first_day, first_day + 6)],
        day_of_week=[ScheduleRange((WEEKDAYS.index(policies.weekday) + 1) % 7)],
        hour=[ScheduleRange(policies.at.hour)],
        minute=[ScheduleRange(policies.at.minute)],
    )
    return Schedule(
        action=ScheduleActionStartWorkflow(
            DrillWorkflow.run, DrillRequest(team=name), id=f"{DRILL}{name}", task_queue=TASK_QUEUE
        ),
        spec=ScheduleSpec(calendars=[calendar], time_zone_name=team.time_zone),
        policy=POLICY,
    )


def _digest(policies: DigestPolicies) -> Schedule:
    calendar = ScheduleCalendarSpec(
        day_of_month=[ScheduleRange(policies.day)],
        hour=[ScheduleRange(policies.at.hour)],
        minute=[ScheduleRange(policies.at.minute)],
    )
    return Schedule(
        action=ScheduleActionStartWorkflow(DigestWorkflow.run, id=f"{DIGEST}monthly", task_queue=TASK_QUEUE),
        spec=ScheduleSpec(calendars=[calendar], time_zone_name=policies.time_zone),
        policy=POLICY,
    )
