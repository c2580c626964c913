"""Both databases: ``database_url`` runs a test on SQLite and on a PostgreSQL of its own, each time a fresh database.

With ``database`` it has every table, as a copy of one that was migrated once, for that takes longer than most tests.
"""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Engine

from followthrough.store.database import migrate, open_database


def _postgresql_program(name: str) -> str | None:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    return str(installed[-1]) if installed else shutil.which(name)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class NotInstalled(Exception):
    """There is no PostgreSQL here; the message says what to do."""

    def __init__(self) -> None:
        super().__init__("PostgreSQL is not installed; on Debian: apt-get install postgresql")


@contextmanager
def postgresql_server() -> Iterator[str]:
    """URL of a private server, without a database; it refuses to run as root, so root runs it as ``postgres``.

    Raises NotInstalled.
    """
    initdb, pg_ctl = _postgresql_program("initdb"), _postgresql_program("pg_ctl")
    if not initdb or not pg_ctl:
        raise NotInstalled
    folder = Path(tempfile.mkdtemp(prefix="followthrough-postgresql-"))
    user = None
    if os.getuid() == 0:
        user = "postgres"
        shutil.chown(folder, user)

    def run(*arguments: str) -> None:
        subprocess.run(
            arguments,
            check=True,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )

    data, port = str(folder / "data"), free_port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off"
    try:
        run(initdb, "-D", data, "-U", "followthrough", "-A", "trust", "-E", "UTF8", "--no-sync")
        run(pg_ctl, "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        yield f"postgresql://followthrough@127.0.0.1:{port}"
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            run(pg_ctl, "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    with ExitStack() as stack:
        try:
            url = stack.enter_context(postgresql_server())
        except NotInstalled as missing:
            pytest.skip(str(missing))
        yield url


def create_database(server: str, template: str = "template1", name: str = "") -> str:
    """URL of a new one."""
    name = name or f"test_{uuid4().hex}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return f"{server}/{name}"


def _migrate(url: str) -> None:
    engine = open_database(url)
    migrate(engine)
    engine.dispose()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("migrated") / "followthrough.db"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_template(postgresql: str) -> str:
    _migrate(create_database(postgresql, name="migrated"))
    return "migrated"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    has_tables = "database" in request.fixturenames
    if request.param == "sqlite":
        file = tmp_path / "followthrough.db"
        if has_tables:
            shutil.copy(request.getfixturevalue("migrated_file"), file)
        return f"sqlite:///{file}"
    template = request.getfixturevalue("migrated_template") if has_tables else "template1"
    return create_database(request.getfixturevalue("postgresql"), template)


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    engine = open_database(database_url)
    yield engine
    engine.dispose()
