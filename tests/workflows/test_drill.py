"""Drills on the real server, in a namespace and with an organisation file of their own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select
from temporalio.client import Client, ScheduleDescription
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from followthrough import schedules
from followthrough.domain.answered.drill.calendar import Quarter, planned_start
from followthrough.domain.answered.organisation.organisation import Holidays, Organisation
from followthrough.domain.replayed.drill.drill import DrillOutcome, DrillReport
from followthrough.domain.replayed.ids import incident_id
from followthrough.domain.replayed.incident.commands import (
    Acknowledge,
    AssignRole,
    IncidentCommand,
    ProposeItem,
    Resolve,
    SendUpdate,
)
from followthrough.domain.replayed.incident.incident import Audience, Incident, IncidentStatus, Role, UpdateStage
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.domain.replayed.item.commands import Accept
from followthrough.organisation_file import OrganisationFile
from followthrough.queues import TASK_QUEUE
from followthrough.schedules import set_schedules, wanted_schedules
from followthrough.settings import Settings
from followthrough.store.database import migrate, open_database
from followthrough.store.reports import drill_reports
from followthrough.store.tables import ActionItemRow, MailRow, TimelineRow
from tests.waiting import eventually
from tests.web.conftest import new_namespace
from worker import build_worker
from workflows.action_item import ActionItemWorkflow
from workflows.drill import DrillScheduleWorkflow, DrillWorkflow
from workflows.incident import IncidentWorkflow
from workflows.messages.drill import DrillRequest

SCENARIO = """
title: {title}
story: It began after a deploy.
severity: SEV2
labels: {{severity: page}}
injects:
  - {{after: 1s, text: One region is fine.}}
expected:
  updates: [customers, internal]
  questions: ["Who could stop the next deploy?"]
"""

DEBRIEF = timedelta(days=2)
"""And more."""


@dataclass
class Training:
    client: Client
    database: Engine
    organisation: OrganisationFile
    file: Path

    async def drill(self, act: Callable[[str], Awaitable[None]]) -> DrillReport:
        handle = await self.client.start_workflow(
            DrillWorkflow.run,
            DrillRequest(team="payments", by_hand=True),
            id=f"drill/payments/{uuid4()}",
            task_queue=TASK_QUEUE,
        )
        await act(await self.incident_of(handle.id))
        report = await handle.result()
        assert report is not None
        return report

    async def incident_of(self, drill: str) -> str:
        while True:
            async for execution in self.client.list_workflows("WorkflowType = 'IncidentWorkflow'"):
                if execution.parent_id == drill and (await self.state(execution.id)).roles:
                    return execution.id
            await asyncio.sleep(0.05)

    async def state(self, incident: str) -> Incident:
        return await self.client.get_workflow_handle(incident).query(IncidentWorkflow.state)

    async def give(self, incident: str, command: IncidentCommand) -> None:
        await self.client.get_workflow_handle(incident).execute_update(IncidentWorkflow.execute, command)

    def story(self, incident: str) -> list[str]:
        with Session(self.database) as session:
            return list(session.exec(select(TimelineRow.text).where(TimelineRow.record_id == incident)))

    def change(self, old: str, new: str) -> None:
        text = self.file.read_text()
        assert old in text
        self.file.write_text(text.replace(old, new))

    async def pass_time(self, workflow_id: str, time: timedelta) -> None:
        skipper = TimeSkipper(self.client, config=TimeSkippingConfig(enabled=False))
        await skipper.fast_forward(self.client.get_workflow_handle(workflow_id), time)

    async def schedules(self) -> dict[str, ScheduleDescription]:
        """Once they are listed, which takes a while."""
        await set_schedules(self.client, self.organisation())

        async def listed() -> set[str]:
            return {schedule.id async for schedule in await self.client.list_schedules()}

        wanted = wanted_schedules(self.organisation(), jira=False)
        found = await eventually(listed, lambda found: found == wanted)
        return {name: await self.client.get_schedule_handle(name).describe() for name in found}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An organisation file with two scenarios of its own."""
    folder, scenarios = tmp_path_factory.mktemp("training"), tmp_path_factory.mktemp("scenarios")
    for number in (1, 2):
        (scenarios / f"scenario-{number}.yaml").write_text(SCENARIO.format(title=f"Errors rise, part {number}"))
    text = Path("followthrough.example.yaml").read_text()
    assert "# scenarios: drill-scenarios " in text
    file = folder / "followthrough.yaml"
    file.write_text(text.replace("# scenarios: drill-scenarios ", f"scenarios: {scenarios} "))
    return file


@pytest.fixture(scope="module")
async def training(address: str, file: Path) -> AsyncIterator[Training]:
    organisation = OrganisationFile(file)
    client = await new_namespace(address)
    database = open_database(f"sqlite:///{file.parent}/followthrough.db")
    migrate(database)
    async with build_worker(client, Settings(), organisation, database):
        yield Training(client, database, organisation, file)
    database.dispose()


async def respond(training: Training, incident: str) -> None:
    """As a team does that knows how."""
    state = await training.state(incident)
    assert state.drill
    commander = state.holder(Role.INCIDENT_COMMANDER) or ""
    comms = state.holder(Role.COMMS_LEAD) or next(one for one in ("ines", "lucia") if one != commander)
    resolver = next(one for one in ("ines", "tomas", "lucia") if one not in (commander, comms))
    await training.give(incident, Acknowledge(by=commander))
    if state.holder(Role.COMMS_LEAD) is None:
        await training.give(incident, AssignRole(by=commander, role=Role.COMMS_LEAD, person=comms))
    await training.give(incident, Acknowledge(by=comms))
    await training.give(incident, AssignRole(by=resolver, role=Role.RESOLVER, person=resolver))
    for audience in (Audience.CUSTOMERS, Audience.INTERNAL):
        stage = UpdateStage.INVESTIGATING
        await training.give(incident, SendUpdate(by=comms, stage=stage, audience=audience, text="We look into it."))
    await eventually(lambda: "One region is fine." in training.story(incident))
    await training.give(incident, ProposeItem(by=commander, title="Add a test for the refund path", owner=resolver))
    item = training.client.get_workflow_handle(f"{incident}.1")
    await item.execute_update(ActionItemWorkflow.execute, Accept(by=resolver))
    await training.give(incident, Resolve(by=commander, summary="Rolled back"))


