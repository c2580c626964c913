"""Whoever sees something of a private incident, or takes a file away, is in the audit."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from sqlmodel import Session

from activities.read_model import ReadModel
from followthrough.domain.answered.access.actor import Actor, Door
from followthrough.domain.answered.access.audit import Act
from followthrough.domain.answered.choices import DECIDE
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.links import Link, links_for
from followthrough.store.database import migrate, open_database
from followthrough.web import dependencies
from tests.records import NOW, incident, item, mail
from tests.web.audited import audited
from tests.web.conftest import Web

OPEN, SECRET = incident(2), incident(private=True, declared_by="ines")
ITEM = item(owner="tomas", proposed_by="ines")
ENDED = item(2, owner="tomas", proposed_by="ines", status=ItemStatus.CLOSED, ended_at=NOW)
"""It closed before its incident became private, and has not heard of it."""
OPENLY = item(3, incident_id=OPEN.id, id=f"{OPEN.id}.1", owner="tomas")

SEEN = [
    (f"/incidents/{SECRET.id}", {SECRET.id}),
    (f"/incidents/{SECRET.id}/postmortem", {SECRET.id}),
    (f"/incidents/{SECRET.id}/timeline.json", {SECRET.id}),
    (f"/api/incidents/{SECRET.id}", {SECRET.id}),
    (f"/api/incidents/{SECRET.id}/timeline.md", {SECRET.id}),
    (f"/api/incidents/{SECRET.id}/draft?audience=internal", {SECRET.id}),
    (f"/api/incidents/{SECRET.id}/postmortem/draft", {SECRET.id}),
    (f"/api/incidents/{SECRET.id}/anonymous", {SECRET.id}),
    (f"/items/{ITEM.id}", {ITEM.id}),
    (f"/items/{ENDED.id}", {ENDED.id}),
    (f"/items/{ITEM.id}/deadline.ics", {ITEM.id}),
    (f"/api/items/{ITEM.id}", {ITEM.id}),
    ("/", {ITEM.id}),
    ("/api/mine", {ITEM.id}),
    ("/api/find?text=inc-", {SECRET.id, ITEM.id, ENDED.id}),
    ("/incidents", {SECRET.id}),
    ("/api/incidents", {SECRET.id}),
    ("/items", {ITEM.id, ENDED.id}),
    ("/api/items", {ITEM.id, ENDED.id}),
    ("/outbox", {SECRET.id, ITEM.id}),
    ("/outbox/secret", {SECRET.id}),
    ("/outbox/daily", {ITEM.id}),
    ("/api/mails", {SECRET.id, ITEM.id}),
    (f"/incidents/{OPEN.id}", set()),
    (f"/api/items/{OPENLY.id}", set()),
    ("/load", set()),
    ("/digests", set()),
]


@pytest.fixture
def office(alone: Web, tmp_path: Path) -> Iterator[Web]:
    database = open_database(f"sqlite:///{tmp_path}/followthrough.db")
    migrate(database)
    model = ReadModel(database)
    for record in (OPEN, SECRET):
        model.project_incident(record)
    for one in (ITEM, ENDED, OPENLY):
        model.project_item(one)
    with Session(database) as session:
        session.add_all(
            [
                mail("secret", incident_id=SECRET.id, person="ines"),
                mail("part", incident_id=SECRET.id, item_id=ITEM.id, person="tomas", sent_in="daily"),
                mail("daily", person="tomas"),
                mail("open", incident_id=OPEN.id, person="tomas"),
            ]
        )
        session.commit()
    yield replace(alone, database=database, settings=alone.settings.model_copy(update={"data_dir": tmp_path}))
    database.dispose()


@asynccontextmanager
async def eyes_of(office: Web, person: str) -> AsyncIterator[httpx.AsyncClient]:
    app = office.app()
    actor = Actor(person=person, door=Door.SESSION, address="192.0.2.7")
    app.dependency_overrides[dependencies.actor_of] = lambda: actor
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as browser:
        yield browser


@pytest.mark.parametrize(("path", "records"), SEEN)
async def test_who_sees_something_private_is_in_the_audit_with_what_it_was(
    office: Web, path: str, records: set[str]
) -> None:
    async with eyes_of(office, "tomas") as browser:
        with audited(office.settings, office.database, Act.PRIVATE_VIEW) as entries:
            assert (await browser.get(path)).status_code == 200
    assert {line.record for line in entries} == records
    assert len(entries) == len(records), "once for each"
    assert {(line.what, line.person, line.outcome, line.from_address) for line in entries} <= {
        ("look", "tomas", "done", "192.0.2.7")
    }


@pytest.mark.parametrize("path", [path for path, _ in SEEN if "/outbox/" not in path])
async def test_who_does_not_see_it_is_not(office: Web, path: str) -> None:
    async with eyes_of(office, "wei") as browser:
        with audited(office.settings, office.database, Act.PRIVATE_VIEW) as entries:
            assert (await browser.get(path)).status_code in {200, 404}
    assert entries == []


async def test_who_sits_at_the_machine_and_who_opens_a_mails_link_are_in_the_audit(office: Web) -> None:
    link = links_for(office.settings).sign(Link.in_mail("once", DECIDE, "tomas", ITEM.id))
    async with office.browser() as browser:
        with audited(office.settings, office.database) as entries:
            assert (await browser.get(f"/incidents/{SECRET.id}")).status_code == 200
            assert (await browser.get(f"/decide/{link}")).status_code == 200
    assert [(line.person, line.through, line.record) for line in entries] == [
        (None, Door.THIS_MACHINE, SECRET.id),
        ("tomas", Door.MAIL_LINK, ITEM.id),
    ]
    assert {line.from_address for line in entries} == {"127.0.0.1"}


async def test_nothing_private_is_shown_that_the_audit_can_not_have(office: Web, tmp_path: Path) -> None:
    async with office.browser(data_dir=tmp_path / "broken") as browser:
        (tmp_path / "broken" / "audit-waiting.db").mkdir(parents=True)
        for path, records in SEEN:
            answer = await browser.get(path.replace("/mine", "/mine?by=tomas"))
            assert (answer.status_code, ITEM.title in answer.text) == (503, False) if records else answer.is_success


async def test_whose_ticket_is_read_anew_is_seen_by_who_asks_and_is_in_the_audit(office: Web) -> None:
    for person, status, outcomes in (("wei", 404, []), ("tomas", 409, [("look at ticket", "tomas", "refused")])):
        async with eyes_of(office, person) as browser:
            with audited(office.settings, office.database, Act.COMMAND) as entries:
                assert (await browser.post(f"/api/items/{ITEM.id}/ticket")).status_code == status
        assert entries.said() == outcomes


async def test_files_that_are_taken_away_are_in_the_audit_and_so_are_those_that_are_not_given(office: Web) -> None:
    paths = [
        f"/incidents/{SECRET.id}/timeline.md",
        f"/api/incidents/{SECRET.id}/timeline.json",
        f"/items/{ITEM.id}/deadline.ics",
        "/services/checkout/playbook.md",
        "/api/services/checkout/playbook",
    ]
    with audited(office.settings, office.database, Act.EXPORT) as entries:
        for person, status in (("tomas", 200), ("wei", 404)):
            async with eyes_of(office, person) as browser:
                statuses = [(await browser.get(path)).status_code for path in paths]
            assert statuses == [*[status] * 3, 200, 200]
    files = ["timeline.md", "timeline.json", "deadline.ics", "playbook.md", "playbook"]
    outcomes = [("tomas", ["done"] * 5), ("wei", [*["refused"] * 3, "done", "done"])]
    assert entries.said() == [
        (file, person, came) for person, came_of in outcomes for file, came in zip(files, came_of, strict=True)
    ]
    records = [SECRET.id, SECRET.id, ITEM.id, "checkout", "checkout"]
    assert [line.record for line in entries] == records * 2


async def test_addresses_of_calendars_are_in_the_audit_when_they_are_given_and_revoked(office: Web) -> None:
    async with office.browser() as browser:
        with audited(office.settings, office.database) as entries:
            address = (await browser.get("/api/people/tomas/calendar")).json()["url"]
            assert (await browser.delete("/api/people/tomas/calendar")).status_code == 200
            assert (await browser.get(httpx.URL(address).raw_path.decode())).status_code == 404
    assert [(line.act, line.what, line.to_person) for line in entries] == [
        ("token", "give calendar address", "tomas"),
        ("token", "revoke calendar address", "tomas"),
        ("token", "give calendar address", "tomas"),
    ]
