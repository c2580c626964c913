"""What people do in Jira, found by sweeps on the real server, in a namespace of its own with the stand-in Jira."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydantic import HttpUrl
from sqlmodel import Session, select
from temporalio.client import ScheduleActionExecutionStartWorkflow, ScheduleHandle, WorkflowFailureError
from temporalio.exceptions import ActivityError

from activities.read_model import ReadModel
from activities.tickets.jira import client as jira_client
from followthrough.audit import Audit
from followthrough.domain.answered.ticket.text import atlassian_document
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus
from followthrough.domain.replayed.item.commands import Accept, Extend, Finish
from followthrough.domain.replayed.ticket.ticket import TicketState
from followthrough.queues import TASK_QUEUE
from followthrough.schedules import set_schedules
from followthrough.store import queries
from followthrough.store.audit import Wanted, following
from followthrough.store.database import migrate, open_database
from followthrough.store.tables import MailRow
from tests.records import item
from tests.standins.jira import Fault, JiraStandIn
from tests.standins.jira_data import Issue
from tests.tracking import jira_settings, organisation
from tests.waiting import eventually
from tests.web.conftest import new_namespace
from tests.workflows.conftest import ItemPart, Play
from worker import build_worker
from workflows.action_item import ActionItemWorkflow
from workflows.jira_sweep import JiraSweepWorkflow
from workflows.messages.item import ItemProgress
from workflows.messages.ticket import Swept

LINK = "https://git.example.com/change/7"


@dataclass
class Office(Play):
    """Sees Jira, and the mails about it."""

    jira: JiraStandIn

    async def item(self, **changes: Any) -> ItemPart:
        """Accepted by Ana, with its ticket, which Jira's people have seen."""
        now, key = datetime.now(UTC), f"inc-{uuid4().hex[:10]}"
        usual: dict[str, Any] = {"severity": "SEV4", "proposed_at": now, "accepted_at": now, "working_since": now}
        record = item(id=f"{key}.1", incident_id=key, **usual | changes)
        await self.client.start_workflow(
            ActionItemWorkflow.run, ItemProgress(item=record), id=record.id, task_queue=TASK_QUEUE
        )
        part = ItemPart(self, self.client.get_workflow_handle(record.id, result_type=ActionItem))
        await part.until(lambda state: state.ticket_seen)
        return part

    async def sweep(self) -> Swept:
        """One that knows of none before it, and so reads every ticket."""
        return await self.client.execute_workflow(JiraSweepWorkflow.run, id=f"sweep/{uuid4()}", task_queue=TASK_QUEUE)

    def issue(self, part: ItemPart) -> Issue:
        labelled = (issue for issue in self.jira.issues.values() if part.handle.id in issue.fields["labels"])
        return next(labelled)

    def known(self, part: ItemPart) -> bool:
        """Whether the read model knows what its ticket says."""
        with Session(self.database) as session:
            record = queries.action_item(session, part.handle.id)
        return record is not None and record.ticket_seen is not None

    async def told(self, part: ItemPart, words: str, *people: str) -> None:
        """Waits until exactly these people have mails about the item's ticket with these words."""

        def mails() -> list[str]:
            query = select(MailRow).where(MailRow.item_id == part.handle.id, MailRow.kind == "ticket-conflict")
            with Session(self.database) as session:
                return sorted(str(mail.person) for mail in session.exec(query) if words in mail.text)

        await eventually(mails, lambda found: found == list(people))


@asynccontextmanager
async def an_office(address: str, folder: Path) -> AsyncIterator[Office]:
    client = await new_namespace(address)
    database = open_database(f"sqlite:///{folder}/followthrough.db")
    migrate(database)
    with JiraStandIn() as jira:
        async with build_worker(client, jira_settings(jira, data_dir=folder), organisation, database):
            yield Office(client, organisation(), database, jira)
    database.dispose()


