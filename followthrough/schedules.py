"""Keeps Temporal's schedules as the organisation file says: drills, sprint planning, digests, Jira's sweep."""

import asyncio
import dataclasses
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from temporalio.client import (
    Client,
    Schedule,
    ScheduleAction,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleHandle,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from followthrough.beside import beside
from followthrough.domain.answered.organisation.calendar import FIRST_ZONE, WEEKDAYS
from followthrough.domain.answered.organisation.organisation import Organisation, Team
from followthrough.domain.answered.organisation.policies import (
    DigestPolicies,
    DrillPolicies,
    JiraPolicies,
    WeeklyPolicies,
)
from followthrough.domain.answered.sprint.dates import Cadence, cadence
from followthrough.domain.replayed.ids import (
    JIRA_SWEEP,
    MONTHLY_DIGEST,
    RECONCILE,
    REPLAN,
    TROUBLES,
    WEEKLY_DIGEST,
    drill_id,
    is_ours,
    is_sprint_schedule,
    sprint_schedule_id,
)
from followthrough.domain.replayed.values import TeamId
from followthrough.engine_errors import if_known
from followthrough.queues import TASK_QUEUE
from followthrough.store.reports import note_teams
from workflows.digest import DigestWorkflow, WeeklyDigestWorkflow
from workflows.drill import DrillScheduleWorkflow
from workflows.jira_sweep import JiraSweepWorkflow
from workflows.messages.drill import DrillRequest
from workflows.sprint_planning import SprintScheduleWorkflow
from workflows.upkeep import ReconcileWorkflow, ReplanWorkflow, TroublesWorkflow

logger = logging.getLogger(__name__)

POLICY = SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(days=7))
EPOCH = date(1970, 1, 1)
"""Temporal counts intervals from here."""

OVERLAPPING = dataclasses.replace(POLICY, overlap=ScheduleOverlapPolicy.ALLOW_ALL)
"""One mail that can't be sent yet does not keep those of the next time back."""
LOOK_EVERY = 60
"""Seconds between two looks at the organisation file."""


def schedules_kept(
    client: Client, organisation: Callable[[], Organisation], database: Engine, *, jira: bool
) -> AbstractAsyncContextManager[None]:
    """Keeps them, also when the organisation file changes, until the context is left; ``jira``: there is one.

    Teams that are new are noted, so that they miss nothing of the time before.
    """
    return beside(_keep(client, organisation, database, jira))


async def _keep(client: Client, organisation: Callable[[], Organisation], database: Engine, jira: bool) -> None:
    """Whatever goes wrong is said in the log, once for as long as it is the same, and tried again."""
    kept: Organisation | None = None
    trouble = ""
    while True:
        try:
            wanted = organisation()
            if wanted is not kept:
                await asyncio.to_thread(note_teams, database, wanted.teams, datetime.now(UTC))
                await set_schedules(client, wanted, jira=jira)
                if kept is None:  # something may have ended badly, or got stuck, while nothing ran
                    for upkeep in (RECONCILE, TROUBLES):
                        await _trigger(client.get_schedule_handle(upkeep))
                kept = wanted
            if trouble:
                logger.warning("The schedules are kept as the organisation file says again.")
                trouble = ""
        except Exception as error:
            before, trouble = trouble, f"{type(error).__name__}: {error}"
            if trouble != before:
                logger.exception(
                    "The schedules of drills, sprints, digests and sweeps can't be kept; tried again soon."
                )
        await asyncio.sleep(LOOK_EVERY)


async def set_schedules(client: Client, organisation: Organisation, *, jira: bool = False) -> None:
    """Creates, changes and removes schedules until they are as the file says; one that is paused stays paused.

    Raises RPCError while the engine does not answer.
    """
    wanted = schedules_of(organisation, jira)
    async for existing in await client.list_schedules():
        if is_ours(existing.id) and existing.id not in wanted:
            await _delete(client, existing.id)
    for schedule_id, schedule in wanted.items():
        try:
            at_once = is_sprint_schedule(schedule_id)  # the coming sprint may begin before it fires
            await client.create_schedule(schedule_id, schedule, trigger_immediately=at_once)
        except ScheduleAlreadyRunningError:
            await _change(client, schedule_id, schedule)


async def _change(client: Client, schedule_id: str, schedule: Schedule) -> None:
    def updated(current: ScheduleUpdateInput) -> ScheduleUpdate:
        return ScheduleUpdate(dataclasses.replace(schedule, state=current.description.schedule.state))

    handle = client.get_schedule_handle(schedule_id)
    await handle.update(updated)
    if is_sprint_schedule(schedule_id):
        await _trigger(handle)


async def _trigger(handle: ScheduleHandle) -> None:
    """Unless it is paused."""
    if not (await handle.describe()).schedule.state.paused:
        await handle.trigger()


