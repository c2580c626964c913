"""By whom a command is: whoever asks, and somebody else only where that is believed."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter

from followthrough.domain.answered.access.actor import AT_THIS_MACHINE, Actor, Door, Scope
from followthrough.domain.answered.choices import FILLED_IN
from followthrough.local_person import LOCAL_PERSON, choose_local_person
from followthrough.web.by import ToItem
from followthrough.web.dependencies import actor_of
from tests.web.conftest import Web

INES, TOMAS = (Actor(person=person, door=Door.SESSION) for person in ("ines", "tomas"))
LAPTOP = Actor(person="ines", door=Door.TOKEN, name="of the laptop")
PAGER = Actor(person=None, door=Door.SERVICE_TOKEN, name="of the pager")
METER = PAGER.model_copy(update={"name": "of the meter", "scopes": frozenset({Scope.COMMAND})})
NEW = {"title": "Refunds stall", "service": "checkout", "severity": "SEV3"}
NOTE = {"command": "note", "text": "It began at noon"}


def asking(web: Web, actor: Actor) -> httpx.AsyncClient:
    app = web.app()
    app.dependency_overrides[actor_of] = lambda: actor
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost", timeout=60)


async def declared(api: httpx.AsyncClient, **said: Any) -> str:
    answer = await api.post("/api/incidents", json={**NEW, **said})
    assert answer.status_code == 201, answer.text
    incident: str = answer.json()["incident"]
    return incident


async def authors(api: httpx.AsyncClient, incident: str) -> list[str]:
    timeline = (await api.get(f"/api/incidents/{incident}")).json()["timeline"]
    return [entry["author"] for entry in timeline if entry["kind"] == "note"]


@pytest.mark.parametrize("actor", [INES, LAPTOP])
@pytest.mark.parametrize("said", [{}, {"by": None}, {"by": ""}, {"by": "ines"}])
async def test_who_is_known_need_not_say_who_they_are(web: Web, actor: Actor, said: dict[str, Any]) -> None:
    async with asking(web, actor) as api:
        incident = await declared(api, **said)
        assert (await api.get(f"/api/incidents/{incident}")).json()["declared_by"] == "ines"
        assert (await api.post(f"/api/incidents/{incident}/commands", json=NOTE | said)).status_code == 200
        assert await authors(api, incident) == ["ines"]


@pytest.mark.parametrize("actor", [INES, LAPTOP])
async def test_who_is_known_is_nobody_else(web: Web, actor: Actor) -> None:
    async with asking(web, actor) as api:
        here = f"/api/incidents/{await declared(api)}/commands"
        for path, body in (("/api/incidents", NEW), (here, NOTE)):
            refused = await api.post(path, json={**body, "by": "sam"})
            sentence = "You are ines here and can't act as sam"
            assert (refused.status_code, refused.json()["error"][: len(sentence)]) == (403, sentence), path


async def test_one_key_of_two_people_is_two_commands(web: Web) -> None:
    async with asking(web, INES) as hers, asking(web, TOMAS) as his:
        incident = await declared(hers)
        for api in (hers, his, hers):
            await api.post(f"/api/incidents/{incident}/commands", json=NOTE, headers={"Idempotency-Key": "noon"})
        assert sorted(await authors(hers, incident)) == ["ines", "tomas"]


@pytest.mark.parametrize(
    ("actor", "sentence"),
    [
        (AT_THIS_MACHINE, "Nobody has said yet who you are at this machine: choose it once on the page /you"),
        (PAGER, "The token of the pager acts for others and says not for whom; send it as by."),
        (METER, "The token of the meter is nobody's own; it needs the scope act for others"),
    ],
)
async def test_where_nobody_is_known_it_has_to_be_said(web: Web, actor: Actor, sentence: str) -> None:
    async with asking(web, AT_THIS_MACHINE) as here:
        incident = await declared(here, by="ines")
    to = {"command": "accept"}
    async with asking(web, actor) as api:
        for path, body in (
            ("/api/incidents", NEW),
            (f"/api/incidents/{incident}/commands", NOTE),
            (f"/api/items/{incident}.1/commands", to),
            ("/api/planning/payments", {}),
        ):
            refused = await api.post(path, json=body)
            assert (refused.status_code, refused.json()["error"][: len(sentence)]) == (422, sentence), path


@pytest.fixture
async def chosen(web: Web) -> AsyncIterator[httpx.AsyncClient]:
    """At a machine where Inés sits."""
    choose_local_person(web.settings.data_dir, "ines")
    async with web.browser() as browser:
        yield browser
    (web.settings.data_dir / LOCAL_PERSON).unlink()


async def test_at_this_machine_it_is_who_was_chosen_and_others_are_believed(chosen: httpx.AsyncClient) -> None:
    incident = await declared(chosen)
    for said in ({}, {"by": "tomas"}):
        assert (await chosen.post(f"/api/incidents/{incident}/commands", json=NOTE | said)).status_code == 200
    assert await authors(chosen, incident) == ["ines", "tomas"]


def test_no_body_has_to_say_by_whom(alone: Web) -> None:
    schemas = alone.app().openapi()["components"]["schemas"]
    bodies = {name: body for name, body in schemas.items() if "command" in body.get("properties", {})}
    bodies |= {name: schemas[name] for name in ("NewIncident", "ApprovePlanning")}
    assert len(bodies) > 35
    assert [name for name, body in bodies.items() if "by" in body.get("required", ())] == []
    assert all("whoever asks" in body["properties"]["by"]["description"] for body in bodies.values())


def test_what_the_service_fills_in_is_neither_described_nor_taken(alone: Web) -> None:
    schemas = alone.app().openapi()["components"]["schemas"]
    bodies = {name: body for name, body in schemas.items() if "command" in body.get("properties", {})}
    assert [name for name, body in bodies.items() if {*FILLED_IN} & {*body["properties"]}] == []
    sent = {"command": "edit", "by": "ines", "title": "Page at 90 %", "hints": ["The service thinks this is fine."]}
    assert getattr(TypeAdapter(ToItem).validate_python(sent), "hints") == ()  # noqa: B009 -- of one of many commands
