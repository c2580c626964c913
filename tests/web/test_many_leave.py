"""A directory by which many leave at once, over HTTP: SCIM and a CSV file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client

from tests.web.directory import NOBODY_LISTENS, Office, office_in, user

HEADER = "key,name,email\n"
LINES = [f"p{n},Person {n},p{n}@example.com\n" for n in range(10)]


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    client = await Client.connect(NOBODY_LISTENS, lazy=True)
    with office_in(tmp_path, client) as office:
        yield office


def left(office: Office) -> set[str]:
    known = office.organisation().people.items()
    return {key for key, person in known if person.left is not None and key.startswith("p")}


def filled(office: Office) -> list[str]:
    return [office.created("/Users", **user(f"p{n}"))["id"] for n in range(10)]


def deactivate(office: Office, user_id: str, active: bool = False) -> None:
    answer = office.patched(f"/Users/{user_id}", {"op": "replace", "path": "active", "value": active})
    assert answer.status_code == 200
    assert answer.json()["active"] is active


def test_once_many_leave_by_scim_the_rest_is_held_back_and_told_until_they_are_let(office: Office) -> None:
    ids = filled(office)
    for one in ids[:7]:
        deactivate(office, one)
    assert office.scim("DELETE", f"/Users/{ids[7]}").status_code == 204
    assert left(office) == {f"p{n}" for n in range(5)}
    assert [problem.split(" would leave")[0] for problem in office.problems()] == ["P5", "P6", "P7"]
    deactivate(office, ids[6], active=True)
    assert len(office.problems()) == 2
    assert "Let 2 leave" in office.api.get("/people").text
    assert office.api.post("/people/let-leave", follow_redirects=False).status_code == 303
    assert left(office) == {f"p{n}" for n in (0, 1, 2, 3, 4, 5, 7)}
    assert office.problems() == []
    assert office.api.post("/api/directory/let-leave").json() == {"people": 0}


def test_a_file_without_many_changes_nothing_and_is_told_until_it_is_meant(office: Office) -> None:
    def imported(lines: list[str], **said: bool) -> tuple[int, str]:
        answer = office.api.post("/api/directory/import", json={"csv": HEADER + "".join(lines), **said})
        return answer.status_code, str(answer.json())

    assert imported(LINES)[0] == 200
    status, sentence = imported(LINES[:4])
    assert (status, left(office)) == (409, set())
    assert "6 of 10 people would leave at once, so nothing was changed: Person 4, " in sentence
    assert "and 1 more; if that is meant, import the file with --even-if-many-leave" in sentence
    assert [problem[:12] for problem in office.problems()] == ["6 of 10 peop"]
    office.created("/Users", **user("ada"))
    assert len(office.problems()) == 1
    status, said = imported(LINES[:4], dry_run=True)
    assert (status, "6 of 10 people would leave" in said, left(office)) == (200, True, set())
    assert imported(LINES[:5])[0] == 200
    assert (len(left(office)), office.problems()) == (5, [])
    assert imported([], even_if_many_leave=True)[0] == 200
