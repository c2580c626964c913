"""Who may come to which address, and what who may not is told."""

from typing import Any

import httpx
import pytest
from fastapi import Request

from followthrough.domain.answered.access.actor import Actor, Door, Scope
from followthrough.domain.answered.access.routes import ASKS_NOBODY, DECIDED_HERE, ROUTES
from followthrough.web import doors
from followthrough.web.dependencies import actor_of
from tests.web.addresses import addresses
from tests.web.conftest import Web

INES = Actor(person="ines", door=Door.SESSION)
PAGER = Actor(person=None, door=Door.SERVICE_TOKEN, name="the pager's token")


def test_every_address_has_a_row_and_every_row_an_address(alone: Web) -> None:
    """A new route is red until somebody has said who may come to it."""
    assert {address.replace("HEAD ", "GET ") for address in addresses(alone.app())} == set(ROUTES)


@pytest.fixture
async def asked(web: Web, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A browser or program of whom it is proven who they are."""

    def proven(actor: Actor) -> httpx.AsyncClient:
        async def by_proof(_request: Request) -> Actor:
            return actor

        monkeypatch.setattr(doors, "actor_of", by_proof)
        app = web.app()
        app.dependency_overrides[actor_of] = by_proof
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost", timeout=60)

    return proven


@pytest.mark.parametrize("row", sorted(ROUTES))
async def test_who_is_nobody_here_is_told_so_where_it_matters(row: str, asked: Any) -> None:
    """Elsewhere what they send decides: a secret, a link, a command."""
    method, path = row.split(" ", 1)
    stranger = Actor(person="somebody", door=Door.SESSION)
    where = path.replace("{incident_id}", "inc-00000000aa").replace("{item_id}", "inc-00000000aa.1")
    for name in ("{key:path}", "{token}", "{person}", "{team}", "{service_id}", "{which}"):
        where = where.replace(name, "weekly")
    async with asked(stranger) as browser:
        answer = await browser.request(method, where, params={"token": "none"})
    if ROUTES[row] in DECIDED_HERE:
        assert answer.status_code == 403
        assert answer.json()["error"].startswith("somebody can't ")
    elif ROUTES[row] in ASKS_NOBODY:
        assert "somebody can't" not in answer.text
        assert "no table of rights" not in answer.text


async def test_what_a_person_is_decides_and_not_what_they_say(asked: Any) -> None:
    async with asked(INES) as api:
        new = {"title": "Refunds stall", "service": "storefront", "severity": "SEV3"}
        other = await api.post("/api/incidents", json={**new, "by": "sam"})
        assert other.status_code == 403
        assert other.json()["error"] == "You are ines here and can't act as sam; leave out by whom, or let sam do it."
        incident = (await api.post("/api/incidents", json={**new, "by": "ines"})).json()["incident"]
        here = f"/api/incidents/{incident}/commands"
        note = await api.post(here, json={"command": "note", "by": "ines", "text": "It began at noon"})
        assert note.status_code == 200
        mitigate = await api.post(here, json={"command": "mitigate", "by": "ines", "summary": "Restarted"})
        assert mitigate.status_code == 403
        assert mitigate.json()["error"].startswith(f"ines can't mitigate {incident}: that is for who has a role")
        assert mitigate.json()["error"].endswith("ask Sam Whitfield, Wei Zhang or Grace Okafor.")
        for path in ("/api/digests/weekly/send", "/api/mails/send-again"):
            refused = await api.post(path)
            assert (refused.status_code, refused.json()["error"][:13]) == (403, "ines can't se")
        drill = await api.post("/api/drills", json={"team": "platform"})
        assert drill.json()["error"].startswith("ines can't start a drill of team platform: that is for")


async def test_the_timeline_says_through_what_a_service_spoke(asked: Any) -> None:
    async with asked(PAGER) as api:
        new = {"title": "Refunds stall", "service": "checkout", "severity": "SEV3", "by": "ines"}
        incident = (await api.post("/api/incidents", json=new)).json()["incident"]
        here = f"/api/incidents/{incident}"
        await api.post(f"{here}/commands", json={"command": "note", "by": "tomas", "text": "It began at noon"})
        (entry,) = [one for one in (await api.get(here)).json()["timeline"] if one["kind"] == "note"]
        assert (entry["author"], entry["through"]) == ("tomas", "through the pager's token")
        assert "Tomás Ferrer, through the pager" in (await api.get(f"/incidents/{incident}")).text
        assert "Tomás Ferrer, through the pager's token: It began" in (await api.get(f"{here}/timeline.md")).text


async def test_a_token_for_reading_gives_no_commands(asked: Any) -> None:
    reading = Actor(person="ines", door=Door.TOKEN, name="the laptop's", scopes=frozenset({Scope.READ}))
    async with asked(reading) as api:
        assert (await api.get("/api/incidents")).status_code == 200
        new = {"title": "Refunds stall", "service": "checkout", "severity": "SEV3", "by": "ines"}
        refused = await api.post("/api/incidents", json=new)
        assert refused.json()["error"] == "The token the laptop's may not command; make one with that scope."


async def test_a_command_that_is_repeated_has_its_answer_whoever_may_by_then(asked: Any) -> None:
    """The Incident Commander gives the role away, and the answer is lost on its way."""
    async with asked(INES) as api:
        new = {"title": "Refunds stall", "service": "checkout", "severity": "SEV2", "by": "ines"}
        incident = (await api.post("/api/incidents", json=new)).json()["incident"]
        here = f"/api/incidents/{incident}/commands"
        await api.post(here, json={"command": "assign role", "role": "Resolver", "person": "lucia"})
        take = {"command": "assign role", "by": "ines", "role": "Incident Commander", "person": "nora"}
        await api.post(here, json=take)
    async with asked(Actor(person="nora", door=Door.SESSION)) as api:
        hand_over = {"command": "hand over", "by": "nora", "person": "marcos", "note": "My shift is over"}
        answers = [await api.post(here, json=hand_over, headers={"Idempotency-Key": "once"}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert (await api.post(here, json=hand_over)).status_code == 403
