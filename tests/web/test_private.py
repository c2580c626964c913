"""A private incident, seen through every door by who is on it, and by somebody who is not."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlmodel import Session, delete, select

from followthrough.domain.answered.access.actor import Actor, Door
from followthrough.domain.answered.choices import DECIDE
from followthrough.domain.replayed.ids import incident_of
from followthrough.links import Link
from followthrough.store.listing import page_of_mails
from followthrough.store.tables import AnonymousNoteRow
from followthrough.web import dependencies
from tests.waiting import eventually
from tests.web.addresses import routes
from tests.web.conftest import Web
from tests.web.test_acting import LINKS
from tests.web.test_api import UNKNOWN, declare, get, give, with_item

SECRET = "Zanzibar"
STRANGER = "wei"
TITLE = f"Alert on {SECRET} depth"
PARAMETER = re.compile(r"\{(\w+)[^}]*\}")


@asynccontextmanager
async def eyes_of(web: Web, person: str | None) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who is signed in, or a service's token."""
    app = web.app()
    actor = Actor(person=person, door=Door.SESSION if person else Door.SERVICE_TOKEN)
    app.dependency_overrides[dependencies.actor_of] = lambda: actor
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=30) as client:
        yield client


async def secret_item(api: httpx.AsyncClient) -> str:
    """Of an incident that says the secret wherever somebody can write."""
    incident = await declare(api, title=f"{SECRET} is down", private=True)
    for command, fields in (
        ("acknowledge", {}),
        ("note", {"text": f"{SECRET} again"}),
        ("give kudos", {"to": ["tomas"], "text": f"{SECRET} was quick"}),
        ("propose action item", {"title": TITLE, "owner": "tomas", "kind": "detect"}),
        ("mitigate", {"summary": f"{SECRET} is restarted"}),
        ("resolve", {"summary": f"{SECRET} is well"}),
        ("submit postmortem", {"text": f"# What {SECRET} taught us"}),
    ):
        answer = await give(api, incident, command, **fields)
        assert answer.status_code == 200, answer.text
    item = f"{incident}.1"
    await give(api, item, "accept", by="tomas")
    await eventually(lambda: get(api, f"items/{item}"), lambda it: it["ticket"])
    await eventually(lambda: get(api, f"mails?incident_id={incident}"), lambda mails: len(mails) > 1)
    return item


def filled(path: str, named: dict[str, str]) -> str:
    return PARAMETER.sub(lambda found: named.get(found[1], "checkout"), path)


def addresses(web: Web, item: str) -> Iterator[str]:
    """Of every route that answers to GET, about this item, its incident, and each mail that there is."""
    incident = incident_of(item)
    decide = LINKS.sign(Link.in_mail(uuid4().hex, DECIDE, STRANGER, incident))
    with Session(web.database) as session:
        mails = [mail.key for mail in page_of_mails(session, incident_id=incident).mails]
    named = {"incident_id": incident, "item_id": item, "person": STRANGER, "team": "payments", "token": decide}
    for route in routes(web.app()):
        if "GET" not in (route.methods or ()):
            continue
        for key in mails if "{key" in str(route.path) else [""]:
            path = filled(str(route.path), named | {"key": key})
            yield f"{path}?audience=internal&token={decide}"


@pytest.mark.parametrize("eyes", [STRANGER, None])
async def test_no_answer_to_who_is_not_on_it_says_what_it_is(
    web: Web, api: httpx.AsyncClient, eyes: str | None
) -> None:
    item = await secret_item(api)
    told: dict[str, int] = {}
    async with eyes_of(web, eyes) as stranger:
        for address in addresses(web, item):
            answer = await stranger.get(address, headers={"Accept": "text/html"})
            if SECRET in answer.text:
                told[address] = answer.status_code
            if incident_of(item) in address.partition("?")[0] and "anonymous" not in address:
                assert answer.status_code == 404, address
    assert told == {}


async def test_all_doors_are_tried(web: Web, api: httpx.AsyncClient) -> None:
    tried = {address.partition("?")[0] for address in addresses(web, await secret_item(api))}
    assert len(tried) > 40
    assert any(address.startswith("/outbox/inc-") for address in tried)


async def test_who_is_on_it_sees_it_and_who_approves_sees_the_item(web: Web, api: httpx.AsyncClient) -> None:
    item = await secret_item(api)
    incident = incident_of(item)
    async with eyes_of(web, "tomas") as owner, eyes_of(web, "marcos") as approver:
        for path in (f"/incidents/{incident}", f"/api/incidents/{incident}/timeline.json", f"/items/{item}"):
            assert SECRET in (await owner.get(path)).text
        assert f'href="/incidents/{incident}/do/admit"' in (await owner.get(f"/incidents/{incident}")).text
        assert SECRET in (await approver.get(f"/items/{item}")).text
        assert (await approver.get(f"/incidents/{incident}")).status_code == 404


