"""What a directory changes is in the audit, with pseudonyms of whom."""

from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from temporalio.client import Client

from followthrough.domain.answered.access.actor import Door
from tests.web.audited import audited
from tests.web.directory import GROUP, NOBODY_LISTENS, Office, office_in, user
from tests.web.test_directory_import import ADA, BO, HEADER


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    client = await Client.connect(NOBODY_LISTENS, lazy=True)
    with office_in(tmp_path, client) as office:
        yield office


def imports(office: Office, csv: str, **more: bool) -> int:
    """The status of an import by who sits at the machine."""
    return httpx.post(f"{office.api.base_url}/api/directory/import", json={"csv": csv, **more}, timeout=60).status_code


def test_what_scim_changes_of_people_and_groups_is_in_the_audit(office: Office) -> None:
    with audited(office.settings, office.database, "directory") as entries:
        grace = office.created("/Users", **user("grace"))["id"]
        rename = {"op": "replace", "path": "displayName", "value": "Grace Hopper"}
        assert office.patched(f"/Users/{grace}", rename).status_code == 200
        members = [{"value": grace}]
        team = office.created("/Groups", schemas=[GROUP], displayName="Payments", members=members)["id"]
        assert office.patched(f"/Groups/{team}", {"op": "remove", "path": "members"}).status_code == 200
        assert office.scim("DELETE", f"/Groups/{team}").status_code == 204
        assert office.scim("DELETE", f"/Users/{grace}").status_code == 204
    assert [(line.what, line.to_person, line.record, line.outcome) for line in entries] == [
        ("create user", "grace", "", "done"),
        ("change user", "grace", "", "done"),
        ("create group", None, team, "done"),
        ("change group", None, team, "done"),
        ("delete group", None, team, "done"),
        ("delete user", "grace", "", "done"),
    ]
    assert {(line.person, line.through, line.from_address) for line in entries} == {(None, Door.DIRECTORY, "127.0.0.1")}
    with office.database.connect() as connection:
        chain = str(connection.execute(text("SELECT * FROM audit_entry")).all()).casefold()
    assert not [word for word in ("grace", "hopper", "example.com", grace, "payments") if word in chain]


def test_what_scim_reads_and_what_changes_nothing_is_not(office: Office) -> None:
    grace = office.created("/Users", **user("grace"))
    with audited(office.settings, office.database, "directory") as entries:
        assert office.scim("GET", "/Users").status_code == 200
        assert office.scim("PUT", f"/Users/{grace['id']}", user("grace")).status_code == 200
        assert office.scim("POST", "/Users", user("grace")).status_code == 409
        assert office.scim("DELETE", "/Users/nobody").status_code == 404
    assert entries == []


def test_a_user_who_makes_nobody_is_counted_and_not_named(office: Office) -> None:
    with audited(office.settings, office.database, "directory") as entries:
        one = office.created("/Users", **user("hidden"), emails=[])
        assert one["id"] not in str(entries)
    assert [line.what for line in entries] == ["create user"]


def test_nothing_of_a_directory_counts_that_the_audit_can_not_have(office: Office, tmp_path: Path) -> None:
    for file in tmp_path.glob("audit-waiting.db*"):
        file.unlink()
    (tmp_path / "audit-waiting.db").mkdir()
    assert office.scim("POST", "/Users", user("barbara")).status_code == 503
    assert imports(office, HEADER + ADA) == 503
    assert {"barbara", "ada"}.isdisjoint(office.organisation().people)


def test_what_is_imported_is_in_the_audit_as_counts_with_the_files_digest(office: Office) -> None:
    with audited(office.settings, office.database, "directory") as entries:
        assert imports(office, HEADER + ADA + BO, dry_run=True) == 200
        assert imports(office, HEADER + ADA + BO) == 200
        assert imports(office, HEADER + "x y,Key,key@example.com,,,,,\n") == 422
    assert entries.said() == [("import people", None, "done"), ("import people", None, "refused")]
    digest = sha256((HEADER + ADA + BO).encode()).hexdigest()
    assert entries[0].details == {"file": digest, "people": "2", "changed": "2"}
    assert [line.through for line in entries] == [Door.THIS_MACHINE] * 2
