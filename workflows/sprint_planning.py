"""The planning of one sprint: the team gets a proposal, approves, and hears at the end what was not done."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ActivityError, WorkflowAlreadyStartedError
from temporalio.workflow import ActivityConfig, ParentClosePolicy

from activities.sprint_planning import SprintPlanning
from followthrough.domain.replayed.ids import planning_id
from followthrough.domain.replayed.sprint.commands import MovedOn, NotPlanned, Planned, SprintNews
from followthrough.domain.replayed.sprint.sprint import SprintPlan
from followthrough.refusals import refused
from workflows.background import Background
from workflows.calls import LOCAL, MAIL, TRACKER, reason
from workflows.mail_problem import find_other_paths
from workflows.messages.sprint import (
    Approval,
    ItemsInSprint,
    ItemsPutInSprint,
    PlanningMail,
    PlanningMailKind,
    PlanningProgress,
    PlanSprint,
    PutInSprint,
    TeamAt,
)
from workflows.signals import ToItem, say

ASK_AGAIN = timedelta(days=1)
LOOKING: ActivityConfig = {**TRACKER, "schedule_to_close_timeout": timedelta(hours=1)}
"""The proposal does not wait longer for a tracker that is away."""

NO_SPRINT = "The board has no sprint that is still to come; create it."


@workflow.defn
class SprintScheduleWorkflow:
    """Started by a team's schedule, which can't name a workflow after its sprint."""

    @workflow.run
    async def run(self, team: str) -> None:
        """Starts the planning of the coming sprint and of the one after it, unless they are there."""
        coming = await workflow.execute_local_activity_method(
            SprintPlanning.coming_sprints, TeamAt(team=team, at=workflow.now()), **LOCAL
        )
        for sprint in coming:
            with contextlib.suppress(WorkflowAlreadyStartedError):
                await workflow.start_child_workflow(
                    SprintPlanningWorkflow.run,
                    sprint,
                    id=planning_id(team, sprint.first_day),
                    id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                    parent_close_policy=ParentClosePolicy.ABANDON,
                )


@workflow.defn
class SprintPlanningWorkflow:
    """One for each team and sprint, over when the sprint is."""

    @workflow.init
    def __init__(self, request: PlanSprint) -> None:
        self._request = request
        self._asked = False
        self._mails = Background()
        self._progress = PlanningProgress()

    @workflow.run
    async def run(self, request: PlanSprint) -> PlanningProgress:
        """Gives what was planned; nothing is without an approval."""
        if (plan := await self._digest_due()) is not None:
            if self._progress.approval is None:
                await self._propose(plan)
            if approval := await self._approved_by(plan.ends_at):
                await self._put_in_sprint(plan, approval)
                await self._move_on(plan)
        await self._mails.wait(lambda: self._mails.done and workflow.all_handlers_finished())
        return self._progress

    @workflow.update
    async def approve(self, approval: Approval) -> PlanningProgress:
        """The lead or a member says what goes into the sprint; the tickets follow as soon as the tracker takes them."""
        await workflow.wait_condition(lambda: self._asked)
        self._check(approval)
        self._progress.approval = approval
        return self._progress

    @approve.validator
    def _may_approve(self, approval: Approval) -> None:
        self._check(approval)

    def _check(self, approval: Approval) -> None:
        """Until the moments are known, which takes an instant, everybody may."""
        team, plan, earlier = self._request.team, self._progress.plan, self._progress.approval
        refusal = None
        if earlier is not None:
            refusal = f"{earlier.by} has approved this planning already."
        elif self._asked and plan is None:
            refusal = f"Team {team} plans no sprint that begins on {self._request.first_day}."
        elif plan is not None and approval.by not in plan.people:
            refusal = f"{approval.by} is not on team {team}; ask {' or '.join(plan.people)}."
        if refusal is not None:
            raise refused(refusal)

    @workflow.query
    def progress(self) -> PlanningProgress:
        """How far it is."""
        return self._progress

    async def _digest_due(self) -> SprintPlan | None:
        """The moments, once the digest is due or the planning approved; asked again, for the file may change."""
        while True:
            plan = await workflow.execute_local_activity_method(SprintPlanning.sprint_plan, self._request, **LOCAL)
            self._progress.plan, self._asked = plan, True
            if plan is None or plan.digest_at <= workflow.now() or await self._approved_by(plan.digest_at):
                return plan

    async def _approved_by(self, at: datetime) -> Approval | None:
        """The approval, as soon as it is there; None when there is none at that time."""
        with contextlib.suppress(TimeoutError):
            await self._mails.wait(
                lambda: self._progress.approval is not None, within=max(at - workflow.now(), timedelta(0))
            )
        return self._progress.approval

    async def _propose(self, plan: SprintPlan) -> None:
        """Tells the team, and at planning reminds its lead."""
        if plan.sprints:
            with contextlib.suppress(ActivityError):  # looked for again on approval, which tells of the trouble
                self._progress.sprint = await workflow.execute_activity_method(
                    SprintPlanning.next_sprint, TeamAt(team=plan.team, at=workflow.now()), **LOOKING
                )
        for person in plan.people:
            self._mail(PlanningMailKind.DIGEST, plan, person)
        if plan.sprints and not await self._approved_by(plan.planning_at):
            self._mail(PlanningMailKind.REMINDER, plan, plan.people[0])

    async def _put_in_sprint(self, plan: SprintPlan, approval: Approval) -> None:
        """Tries daily until the sprint has started; its items hear what came of it."""
        told = False
        while isinstance(done := await self._try_to_plan(plan, approval), str):
            if not told:
                self._mail(PlanningMailKind.TROUBLE, plan, plan.people[0], done)
                told = True
            if workflow.now() >= plan.starts_at:
                done = ItemsPutInSprint(sprint=None, planned=(), not_planned=dict.fromkeys(approval.items, done))
                break
            await self._pass(min(ASK_AGAIN, plan.starts_at - workflow.now()))
        expected, progress = self._progress.sprint, self._progress
        progress.sprint, progress.planned, progress.not_planned = done.sprint, done.planned, done.not_planned
        other = expected is not None and done.sprint is not None and done.sprint.id != expected.id
        because = f"{expected.name} is over" if expected and other else ""
        await _tell(done.planned, Planned(sprint=done.sprint, because=because, by=approval.by))
        for item, why in done.not_planned.items():
            await _tell([item], NotPlanned(why=why, by=approval.by))

    async def _try_to_plan(self, plan: SprintPlan, approval: Approval) -> ItemsPutInSprint | str:
        """What was planned, or why nothing could be."""
        request = PutInSprint(
            team=plan.team,
            sprints=plan.sprints,
            sprint=self._progress.sprint,
            items=approval.items,
            at=workflow.now(),
        )
        try:
            done = await workflow.execute_activity_method(SprintPlanning.put_in_sprint, request, **TRACKER)
        except ActivityError as error:
            return reason(error)
        return done or NO_SPRINT

    async def _move_on(self, plan: SprintPlan) -> None:
        """Once the sprint is over, what is left of it hears so."""
        sprint = self._progress.sprint
        ends_at = max(plan.ends_at, sprint.end) if sprint and sprint.end else plan.ends_at
        await self._pass(max(ends_at - workflow.now(), timedelta(0)))
        if sprint is None:
            return
        request = ItemsInSprint(items=self._progress.planned, sprint=sprint)
        left = await workflow.execute_local_activity_method(SprintPlanning.left_over, request, **LOCAL)
        await _tell(left, MovedOn(sprint=sprint))

    async def _pass(self, time: timedelta) -> None:
        with contextlib.suppress(TimeoutError):
            await self._mails.wait(lambda: False, within=time)

    def _mail(self, kind: PlanningMailKind, plan: SprintPlan, to: str, text: str = "") -> None:
        """Nothing waits for it but the end."""
        mail = PlanningMail(kind=kind, to=to, plan=plan, sprint=self._progress.sprint, at=workflow.now(), text=text)
        self._mails.start(_send(mail))


async def _send(mail: PlanningMail) -> None:
    try:
        await workflow.execute_activity_method(SprintPlanning.send_planning_mail, mail, **MAIL)
    except ActivityError as error:
        workflow.logger.warning("The mail %s could not be sent: %s", mail.kind, reason(error))
        await find_other_paths(error)


async def _tell(items: Sequence[str], news: SprintNews) -> None:
    """Those that are closed or waived by now need no news."""
    await asyncio.gather(*(say(item, ToItem.sprint_news, news) for item in items))
