"""Planning on the real server, with either tracker; each test has a namespace and a database of its own."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import pytest
from pydantic import HttpUrl
from sqlmodel import Session, col, select
from temporalio.client import WithStartWorkflowOperation, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.sprint.dates import coming_plans
from followthrough.domain.replayed.ids import planning_id
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.domain.replayed.item.commands import Finish
from followthrough.domain.replayed.mail.notice_kinds import DigestKind
from followthrough.domain.replayed.sprint.sprint import Sprint, SprintPlan
from followthrough.queues import TASK_QUEUE
from followthrough.schedules import set_schedules
from followthrough.settings import Settings
from followthrough.store.database import migrate, open_database
from followthrough.store.queries import timeline
from followthrough.store.subscriptions import unsubscribe
from followthrough.store.tables import LocalSprintRow, LocalTicketRow, MailRow
from tests.records import item
from tests.standins.jira import Fault, JiraStandIn
from tests.standins.jira_data import Sprint as JiraSprint
from tests.tracking import jira_settings, organisation
from tests.waiting import eventually
from tests.web.conftest import new_namespace
from tests.workflows.conftest import ItemPart, Play
from worker import build_worker
from workflows.action_item import ActionItemWorkflow
from workflows.messages.item import ItemProgress
from workflows.messages.sprint import Approval, PlanningProgress, PlanSprint
from workflows.sprint_planning import SprintPlanningWorkflow, SprintScheduleWorkflow

AN_HOUR = timedelta(hours=1)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
EVIDENCE = HttpUrl("https://git.example.com/change/7")


@dataclass
class Team(Play):
    """``plans`` are the first whose proposals are to come; a sprint that is planned now is not among them."""

    name: str
    plans: list[SprintPlan]

    def planning(self, number: int = 0) -> WorkflowHandle[SprintPlanningWorkflow, PlanningProgress]:
        workflow_id = planning_id(self.name, self.plans[number].first_day)
        return self.client.get_workflow_handle(workflow_id, result_type=PlanningProgress)

    async def begin(self) -> None:
        """As the schedule does, and also the second of ``plans``, which may be further ahead."""
        await self.client.execute_workflow(
            SprintScheduleWorkflow.run, self.name, id=f"sprint/{uuid4()}", task_queue=TASK_QUEUE
        )
        for plan in self.plans[:2]:
            await self.client.start_workflow(
                SprintPlanningWorkflow.run,
                PlanSprint(team=self.name, first_day=plan.first_day),
                id=planning_id(self.name, plan.first_day),
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                task_queue=TASK_QUEUE,
            )

    async def item(self, status: ItemStatus = ItemStatus.ACCEPTED) -> ItemPart:
        """With its ticket, once it is accepted."""
        now, key = datetime.now(UTC), f"inc-{uuid4().hex[:10]}"
        accepted = status is ItemStatus.ACCEPTED
        record = item(
            id=f"{key}.1",
            incident_id=key,
            team=self.name,
            proposed_at=now,
            status=status,
            severity="SEV4",
            accepted_at=now if accepted else None,
        )
        handle = await self.client.start_workflow(
            ActionItemWorkflow.run, ItemProgress(item=record), id=record.id, task_queue=TASK_QUEUE
        )
        part = ItemPart(self, handle)
        await part.until(lambda state: state.ticket or (state.plan and not accepted))
        return part

    async def until(self, at: datetime, number: int = 0) -> None:
        """On the clock of the planning."""
        skipper, handle = TimeSkipper(self.client, config=TimeSkippingConfig(enabled=False)), self.planning(number)
        await skipper.fast_forward(handle, at - await skipper.get_current_time(handle))

    async def sprint(self, part: ItemPart) -> Sprint:
        """Where it is planned, once it is."""
        sprint = (await part.until(lambda state: state.sprint)).sprint
        assert sprint is not None
        return sprint

    async def approve(self, *items: ItemPart, by: str = "ana") -> PlanningProgress:
        approval = Approval(by=by, items=tuple(part.handle.id for part in items))
        return await self.planning().execute_update(SprintPlanningWorkflow.approve, approval)

    async def refusal(self, *items: ItemPart, by: str) -> str:
        with pytest.raises(WorkflowUpdateFailedError) as failed:
            await self.approve(*items, by=by)
        assert isinstance(failed.value.cause, ApplicationError)
        return failed.value.cause.message

    def mails(self, kind: str, since: datetime = LONG_AGO) -> dict[str, str]:
        """Texts by reader."""
        with Session(self.database) as session:
            found = session.exec(select(MailRow).where(MailRow.kind == kind, MailRow.at >= since)).all()
        return {str(mail.person): mail.text for mail in found}

    async def told(self, part: ItemPart, words: str) -> None:
        """Waits until the item's timeline says so."""

        def said() -> bool:
            with Session(self.database) as session:
                return any(words in entry.text for entry in timeline(session, part.handle.id))

        await eventually(said)


