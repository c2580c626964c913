"""Leavers and absences of a directory drive action items as the file's do; on the real server."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from followthrough import upkeep
from followthrough.domain.answered.organisation.directory import Source
from followthrough.domain.answered.organisation.organisation import Away
from followthrough.domain.answered.organisation.taking_over import Entry
from followthrough.domain.replayed.item.action_item import MomentKind
from followthrough.domain.replayed.sprint.sprint import Sprint
from followthrough.organisation_file import OrganisationFile
from followthrough.settings import Settings
from followthrough.store.database import migrate, open_database
from followthrough.store.directory import KeptDirectory, change
from followthrough.store.directory_tables import DirectoryUserRow
from followthrough.upkeep import plans_kept
from tests.waiting import eventually
from tests.web.conftest import new_namespace
from tests.workflows.test_replan import DAY, EXAMPLE, Office
from worker import build_worker

pytestmark = pytest.mark.today


@pytest.fixture
async def office(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    """With Ada, whom only the directory knows."""
    monkeypatch.setattr(upkeep, "PLANS_LOOK_EVERY", 0.1)
    file = tmp_path / "followthrough.yaml"
    file.write_text(EXAMPLE)
    database = open_database(f"sqlite:///{tmp_path}/followthrough.db")
    migrate(database)
    organisation = OrganisationFile(file, directory=KeptDirectory(database, look_every=0))
    office = Office(await new_namespace(address), database, organisation, file)
    says(office)
    async with build_worker(office.client, Settings(data_dir=tmp_path), organisation, database):
        yield office
    database.dispose()


def says(office: Office, **said: Any) -> None:
    """What the directory says of Ada."""
    now = datetime.now(UTC)
    ada = {"id": "1", "name": "Ada", "email": "ada@example.com", "names": ("ada",), "manager": "marcos"}

    def make(session: Session) -> None:
        entry = Entry.model_validate({**ada, **said}).model_dump(mode="json")
        row = session.get(DirectoryUserRow, "1") or DirectoryUserRow(
            id="1", source=Source.SCIM, document={}, entry=entry, created_at=now, modified_at=now
        )
        row.entry = entry
        session.add(row)

    change(office.database, office.organisation.file, now, Source.SCIM, make)


async def test_an_owner_who_leaves_by_the_directory_is_owner_wanted_and_other_items_hear_nothing(
    office: Office,
) -> None:
    part, other = await office.item(owner="ada"), await office.item()
    async with plans_kept(office.client, office.organisation, office.database):
        await eventually(office.made)
        says(office, left=datetime.now(UTC).date())
        await part.until(lambda it: it.owner_wanted or (it.upcoming and it.upcoming.because == "its owner left"))
    assert await office.heard(other) == 0


async def test_an_absence_of_the_directory_is_known_before_it_begins(office: Office) -> None:
    due, sprint = datetime.now(UTC) + 200 * DAY, Sprint(id=1, name="Sprint 1")
    part = await office.item(due=due, sprint=sprint, owner="ada")
    says(office, away=(Away(first_day=(due - 30 * DAY).date(), last_day=(due + 9 * DAY).date()),))
    await office.have_made()
    state = await part.until(lambda it: it.upcoming and it.upcoming.kind is MomentKind.OWNER_WANTED)
    assert state.owner_wanted is None


async def test_what_the_directory_says_without_effect_wakes_nobody(office: Office) -> None:
    part = await office.item(owner="ada")
    async with plans_kept(office.client, office.organisation, office.database):
        await eventually(office.made)
        for manager in ("nobody", "marcos"):
            says(office, manager=manager)
            assert office.made()
    assert await office.heard(part) == 0