async def test_a_team_gets_better_from_one_drill_to_the_next(training: Training) -> None:
    async def look_on(incident: str) -> None:
        """Nobody reacts."""
        await training.pass_time(incident, timedelta(hours=3))

    first = await training.drill(look_on)
    assert (first.outcome, first.acknowledged_after, first.improved) == (DrillOutcome.TIME_OVER, None, ())
    assert len(first.to_practise) == 4
    second = await training.drill(partial(respond, training))
    assert (second.outcome, second.to_practise) == (DrillOutcome.RESOLVED, ())
    assert second.improved == (
        "Acknowledged after 1 min; last time nobody did.",
        "3 of 3 roles were filled; last time 0 of 3.",
        "2 of 2 audiences heard in time; last time 0 of 2.",
        "Resolved in time; last time the time ran out.",
    )
    assert {first.scenario, second.scenario} == {"scenario-1", "scenario-2"}
    assert first.service != second.service
    with Session(training.database) as session:
        assert drill_reports(session, team="payments") == [second, first]

    await training.pass_time(f"{second.incident_id}.1", DEBRIEF)
    for drilled in (first, second):
        await training.pass_time(drilled.incident_id, DEBRIEF)
        ended = await training.client.get_workflow_handle(drilled.incident_id, result_type=Incident).result()
        assert ended.status is IncidentStatus.CLOSED
    with Session(training.database) as session:
        item = session.get_one(ActionItemRow, f"{second.incident_id}.1")
        assert (item.status, item.drill, item.document["waiver"]["by"]) == (ItemStatus.WAIVED, True, None)
        entries = training.story(second.incident_id)
        assert entries.index("It began after a deploy.") < entries.index("One region is fine.")
        mails = session.exec(select(MailRow).where(MailRow.incident_id == second.incident_id)).all()
    assert all(mail.subject.startswith("DRILL ") for mail in mails)
    customers = training.organisation().services[second.service].subscribers[Audience.CUSTOMERS]
    assert not set(customers) & {address for mail in mails if mail.state == "sent" for address in mail.recipients}
    assert {"drill-report", "item-proposed", "item-ended"} <= {mail.kind for mail in mails}
    assert not {"item-reminder", "item-escalation", "postmortem-assigned"} & {mail.kind for mail in mails}


@pytest.mark.today
async def test_schedules_follow_the_organisation_file(training: Training) -> None:
    set_first = await training.schedules()
    assert set(set_first) >= {"drill/payments", "drill/platform", "digest/monthly", "digest/weekly"}
    team = training.organisation().teams["payments"].model_copy(update={"holidays": Holidays()})
    policies = training.organisation().drill_policies(team)
    quarter, dates = Quarter.of(datetime.now(UTC).date()), []
    for _ in range(5):
        dates.append(planned_start(quarter, team, policies))
        quarter = Quarter.of(quarter.first_day(3) + timedelta(days=31))
    coming = [date for date in dates if date > datetime.now(UTC)]
    assert list(set_first["drill/payments"].info.next_action_times)[: len(coming)] == coming

    await training.client.get_schedule_handle("drill/payments").pause(note="A busy quarter")
    training.change("month: 2 ", "month: 3 ")
    training.change("  platform:     ", "  platform:\n    drills: {enabled: false}\n    # ")
    training.change("  digest:      ", "  digest:\n    enabled: false\n    # ")
    training.change("    enabled: true\n    day: 1\n", "    day: 1\n")
    set_again = await training.schedules()
    assert "drill/payments" in set_again
    assert not {"drill/platform", "digest/monthly"} & set(set_again)
    changed = set_again["drill/payments"].schedule
    assert (changed.state.paused, changed.state.note) == (True, "A busy quarter")
    assert {(at.month - 1) % 3 for at in set_again["drill/payments"].info.next_action_times} == {2}


@pytest.mark.today
async def test_a_drill_that_its_schedule_starts_is_the_teams_one_drill(training: Training) -> None:
    await training.client.execute_workflow(
        DrillScheduleWorkflow.run, DrillRequest(team="payments"), id="drill/payments-today", task_queue=TASK_QUEUE
    )
    drill = training.client.get_workflow_handle("drill/payments")
    running = await eventually(lambda: drill.query(DrillWorkflow.running), lambda found: found.starts_at)
    assert running.incident_id == incident_id("drill/payments-today")
    await drill.terminate()


@pytest.mark.today
async def test_schedules_are_kept_after_any_error(
    training: Training, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(schedules, "LOOK_EVERY", 0.05)
    troubles = [KeyError("a mistake of ours"), KeyError("a mistake of ours"), OSError("a full disk")]

    def organisation() -> Organisation:
        if troubles:
            raise troubles.pop(0)
        return training.organisation()

    async with schedules.schedules_kept(training.client, organisation, training.database, jira=False):
        await eventually(lambda: "kept as the organisation file says again" in caplog.text)
    assert [record.levelname for record in caplog.records if "kept" in record.message] == ["ERROR", "ERROR", "WARNING"]
