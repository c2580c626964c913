"""A postmortem's page in Confluence comes however long that is away, and once for all who ask; on the real server."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlmodel import Session

from activities.read_model import ReadModel
from followthrough.domain.answered.access.actor import AT_THIS_MACHINE
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.ids import confluence_id
from followthrough.domain.replayed.values import Refusal
from followthrough.gateway import Gateway
from followthrough.permission import Forbidden
from followthrough.settings import Settings
from followthrough.store.database import migrate, open_database
from followthrough.store.postmortem_tables import ConfluencePageRow
from tests.activities.test_confluence import RECORD
from tests.standins.confluence import SPACE, ConfluenceStandIn, Fault
from tests.waiting import eventually
from tests.web.conftest import new_namespace
from tests.workflows.conftest import Play
from worker import build_worker


@pytest.fixture
async def office(address: str, organisation: Organisation, tmp_path: Path) -> AsyncIterator[Play]:
    database = open_database(f"sqlite:///{tmp_path}/followthrough.db")
    migrate(database)
    ReadModel(database).project_incident(RECORD.model_copy(update={"postmortem_owner": "ines"}))
    yield Play(await new_namespace(address), organisation, database)
    database.dispose()


async def test_what_is_asked_for_while_confluence_is_away_is_there_once_it_is_back(office: Play) -> None:
    gateway = Gateway(office.client, lambda: office.organisation, office.database)
    with ConfluenceStandIn() as confluence:
        confluence.faults = [Fault(503) for _ in range(3)]
        await gateway.postmortems.to_confluence(RECORD.id, "ines", AT_THIS_MACHINE)
        await gateway.postmortems.to_confluence(RECORD.id, "ines", AT_THIS_MACHINE)
        settings = Settings(
            jira_url=confluence.url, jira_user="x", jira_token=SecretStr("a token"), confluence_space=SPACE
        )
        async with build_worker(office.client, settings, lambda: office.organisation, office.database):
            handle = office.client.get_workflow_handle(confluence_id(RECORD.id))
            assert await handle.result() == ""
            await gateway.postmortems.to_confluence(RECORD.id, "ines", AT_THIS_MACHINE)
            await eventually(lambda: written_after_asked(office))
        assert len(confluence.pages) == 1


async def written_after_asked(office: Play) -> bool:
    with Session(office.database) as session:
        row = session.get_one(ConfluencePageRow, RECORD.id)
        return row.written_at is not None and row.written_at > row.asked_at


async def test_who_may_not_and_what_is_private_goes_nowhere(office: Play) -> None:
    gateway = Gateway(office.client, lambda: office.organisation, office.database)
    with pytest.raises(Forbidden, match="can't publish to Confluence the postmortem of"):
        await gateway.postmortems.to_confluence(RECORD.id, "wei", AT_THIS_MACHINE)
    private = {"postmortem_owner": "ines", "private": True, "version": RECORD.version + 1}
    ReadModel(office.database).project_incident(RECORD.model_copy(update=private))
    with pytest.raises(Refusal, match="is private, and Confluence does not know who may see it"):
        await gateway.postmortems.to_confluence(RECORD.id, "ines", AT_THIS_MACHINE)
