from pathlib import Path

from sqlmodel import Session

from activities.read_model import ReadModel
from followthrough.domain.incident_commands import ProposeItem
from followthrough.rebuild import rebuild
from followthrough.store.database import migrate, open_database
from followthrough.store.tables import ActionItemRow, IncidentRow
from tests.workflows.conftest import Play


async def test_a_lost_database_is_written_anew_from_the_workflows(play: Play, tmp_path: Path) -> None:
    incident = await play.declare()
    owner = play.organisation.services["checkout"].on_call[1]
    proposed = await incident.give(
        ProposeItem(by=owner, title="Add a test for the refund path to the checkout suite", owner=owner)
    )
    empty = open_database(f"sqlite:///{tmp_path}/new.db")
    migrate(empty)
    assert await rebuild(play.client, ReadModel(empty)) >= 2
    with Session(empty) as session:
        assert session.get_one(IncidentRow, proposed.id).version >= proposed.version
        assert session.get_one(ActionItemRow, proposed.items[0].id).owner == owner
    empty.dispose()