async def _delete(client: Client, schedule_id: str) -> None:
    """Another process may have been faster."""
    with if_known():
        await client.get_schedule_handle(schedule_id).delete()


def wanted_schedules(organisation: Organisation, *, jira: bool) -> set[str]:
    """Their ids."""
    return set(schedules_of(organisation, jira))


def schedules_of(organisation: Organisation, jira: bool) -> dict[str, Schedule]:
    """What Temporal is to have, by id."""
    schedules = {
        drill_id(name): _drill(name, team, organisation.drill_policies(team))
        for name, team in organisation.teams.items()
        if organisation.drill_policies(team).enabled
    }
    schedules |= {
        sprint_schedule_id(name): _sprint(name, rhythm)
        for name, team in organisation.teams.items()
        if (rhythm := cadence(team, organisation)) is not None
    }
    if organisation.policies.digest.enabled:
        schedules[MONTHLY_DIGEST] = _monthly(organisation.policies.digest)
    if organisation.policies.weekly.enabled:
        schedules[WEEKLY_DIGEST] = _weekly(organisation.policies.weekly)
    if jira:
        schedules[JIRA_SWEEP] = _jira_sweep(organisation.policies.jira)
    schedules[RECONCILE] = _upkeep(RECONCILE, ReconcileWorkflow.run, timedelta(days=1))
    schedules[REPLAN] = _upkeep(REPLAN, ReplanWorkflow.run, timedelta(days=30), made_up_for=timedelta(days=7))
    schedules[TROUBLES] = _upkeep(TROUBLES, TroublesWorkflow.run, timedelta(minutes=30))
    return schedules


def _upkeep(
    name: str,
    workflow: Callable[..., Awaitable[Any]],
    every: timedelta,
    made_up_for: timedelta = timedelta(minutes=10),
) -> Schedule:
    """What was missed longer ago need not be made up for."""
    return Schedule(
        action=ScheduleActionStartWorkflow(workflow, id=name, task_queue=TASK_QUEUE),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=dataclasses.replace(POLICY, catchup_window=made_up_for),
    )


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
            DrillScheduleWorkflow.run, DrillRequest(team=name), id=drill_id(name), task_queue=TASK_QUEUE
        ),
        spec=ScheduleSpec(calendars=[calendar], time_zone_name=team.time_zone),
        policy=POLICY,
    )


def _sprint(name: TeamId, rhythm: Cadence) -> Schedule:
    """Fires on the first day of each sprint in UTC; the workflow finds the right moment of the sprint after it."""
    interval = ScheduleIntervalSpec(every=rhythm.length, offset=(rhythm.first_day - EPOCH) % rhythm.length)
    return Schedule(
        action=ScheduleActionStartWorkflow(
            SprintScheduleWorkflow.run, name, id=sprint_schedule_id(name), task_queue=TASK_QUEUE
        ),
        spec=ScheduleSpec(intervals=[interval]),
        policy=POLICY,
    )


def _monthly(policies: DigestPolicies) -> Schedule:
    """The workflow waits for the time, which clocks that change may leave out."""
    return _on_days(
        ScheduleCalendarSpec(day_of_month=[ScheduleRange(policies.day)]),
        ScheduleActionStartWorkflow(DigestWorkflow.run, id=MONTHLY_DIGEST, task_queue=TASK_QUEUE),
    )


def _weekly(policies: WeeklyPolicies) -> Schedule:
    """The workflow waits for the time where each manager is."""
    calendar = ScheduleCalendarSpec(
        day_of_week=[ScheduleRange((WEEKDAYS.index(policies.weekday) + 1) % 7)],
        hour=[ScheduleRange(policies.at.hour)],
        minute=[ScheduleRange(policies.at.minute)],
    )
    return _on_days(
        calendar, ScheduleActionStartWorkflow(WeeklyDigestWorkflow.run, id=WEEKLY_DIGEST, task_queue=TASK_QUEUE)
    )


def _on_days(calendar: ScheduleCalendarSpec, action: ScheduleAction) -> Schedule:
    """Fires where such a day begins first."""
    spec = ScheduleSpec(calendars=[calendar], time_zone_name=FIRST_ZONE)
    return Schedule(action=action, spec=spec, policy=OVERLAPPING)


def _jira_sweep(policies: JiraPolicies) -> Schedule:
    """Sweeps that were missed are not made up for: the next one begins where the last one did."""
    return Schedule(
        action=ScheduleActionStartWorkflow(JiraSweepWorkflow.run, id=JIRA_SWEEP, task_queue=TASK_QUEUE),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=policies.sweep_every)]),
        policy=dataclasses.replace(POLICY, catchup_window=policies.sweep_every),
    )
