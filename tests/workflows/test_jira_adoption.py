"""Tickets that are there already, and a Jira that is away, on the real server in a namespace of its own."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from temporalio.client import WorkflowUpdateFailedError

from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.domain.replayed.item.commands import Accept
from followthrough.domain.replayed.ticket.commands import Adopt
from followthrough.queues import TASK_QUEUE
from followthrough.store.database import migrate, open_database
from tests.records import item
from tests.standins.jira import Fault, JiraStandIn
from tests.tracking import jira_settings, organisation
from tests.waiting import eventually
from tests.web.conftest import new_namespace
from tests.workflows.conftest import ItemPart, Play
from worker import build_worker
from workflows.action_item import ActionItemWorkflow
from workflows.messages.item import ItemProgress


@pytest.fixture(scope="module")
async def office(address: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Play, JiraStandIn]]:
    client = await new_namespace(address)
    folder = tmp_path_factory.mktemp("adoption")
    database = open_database(f"sqlite:///{folder}/followthrough.db")
    migrate(database)
    with JiraStandIn() as jira:
        async with build_worker(client, jira_settings(jira, data_dir=folder), organisation, database):
            yield Play(client, organisation(), database), jira
    database.dispose()


async def proposed(play: Play) -> ItemPart:
    incident_id = f"inc-{uuid4().hex[:10]}"
    record = item(
        id=f"{incident_id}.1",
        incident_id=incident_id,
        status=ItemStatus.PROPOSED,
        proposed_at=datetime.now(UTC),
        plan=None,
    )
    handle = await play.client.start_workflow(
        ActionItemWorkflow.run, ItemProgress(item=record), id=record.id, task_queue=TASK_QUEUE
    )
    return ItemPart(play, handle)


async def test_a_ticket_that_is_there_already_becomes_the_items(office: tuple[Play, JiraStandIn]) -> None:
    play, jira = office
    issue, part = jira.add(), await proposed(play)
    adopted = await part.give(Adopt(by="ben", ticket=f"{jira.url}/browse/{issue.key}"))
    assert adopted.ticket is not None
    assert adopted.ticket.key == issue.key
    assert part.handle.id in issue.fields["labels"]
    await eventually(lambda: issue.fields.get("assignee") == {"id": "5b10ana"})
    await part.give(Accept(by="ana"))
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await part.give(Adopt(by="ben", ticket=jira.add().key))
    assert f"has ticket {issue.key} already" in str(refused.value.cause)


async def test_jiras_no_is_the_answer_and_the_item_goes_on(office: tuple[Play, JiraStandIn]) -> None:
    play, jira = office
    part, taken = await proposed(play), jira.add(labels=["followthrough", "inc-0000000009.1"])
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await part.give(Adopt(by="ben", ticket=taken.key))
    assert f"Ticket {taken.key} belongs to action item inc-0000000009.1 already." in str(refused.value.cause)
    assert (await part.state()).ticket is None


async def test_while_jira_is_away_nothing_is_lost_and_one_ticket_comes_of_it(office: tuple[Play, JiraStandIn]) -> None:
    play, jira = office
    jira.requests.clear()
    outage = Fault(status=503, times=10_000)
    jira.faults.append(outage)
    part = await proposed(play)
    await part.give(Accept(by="ana"))
    await eventually(lambda: len(jira.requests) >= 3)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await part.give(Adopt(by="ben", ticket="PAY-1"))
    assert f"The ticket of action item {part.handle.id} is being made; look again in" in str(refused.value.cause)
    assert (await part.state()).ticket is None
    jira.faults.remove(outage)
    state = await part.until(lambda state: state.ticket)
    ours = [issue.key for issue in jira.issues.values() if part.handle.id in issue.fields.get("labels", [])]
    assert ours == [state.ticket and state.ticket.key]
