"""The service runs as a role of PostgreSQL that can't change tables."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlmodel import select

from followthrough.organisation_file import OrganisationFile
from followthrough.service import make_current, running
from followthrough.settings import Settings
from followthrough.store.database import Schema, migrate, open_database, schema_of
from followthrough.store.tables import MailRow
from tests.waiting import found_rows

ROLES, SECRETS = Path("deploy/postgresql/roles.sql"), Path("docs/runbooks/secrets.md")


@pytest.fixture(params=["tables made by one role before", "all tables made by one role before", "an empty database"])
def as_role(request: pytest.FixtureRequest, postgresql: str) -> str:
    """URL of a database with the two roles, for the name of either."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(f"{postgresql}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    if request.param != "an empty database":
        database = open_database(f"{postgresql}/{name}")
        migrate(database, "head" if request.param.startswith("all") else "0028")
        database.dispose()
    for _ in ("once", "again"):
        with psycopg.connect(f"{postgresql}/{name}", autocommit=True) as connection:
            connection.execute(ROLES.read_bytes())
    return f"{postgresql}/{name}".replace("followthrough@", "{role}@")


@pytest.fixture
def second(postgresql: str) -> Iterator[list[str]]:
    """What docs/runbooks/secrets.md types to replace the role that the service runs as; all is undone at the end."""
    typed = re.findall(r'--command "((?:CREATE|ALTER) ROLE [^"]+)"', SECRETS.read_text())
    yield typed
    with psycopg.connect(f"{postgresql}/postgres", autocommit=True) as connection:
        connection.execute("ALTER ROLE followthrough_run LOGIN")
        connection.execute("DROP ROLE IF EXISTS followthrough_run_b")


def test_tables_and_functions_are_the_owners(as_role: str) -> None:
    owner = open_database(as_role.format(role="followthrough_owner"))
    migrate(owner)
    owner.dispose()
    with psycopg.connect(as_role.format(role="followthrough_owner")) as connection:
        for owners in (
            "SELECT DISTINCT pg_get_userbyid(proowner) FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
            "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'",
        ):
            assert connection.execute(owners.encode()).fetchall() == [("followthrough_owner",)]


@pytest.mark.parametrize("as_role", ["an empty database"], indirect=True)
def test_a_second_role_takes_over_with_the_same_rights(as_role: str, postgresql: str, second: list[str]) -> None:
    create, shut_out = second
    owner = open_database(as_role.format(role="followthrough_owner"))
    migrate(owner)
    owner.dispose()
    with psycopg.connect(f"{postgresql}/postgres", autocommit=True) as connection:
        connection.execute(create.encode())
        connection.execute(shut_out.encode())
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        psycopg.connect(as_role.format(role="followthrough_run"))
    with psycopg.connect(as_role.format(role="followthrough_run_b"), autocommit=True) as connection:
        connection.execute("DELETE FROM session")
        connection.execute("SELECT * FROM incident")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine (id int)")


async def test_the_owner_migrates_and_the_service_runs_without_its_rights(as_role: str, tmp_path: Path) -> None:
    owner = open_database(as_role.format(role="followthrough_owner"))
    make_current(owner, print, migrating=True)
    owner.dispose()

    url = as_role.format(role="followthrough_run")
    database = open_database(url)
    assert schema_of(database) is Schema.CURRENT
    for forbidden in (
        "CREATE TABLE mine (id int)",
        "ALTER TABLE incident ADD COLUMN mine int",
        "DROP TABLE incident",
        "TRUNCATE incident",
        "CREATE INDEX mine ON incident (id)",
    ):
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), database.begin() as connection:
            connection.execute(text(forbidden))

    settings = Settings(database_url=url, migrate=False, data_dir=tmp_path, port=0)
    organisation = OrganisationFile(Path("followthrough.example.yaml"))
    async with running(settings, organisation, print) as service:
        address = f"http://127.0.0.1:{service.settings.port}"
        async with httpx.AsyncClient(base_url=address, timeout=60) as api:
            alert = {"service": "checkout", "severity": "SEV2", "title": "Payments fail", "by": "ines"}
            declared = await api.post("/api/incidents", json=alert)
            assert declared.status_code == 201, declared.text
            incident = declared.json()["incident"]
            for path in ("/readyz", f"/incidents/{incident}", "/audit", "/outbox"):
                assert (await api.get(path)).status_code == 200, path
            assert (await api.delete("/api/audit/people/ines")).status_code == 200
            await found_rows(database, select(MailRow).where(MailRow.incident_id == incident))
    database.dispose()