@asynccontextmanager
async def a_team(
    address: str,
    folder: Path,
    settings: Settings,
    name: str = "payments",
    *,
    webhooks: Mapping[str, Any] = MappingProxyType({}),
    **sprints: str,
) -> AsyncIterator[Team]:
    """Carla leads it, Ana and Ben are members."""
    plain = organisation().model_dump() | {"webhooks": dict(webhooks)}
    plain["teams"][name]["members"] = ("ana", "ben")
    if sprints:
        plain["teams"][name]["sprints"] |= sprints
    known = Organisation.model_validate(plain)
    client, database = await new_namespace(address), open_database(f"sqlite:///{folder}/followthrough.db")
    migrate(database)
    now = datetime.now(UTC)
    plans = [plan for plan in islice(coming_plans(name, known, now), 3) if plan.digest_at > now + AN_HOUR]
    async with build_worker(client, settings, lambda: known, database):
        team = Team(client, known, database, name, plans)
        await team.begin()
        yield team
    database.dispose()


@pytest.fixture
async def team(address: str, tmp_path: Path) -> AsyncIterator[Team]:
    async with a_team(address, tmp_path, Settings()) as team:
        yield team


@pytest.fixture
def jira() -> Iterator[JiraStandIn]:
    with JiraStandIn() as stand_in:
        yield stand_in


@pytest.fixture
async def jira_team(address: str, tmp_path: Path, jira: JiraStandIn) -> AsyncIterator[Team]:
    jira.boards[12] = []
    async with a_team(address, tmp_path, jira_settings(jira)) as team:
        yield team


def sprint_of(number: int, plan: SprintPlan) -> JiraSprint:
    return JiraSprint(number, f"Sprint {number}", start=plan.planning_at, end=plan.ends_at)


async def test_a_sprint_is_proposed_approved_planned_and_what_is_left_of_it_comes_first_next_time(team: Team) -> None:
    done, left = await team.item(), await team.item()
    proposed = await team.item(ItemStatus.PROPOSED)
    plan, following = team.plans[:2]
    await team.begin()
    with Session(team.database) as session, session.begin():
        unsubscribe(session, "ben", DigestKind.SPRINT)
    await team.until(plan.digest_at + AN_HOUR)
    digests = team.mails("sprint-digest", plan.digest_at)
    assert set(digests) == {"carla", "ana"}
    assert all(part.handle.id in digests["ana"] for part in (done, left, proposed))
    assert not team.mails("sprint-reminder", plan.digest_at)
    await team.until(plan.planning_at + AN_HOUR)
    assert set(team.mails("sprint-reminder", plan.digest_at)) == {"carla"}
    assert (await done.state()).sprint is None

    assert "nora is not on team payments; ask carla or ana or ben" in await team.refusal(done, by="nora")
    await team.approve(left, done, proposed)
    assert "ana has approved this planning already" in await team.refusal(done, by="ben")
    for part in (left, done):
        sprint = await team.sprint(part)
        assert str(plan.first_day) in sprint.name
        await team.told(part, f"Planned in {sprint.name}")
    await team.told(proposed, "Not planned: It has no ticket yet; its owner has to accept it first")
    with Session(team.database) as session:
        rows = session.exec(
            select(col(LocalTicketRow.item_id), col(LocalSprintRow.first_day)).join(LocalSprintRow)
        ).all()
    assert set(rows) == {(part.handle.id, plan.first_day) for part in (left, done)}

    await done.give(Finish(by="ana", evidence=EVIDENCE))
    await team.until(plan.ends_at + AN_HOUR)
    progress = await team.planning().result()
    assert progress.planned == (left.handle.id, done.handle.id)
    moved = await left.until(lambda state: state.moved_on)
    assert (moved.moved_on, moved.sprint) == (1, None)
    await team.told(left, "not done; it moved on once")

    team.plans.pop(0)
    await team.until(following.digest_at + AN_HOUR)
    with Session(team.database) as session:
        mails = session.exec(select(MailRow.text).where(MailRow.kind == "sprint-digest", MailRow.person == "ana")).all()
    (second,) = [text for text in mails if "**1** was planned before and not done; that comes first." in text]
    assert second.index(left.handle.id) < second.index(proposed.handle.id)


async def test_in_jira_the_tickets_go_into_the_sprint_in_one_request_and_are_ranked_first(
    jira_team: Team, jira: JiraStandIn
) -> None:
    plan = jira_team.plans[0]
    coming = sprint_of(5, plan)
    jira.boards[12] = [coming]
    earlier, second, first = [await jira_team.item() for _ in range(3)]
    keys = [ticket.key for part in (first, second, earlier) if (ticket := (await part.state()).ticket)]
    coming.issues = keys[2:]
    await jira_team.until(plan.digest_at + AN_HOUR)
    await jira_team.approve(first, second)
    for part in (first, second):
        assert (await jira_team.sprint(part)).id == 5
    assert jira.requests.count("POST /rest/agile/1.0/sprint/5/issue") == 1
    assert sorted(coming.issues, key=jira.rank.index) == keys


