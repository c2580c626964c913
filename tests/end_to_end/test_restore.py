"""docs/runbooks/restore.md, played: SQL lost, and both restored from backups of different times."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlmodel import Session
from temporalio.testing import ActivityEnvironment

from activities.read_model import ReadModel
from activities.reconciler import Reconciler
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.commands import AddNote
from followthrough.engine import engine
from followthrough.rebuild import rebuild
from followthrough.settings import Settings
from followthrough.store import queries
from followthrough.store.database import migrate, open_database
from tests.waiting import eventually
from tests.workflows.conftest import IncidentPart, Play
from worker import build_worker
from workflows.incident import IncidentWorkflow


@asynccontextmanager
async def installation(organisation: Organisation, folder: Path) -> AsyncIterator[Play]:
    database = open_database(f"sqlite:///{folder}/followthrough.db")
    migrate(database)
    async with (
        engine(Settings(), database=folder / "temporal.db", ui=False, say=print) as found,
        build_worker(found.client, Settings(), lambda: organisation, database),
    ):
        yield Play(found.client, organisation, database)
    database.dispose()


def restored(folder: Path, *, sql: Path, temporal: Path) -> Path:
    """An installation of the files of two backups."""
    folder.mkdir()
    for source, kind in ((sql, "followthrough.db*"), (temporal, "temporal.db*")):
        for file in source.glob(kind):
            shutil.copy(file, folder)
    return folder


def again(play: Play, record_id: str) -> IncidentPart:
    return IncidentPart(play, play.client.get_workflow_handle_for(IncidentWorkflow.run, record_id))


def story(play: Play, record_id: str) -> list[str]:
    with Session(play.database) as session:
        return [entry.text for entry in queries.timeline(session, record_id)]


async def told(play: Play, incident: IncidentPart, text: str) -> None:
    await incident.give(AddNote(by="ines", text=text))
    await eventually(lambda: story(play, incident.handle.id), lambda lines: text in lines)


async def test_backups_of_sql_and_temporal_of_different_times_are_brought_together(
    organisation: Organisation, tmp_path: Path
) -> None:
    now, early = tmp_path / "now", tmp_path / "early"
    now.mkdir()
    async with installation(organisation, now) as play:
        before = await play.declare(title="Before the first backup")
        await told(play, before, "Before")
    shutil.copytree(now, early)
    async with installation(organisation, now) as play:
        await told(play, again(play, before.handle.id), "Between the backups")
        between = await play.declare(title="Between the backups")
        await told(play, between, "Later")
    first, second = before.handle.id, between.handle.id

    older_sql = restored(tmp_path / "older-sql", sql=early, temporal=now)
    async with installation(organisation, older_sql) as play:
        assert (await rebuild(play.client, ReadModel(play.database))).unread == []
        await told(play, again(play, first), "After the restore")
        assert story(play, first)[-2:] == ["Between the backups", "After the restore"]
        await told(play, again(play, second), "After the restore")

    older_temporal = restored(tmp_path / "older-temporal", sql=now, temporal=early)
    async with installation(organisation, older_temporal) as play:
        assert (await rebuild(play.client, ReadModel(play.database))).unread == []
        assert "Between the backups" not in story(play, first), "nobody knows it but the newer backup of SQL"
        await told(play, again(play, first), "After the restore")
        assert await ActivityEnvironment().run(Reconciler(play.client, play.database).reconcile) == 1
        await told(play, again(play, second), "After the restore")
        assert "Later" in story(play, second), "it goes on from what SQL knows"

    lost_sql = restored(tmp_path / "lost-sql", sql=tmp_path / "none", temporal=now)
    async with installation(organisation, lost_sql) as play:
        assert await rebuild(play.client, ReadModel(play.database)) == (2, [])
        await told(play, again(play, first), "After the restore")
