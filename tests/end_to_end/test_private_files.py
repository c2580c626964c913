"""What the service keeps has names, addresses and secrets in it."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from followthrough.organisation_file import OrganisationFile
from followthrough.service import running
from followthrough.settings import Settings
from followthrough.store.database import migrate, open_database


@pytest.fixture
def _careless() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> set[Path]:
    return {path for path in (folder, *folder.rglob("*")) if stat.S_IMODE(path.stat().st_mode) & 0o077}


@pytest.mark.usefixtures("_careless")
async def test_nobody_else_reads_what_the_service_keeps_and_what_it_kept_before(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", link_secret=None, port=0, TEMPORAL_ADDRESS="")
    organisation = OrganisationFile(Path("followthrough.example.yaml"))
    for _ in range(2):
        async with running(settings, organisation, print):
            kept = {path.name for path in settings.data_dir.iterdir()}
            assert {"followthrough.db", "followthrough.db-wal", "temporal.db", "temporal.log", "link-secret"} <= kept
            assert open_to_others(settings.data_dir) == set()
        for path in (settings.data_dir, *settings.data_dir.iterdir()):
            path.chmod(0o777)


@pytest.mark.usefixtures("_careless")
def test_a_database_elsewhere_is_private_and_its_folder_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "elsewhere" / "followthrough.db"
    file.parent.mkdir()
    database = open_database(f"sqlite:///{file}")
    migrate(database)
    with database.connect():
        assert open_to_others(file.parent) == {file.parent}
    database.dispose()