async def test_nothing_tells_a_private_incident_from_none_at_all(web: Web, api: httpx.AsyncClient) -> None:
    incident = incident_of(await secret_item(api))
    with Session(web.database) as session, session.begin():
        session.execute(delete(AnonymousNoteRow))

    async def answers(client: httpx.AsyncClient, about: str) -> list[tuple[int, str]]:
        note = {"command": "note", "by": STRANGER, "text": "Hello"}
        given = [
            await client.get(f"/api/incidents/{about}"),
            await client.post(f"/api/incidents/{about}/commands", json=note),
            await give(client, await declare(api), "merge", by=STRANGER, into=about),
            await give(client, await declare(api), "link repeat", by=STRANGER, of=about, reason="The same"),
            await give(client, await with_item(api), "block", by="tomas", on=f"{about}.1", reason="Waits"),
            await client.get(f"/incidents/{about}/anonymous"),
            await client.post(f"/incidents/{about}/anonymous", data={"text": "By form"}),
            await client.post(f"/api/incidents/{about}/anonymous", json={"text": "Nobody said so"}),
            await client.get(f"/api/incidents/{about}/anonymous"),
            await client.post(f"/api/items/{about}.1/ticket"),
        ]
        return [(answer.status_code, answer.text.replace(about, "ID")) for answer in given]

    async with eyes_of(web, STRANGER) as stranger:
        private, none = await answers(stranger, incident), await answers(stranger, UNKNOWN)
    assert private == none
    sentence = "There is no ID here, or it is private; ask who gave you its id."
    assert (private[0][0], json.loads(private[0][1])["detail"]) == (404, sentence)
    with Session(web.database) as session:
        kept = session.exec(select(AnonymousNoteRow.text).where(AnonymousNoteRow.incident_id == incident)).all()
    assert sorted(kept) == ["By form", "Nobody said so"]


async def test_lists_count_private_ones_without_naming(web: Web, api: httpx.AsyncClient) -> None:
    item = await secret_item(api)
    async with eyes_of(web, STRANGER) as stranger:
        for path in ("/api/incidents?limit=500", "/api/items?limit=500"):
            listed = await stranger.get(path)
            assert int(listed.headers["Followthrough-Private"]) >= 1
            assert item.partition(".")[0] not in listed.text
        for path in ("/incidents", "/items?team=payments"):
            assert re.search(r"And \d+ private one", (await stranger.get(path)).text)
    at_the_machine = await api.get("/api/incidents")
    assert at_the_machine.headers["Followthrough-Private"] == "0"


async def test_whoever_is_admitted_sees_it(web: Web, api: httpx.AsyncClient) -> None:
    incident = await declare(api, title=f"{SECRET} is down", private=True)
    async with eyes_of(web, STRANGER) as stranger:
        assert (await stranger.get(f"/api/incidents/{incident}")).status_code == 404
        assert (await give(api, incident, "admit", person=STRANGER)).status_code == 200
        assert (await stranger.get(f"/api/incidents/{incident}")).json()["title"] == f"{SECRET} is down"
    unknown = await give(api, incident, "admit", person="zoe")
    assert (unknown.status_code, "no person 'zoe'" in unknown.text) == (422, True)


async def test_a_link_in_a_mail_leads_nowhere_once_its_reader_may_not_see_it(web: Web, api: httpx.AsyncClient) -> None:
    item = await secret_item(api)
    for person, status in (("tomas", 200), ("marcos", 200), (STRANGER, 404)):
        token = LINKS.sign(Link.in_mail(uuid4().hex, DECIDE, person, item))
        answer = await api.get(f"/decide/{token}")
        assert (answer.status_code, SECRET in answer.text) == (status, status == 200)


@pytest.mark.parametrize(("fields", "status"), [({"drill": True}, 422), ({}, 201)])
async def test_a_drill_is_not_private(api: httpx.AsyncClient, fields: dict[str, Any], status: int) -> None:
    body = {"title": "x fails", "service": "checkout", "severity": "SEV4", "by": "ines", "private": True} | fields
    answer = await api.post("/api/incidents", json=body)
    assert answer.status_code == status
    assert status == 201 or "A drill is for everybody to learn from" in answer.json()["error"]