async def test_a_sprint_that_is_not_there_yet_is_asked_for_daily_and_the_lead_told_once(
    jira_team: Team, jira: JiraStandIn
) -> None:
    plan, part = jira_team.plans[0], await jira_team.item()
    await jira_team.approve(part)
    await jira_team.until(plan.digest_at + AN_HOUR)
    assert "The board has no sprint that is still to come; create it." in jira_team.mails("sprint-trouble")["carla"]
    assert (await part.state()).sprint is None
    jira.boards[12] = [sprint_of(5, plan)]
    await jira_team.until(plan.planning_at)
    assert (await jira_team.sprint(part)).id == 5
    assert list(jira_team.mails("sprint-trouble")) == ["carla"]


async def test_what_no_sprint_takes_until_it_has_started_is_not_planned(jira_team: Team, jira: JiraStandIn) -> None:
    plan, part = jira_team.plans[0], await jira_team.item()
    jira.boards[12] = [sprint_of(5, plan)]
    jira.faults.append(Fault("POST", "/sprint/5/issue$", status=400, times=100))
    await jira_team.until(plan.digest_at + AN_HOUR)
    await jira_team.approve(part)
    await jira_team.until(plan.ends_at + AN_HOUR)
    progress = await jira_team.planning().result()
    assert "Jira refused the move" in progress.not_planned[part.handle.id]
    await jira_team.told(part, "Not planned: Jira refused the move")


async def test_a_sprint_that_was_closed_meanwhile_is_replaced_by_the_next(jira_team: Team, jira: JiraStandIn) -> None:
    plan, part = jira_team.plans[0], await jira_team.item()
    coming = sprint_of(5, plan)
    jira.boards[12] = [coming, sprint_of(6, jira_team.plans[1])]
    await jira_team.until(plan.digest_at + AN_HOUR)
    coming.state = "closed"
    await jira_team.approve(part)
    assert (await jira_team.sprint(part)).id == 6
    await jira_team.told(part, "Planned in Sprint 6, because Sprint 5 is over")


async def test_a_team_without_sprints_gets_a_list_and_ranks_it_first_on_its_board(
    address: str, tmp_path: Path, jira: JiraStandIn
) -> None:
    jira.boards[34] = None
    async with a_team(address, tmp_path, jira_settings(jira), "platform") as team:
        parts = [await team.item() for _ in range(2)]
        await team.until(team.plans[0].digest_at + AN_HOUR)
        assert set(team.mails("sprint-digest")) == {"carla", "ana", "ben"}
        await team.approve(parts[1], by="carla")
        await team.told(parts[1], "Ranked first on the team's board")
        await team.until(team.plans[0].ends_at + AN_HOUR)
        await team.planning().result()
        assert not team.mails("sprint-reminder")
        assert jira.issues[jira.rank[0]].fields["labels"][1] == parts[1].handle.id
        assert (await parts[1].state()).moved_on == 0


async def test_planned_by_acceptance_a_ticket_goes_into_the_next_sprint_at_once(address: str, tmp_path: Path) -> None:
    async with a_team(address, tmp_path, Settings(), planned_by="acceptance") as team:
        part = await team.item()
        await team.told(part, f"Planned in {(await team.sprint(part)).name}")
        assert not team.plans


@pytest.mark.today
async def test_each_team_has_a_schedule_that_begins_its_next_plannings(team: Team) -> None:
    await set_schedules(team.client, team.organisation)
    described = await team.client.get_schedule_handle("sprint/payments").describe()
    first_day = datetime(2026, 1, 12, tzinfo=UTC)
    assert {(at - first_day) % timedelta(weeks=2) for at in described.info.next_action_times} == {timedelta(0)}
    first, second = islice(coming_plans("platform", team.organisation, datetime.now(UTC)), 2)
    wanted = {planning_id("platform", plan.first_day) for plan in (first, second)}

    async def begun() -> set[str]:
        return {execution.id async for execution in team.client.list_workflows()}

    await eventually(begun, wanted.issubset)


async def test_an_approval_for_a_day_that_begins_no_sprint_is_refused(team: Team) -> None:
    first_day = team.plans[0].first_day + timedelta(days=1)
    begin = WithStartWorkflowOperation(
        SprintPlanningWorkflow.run,
        PlanSprint(team="payments", first_day=first_day),
        id=planning_id("payments", first_day),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
    )
    approval = Approval(by="ana", items=("inc-0000000001.1",))
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await team.client.execute_update_with_start_workflow(
            SprintPlanningWorkflow.approve, approval, start_workflow_operation=begin
        )
    assert "plans no sprint that begins on" in str(failed.value.cause)