@pytest.fixture(scope="module")
async def office(address: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    async with an_office(address, tmp_path_factory.mktemp("jira")) as office:
        yield office


def audited(office: Office, part: ItemPart) -> list[tuple[str, str | None, str, str | None]]:
    """What of the item is in the audit, who, what came of it, and through what."""
    folder = Path(str(office.database.url.database)).parent
    Audit(folder, office.database).settle(datetime.now(UTC))
    with Session(office.database) as session:
        found = following(session, Wanted(record=part.handle.id), 100, 0)
    return [(line.what, line.person, line.outcome, line.through) for line in found]


def comment(text: str) -> dict[str, Any]:
    return atlassian_document(((text,),))


async def test_work_that_begins_in_jira_is_seen(office: Office) -> None:
    part = await office.item()
    office.jira.change(office.issue(part).key, by="5b10ana", status="In Progress")
    await office.sweep()
    state = await part.until(lambda state: state.ticket_seen and state.ticket_seen.status == "In Progress")
    assert state.ticket_seen is not None
    assert (state.ticket_seen.moved_by, state.status) == ("ana", ItemStatus.ACCEPTED)


async def test_a_ticket_closed_with_a_link_closes_its_item(office: Office) -> None:
    part = await office.item()
    key = office.issue(part).key
    office.jira.remark(key, comment(f"Merged: {LINK}"), by="5b10ben")
    office.jira.change(key, by="5b10ben", status="Done")
    await office.sweep()
    closed = await part.handle.result()
    assert closed.status is ItemStatus.CLOSED
    assert [(str(shown.url), shown.by) for shown in closed.evidence] == [(LINK, "ben")]
    assert audited(office, part) == [("done", "ben", "accepted", "Jira")]


async def test_a_ticket_closed_without_a_link_asks_for_one_and_takes_it_when_it_comes(office: Office) -> None:
    part = await office.item()
    issue = office.issue(part)
    office.jira.change(issue.key, by="5b10ana", status="Done")
    await office.sweep()
    await office.told(part, "Nothing shows that it is done.", "ana")
    await eventually(lambda: "Please comment with a link" in str(issue.comments))
    await office.sweep()
    assert (await part.state()).status is ItemStatus.ACCEPTED
    assert len(issue.comments) == 1
    office.jira.remark(issue.key, comment(f"Here: {LINK}"), by="5b10ana")
    await office.sweep()
    assert (await part.handle.result()).status is ItemStatus.CLOSED


async def put_off(part: ItemPart, issue: Issue) -> None:
    """The deadline, also in Jira."""
    later = (await part.state()).planned.due + timedelta(days=7)
    await part.give(Extend(by="ana", until=later, reason="The provider is late"))
    await eventually(lambda: issue.fields["duedate"] == later.date().isoformat())


async def test_what_people_did_is_taken_in_before_the_item_is_written_over_it(office: Office) -> None:
    part = await office.item()
    issue = office.issue(part)
    office.jira.change(issue.key, by="5b10ben", assignee={"id": "5b10ben"}, status="In Progress")
    await put_off(part, issue)
    assert (await part.state()).owner == "ben"
    assert issue.fields["assignee"] == {"id": "5b10ben"}


async def test_a_ticket_that_is_made_once_its_item_has_ended_is_closed(office: Office) -> None:
    office.jira.faults.append(
        Fault("POST", "/issue$", status=400, content='{"errorMessages": ["Not now."], "errors": {}}')
    )
    now, key = datetime.now(UTC), f"inc-{uuid4().hex[:10]}"
    record = item(id=f"{key}.1", incident_id=key, severity="SEV4", proposed_at=now, accepted_at=now, working_since=now)
    handle = await office.client.start_workflow(
        ActionItemWorkflow.run, ItemProgress(item=record), id=record.id, task_queue=TASK_QUEUE
    )
    part = ItemPart(office, office.client.get_workflow_handle(record.id, result_type=ActionItem))
    await part.until(lambda state: any("Not now." in entry.text for entry in (*state.unwritten, *state.written)))
    await handle.execute_update(ActionItemWorkflow.execute, Finish(by="ana", evidence=HttpUrl(LINK)))
    ended = await handle.result()
    assert ended.ticket is not None
    assert office.jira.issues[ended.ticket.key].status == "Done"


async def test_who_is_assigned_in_jira_becomes_the_owner(office: Office) -> None:
    part = await office.item()
    office.jira.change(office.issue(part).key, by="5b10ana", assignee={"id": "5b10ben"})
    await office.sweep()
    state = await part.until(lambda state: state.owner == "ben")
    assert state.status is ItemStatus.PROPOSED
    await part.give(Accept(by="ben"))


async def test_an_assignee_whom_nobody_knows_is_told_of_and_left_alone(office: Office) -> None:
    part = await office.item()
    issue = office.issue(part)
    office.jira.change(issue.key, by="5b10zoe", assignee={"id": "5b10zoe"})
    await office.sweep()
    await office.told(part, "not in the organisation file", "carla")
    await put_off(part, issue)
    assert (await part.state()).owner == "ana"
    assert issue.fields["assignee"] == {"id": "5b10zoe"}


async def test_a_due_date_that_is_not_allowed_is_put_back_with_a_comment(office: Office) -> None:
    part = await office.item()
    issue = office.issue(part)
    ours = issue.fields["duedate"]
    office.jira.change(issue.key, by="5b10ben", duedate="2020-01-01")
    await office.sweep()
    await eventually(lambda: issue.fields["duedate"] == ours)
    assert "put the due date back" in str(issue.comments)
    assert audited(office, part) == [("extend", "ben", "forbidden", "Jira")]


@pytest.mark.parametrize("due", ["9999-12-31", "0001-01-01", "10000-01-01"])
async def test_a_due_date_that_nobody_can_mean_is_put_back(office: Office, due: str) -> None:
    part = await office.item()
    issue = office.issue(part)
    ours = issue.fields["duedate"]
    office.jira.change(issue.key, by="5b10ana", duedate=due)
    await office.sweep()
    await eventually(lambda: issue.fields["duedate"] == ours)
    assert "put the due date back. A deadline is at most" in str(issue.comments)


@pytest.mark.parametrize("reason", ["CAPTCHA_CHALLENGE", "AUTHENTICATED_FAILED"])
async def test_while_jira_does_not_know_us_no_ticket_is_gone_and_afterwards_all_goes_on(
    office: Office, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    monkeypatch.setattr(jira_client, "LOGIN_PAUSE", timedelta(seconds=0.2))
    part, other = await office.item(), await office.item()
    issue = office.issue(part)
    office.jira.lost_login = reason
    before = len(office.jira.requests)
    sweep = asyncio.create_task(office.sweep())
    try:
        await part.give(Finish(by="ana", evidence=HttpUrl(LINK)))
        await other.handle.signal(ActionItemWorkflow.look_at_ticket)
        await eventually(lambda: len(office.jira.requests) > before + 3)
        assert issue.status == "To Do"
        assert not sweep.done()
    finally:
        office.jira.lost_login = ""
    await sweep
    await part.handle.result()
    assert issue.status == "Done"
    assert (await other.state()).status is ItemStatus.ACCEPTED
    for one in (part, other):
        await office.told(one, "")
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 1


async def test_a_sweep_whose_pages_have_no_end_fails_in_words_and_the_next_one_goes_on(office: Office) -> None:
    part = await office.item()
    office.jira.change(office.issue(part).key, by="5b10ana", status="In Progress")
    office.jira.repeats_pages = True
    try:
        with pytest.raises(WorkflowFailureError) as failed:
            await office.sweep()
    finally:
        office.jira.repeats_pages = False
    assert isinstance(failed.value.cause, ActivityError)
    assert "repeats its pages; the next sweep asks again" in str(failed.value.cause.cause)
    await office.sweep()
    await part.until(lambda state: state.ticket_seen and state.ticket_seen.state is TicketState.IN_PROGRESS)


async def test_a_deleted_ticket_is_told_of_and_made_anew_with_the_next_change(office: Office) -> None:
    part = await office.item()
    lost = office.issue(part).key
    office.jira.delete(lost)
    await office.sweep()
    await office.told(part, "was deleted", "ana", "carla")
    later = (await part.state()).planned.due + timedelta(days=7)
    await part.give(Extend(by="ana", until=later, reason="The provider is late"))
    state = await part.until(lambda state: state.ticket and state.ticket.key != lost)
    assert state.ticket is not None
    assert office.issue(part).key == state.ticket.key


async def test_a_hidden_ticket_is_told_of_and_written_again_once_it_can_be_seen(office: Office) -> None:
    part = await office.item()
    issue = office.issue(part)
    office.jira.hidden_projects.add("PAY")
    try:
        await office.sweep()
        await office.told(part, "shows nothing of its project", "ana", "carla")
        later = (await part.state()).planned.due + timedelta(days=7)
        await part.give(Extend(by="ana", until=later, reason="The provider is late"))
    finally:
        office.jira.hidden_projects.clear()
    await office.sweep()
    await eventually(lambda: issue.fields["duedate"] == later.date().isoformat())


async def test_a_ticket_that_lost_its_label_and_moved_is_still_followed(office: Office) -> None:
    part = await office.item()
    issue = office.issue(part)
    office.jira.change(issue.key, by="5b10ben", labels=[])
    moved = office.jira.move(issue.key, "OPS")
    await office.sweep()
    await part.until(lambda state: state.ticket and state.ticket.key == moved)


async def test_a_reopened_ticket_reopens_its_closed_item(office: Office) -> None:
    part = await office.item()
    issue = office.issue(part)
    await part.give(Finish(by="ana", evidence=HttpUrl(LINK)))
    assert (await part.handle.result()).status is ItemStatus.CLOSED
    assert issue.status == "Done"
    office.jira.add("PAY", summary="A clone", labels=issue.fields["labels"])
    await office.sweep()
    assert (await part.state()).status is ItemStatus.CLOSED, "neither what we closed ourselves nor a clone is news"
    office.jira.change(issue.key, by="5b10ben", status="To Do")
    await office.sweep()
    state = await part.until(lambda state: state.status is ItemStatus.PROPOSED)
    assert state.evidence[-1].refuted == f"ticket {issue.key} was reopened"
    assert audited(office, part) == [("reopen", "ben", "accepted", "Jira")]
    await part.give(Accept(by="ana"))


async def test_a_sweep_outlasts_an_outage_and_the_index(office: Office) -> None:
    part = await office.item()
    office.jira.index_lag = 1
    office.jira.faults.append(Fault("GET", "/search/jql", status=503, times=2))
    office.jira.change(office.issue(part).key, by="5b10ana", status="In Progress")
    try:
        await office.sweep()
    finally:
        office.jira.index_lag = 0
    await part.until(lambda state: state.ticket_seen and state.ticket_seen.state is TicketState.IN_PROGRESS)


async def test_very_many_changes_are_told_in_few_events_although_jira_fails_on_the_way(
    address: str, tmp_path: Path
) -> None:
    async with an_office(address, tmp_path) as office:
        part = await office.item()
        read_model = ReadModel(office.database)
        for number in range(1000):
            record = item(number, incident_id="inc-00000000aa", id=f"inc-00000000aa.{number}")
            read_model.project_item(record)
            office.jira.add("PAY", summary=record.title, labels=["followthrough", record.id])
        office.jira.change(office.issue(part).key, by="5b10ana", status="In Progress")
        unread = Fault("GET", f"/issue/{office.issue(part).key}$", status=503, times=1000)
        office.jira.faults += [unread, Fault("GET", "/search/jql", query="nextPageToken=500", status=503)]
        sweep = await office.client.start_workflow(JiraSweepWorkflow.run, id=f"sweep/{uuid4()}", task_queue=TASK_QUEUE)
        await sweep.result()
        assert office.jira.faults == [unread]
        assert (await sweep.describe()).history_length < 15
        history = await part.handle.fetch_history()
        told = sum(event.HasField("workflow_execution_signaled_event_attributes") for event in history.events)
        assert told == 2, "as one that changed and as one that is open, by no attempt again"


async def test_a_scheduled_sweep_goes_on_where_the_last_one_began(office: Office) -> None:
    await set_schedules(office.client, office.organisation, jira=True)
    schedule = office.client.get_schedule_handle("jira/sweep")
    first, second = await triggered(office, schedule, 1), await triggered(office, schedule, 2)
    assert second.begun > first.begun
    assert second.checked_all == first.checked_all, "every ticket is read once a day"
    part = await office.item()
    await eventually(lambda: office.known(part))
    await triggered(office, schedule, 3)
    history = await part.handle.fetch_history()
    assert not any(event.HasField("workflow_execution_signaled_event_attributes") for event in history.events)
    office.jira.change(office.issue(part).key, by="5b10ana", status="In Progress")
    await triggered(office, schedule, 4)
    await part.until(lambda state: state.ticket_seen and state.ticket_seen.state is TicketState.IN_PROGRESS)
    await set_schedules(office.client, office.organisation)


async def triggered(office: Office, schedule: ScheduleHandle, times: int) -> Swept:
    """The result of the schedule's ``times``-th sweep."""
    await schedule.trigger()
    described = await eventually(schedule.describe, lambda now: len(now.info.recent_actions) >= times)
    sweep = described.info.recent_actions[-1].action
    assert isinstance(sweep, ScheduleActionExecutionStartWorkflow)
    handle = office.client.get_workflow_handle(
        sweep.workflow_id, run_id=sweep.first_execution_run_id, result_type=Swept
    )
    swept: Swept = await handle.result()
    return swept
