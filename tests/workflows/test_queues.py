"""A vendor that takes requests and never answers stops nothing but itself; on the real server."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlmodel import Session, select

from followthrough.domain.replayed.item.commands import Extend
from followthrough.queues import TASK_QUEUE
from followthrough.settings import Settings
from followthrough.store.database import migrate, open_database
from followthrough.store.tables import ActionItemRow, MailRow
from tests.records import item
from tests.standins.jira import Fault, JiraStandIn
from tests.standins.silence import Silence
from tests.tracking import jira_settings, organisation
from tests.waiting import eventually, found_rows
from tests.web.conftest import new_namespace
from tests.workflows.conftest import ItemPart, Play
from worker import build_worker
from workflows.action_item import ActionItemWorkflow
from workflows.messages.item import ItemProgress

MANY, AT_ONCE = 48, 16
"""Items, and how many of them a worker lets ask Jira at once."""


@pytest.fixture
async def office(address: str, tmp_path: Path) -> AsyncIterator[Play]:
    client = await new_namespace(address)
    database = open_database(f"sqlite:///{tmp_path}/followthrough.db")
    migrate(database)
    yield Play(client, organisation(), database)
    database.dispose()


async def accepted_item(play: Play) -> ItemPart:
    now, key = datetime.now(UTC), f"inc-{uuid4().hex[:10]}"
    record = item(id=f"{key}.1", incident_id=key, proposed_at=now, accepted_at=now, working_since=now)
    await play.client.start_workflow(
        ActionItemWorkflow.run, ItemProgress(item=record), id=record.id, task_queue=TASK_QUEUE
    )
    return ItemPart(play, play.client.get_workflow_handle(record.id, result_type=type(record)))


async def test_while_jira_never_answers_pages_go_out_and_the_read_model_goes_on(office: Play) -> None:
    with Silence() as jira:
        settings = Settings(
            jira_url=jira.url, jira_cloud=True, jira_user="a@example.com", jira_token=SecretStr("token")
        )
        async with build_worker(office.client, settings, organisation, office.database):
            items = await asyncio.gather(*(accepted_item(office) for _ in range(MANY)))
            for part in items:
                await eventually(part.handle.describe, lambda found: found.raw_description.pending_activities)
            await eventually(lambda: len(jira.callers) >= AT_ONCE)
            declared = await office.declare()
            query = select(MailRow).where(
                MailRow.incident_id == declared.handle.id, MailRow.kind == "incident-declared"
            )
            (page,) = await found_rows(office.database, query)
            assert page.person == "ana"
            later = (await items[-1].state()).planned.due + timedelta(days=7)
            extended = await items[-1].give(Extend(by="ana", until=later, reason="The provider is late"))
            with Session(office.database) as session:
                row = session.get_one(ActionItemRow, extended.id)
            assert (row.version, row.ticket) == (extended.version, None)
            jira.cut_off()


async def test_attempts_that_create_nothing_do_not_make_the_next_one_wait_for_the_index(office: Play) -> None:
    with JiraStandIn() as jira:
        jira.faults.append(Fault("GET", "/search", status=503, times=2))
        jira.faults.append(Fault("GET", "/createmeta", status=503))
        settings = jira_settings(jira, jira_index_lag=timedelta(hours=1))
        async with build_worker(office.client, settings, organisation, office.database):
            part = await accepted_item(office)
            state = await part.until(lambda state: state.ticket)
            assert state.ticket is not None
            assert list(jira.issues) == [state.ticket.key]
            assert jira.faults == []
