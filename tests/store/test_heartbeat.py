"""Whether writing works is seen by writing."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, exc, text
from sqlmodel import Session, select

from followthrough.store.database import migrate, open_database
from followthrough.store.heartbeat import beat
from followthrough.store.tables import HeartbeatRow
from tests.records import NOW

ON_A_DISK_THAT_TAKES_NOTHING = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from sqlalchemy.exc import DBAPIError
from followthrough.store.database import open_database
from followthrough.store.heartbeat import beat
from followthrough.web.readiness import write_into
folder = Path(sys.argv[1])
database = open_database(f"sqlite:///{folder}/followthrough.db")
database.connect().close()
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
for write in (lambda: beat(database, datetime.now(UTC)), lambda: write_into(folder)):
    try:
        write()
    except (DBAPIError, OSError) as error:
        print(type(error).__name__)
"""


def test_a_heartbeat_is_written(database: Engine) -> None:
    for at in (NOW, NOW + timedelta(minutes=1)):
        beat(database, at)
        with Session(database) as session:
            assert session.exec(select(HeartbeatRow)).one().at == at


def test_a_database_that_takes_no_writes_is_found_out(database: Engine, database_url: str) -> None:
    if database.dialect.name == "sqlite":
        with database.connect() as connection:
            connection.execute(text("PRAGMA query_only = ON"))
            connection.commit()
        with pytest.raises(exc.DBAPIError):
            beat(database, NOW)
    else:
        name = database.url.database
        with database.begin() as connection:
            connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
        read_only = open_database(database_url)
        with pytest.raises(exc.DBAPIError):
            beat(read_only, NOW)
        read_only.dispose()


def test_a_disk_that_takes_nothing_is_found_out(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/followthrough.db")
    migrate(database)
    database.dispose()
    found = subprocess.run(
        [sys.executable, "-c", ON_A_DISK_THAT_TAKES_NOTHING, tmp_path], capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == ["OperationalError", "OSError"]
