"""What waits for somebody, what is found by less than an id, and which services there are."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import Request

from followthrough.domain.answered.access.actor import Actor, Door
from followthrough.domain.answered.sprint.dates import coming_plans
from followthrough.domain.replayed.ids import incident_of
from followthrough.domain.replayed.sprint.sprint import SprintPlan
from followthrough.web import doors, work
from followthrough.web.dependencies import actor_of
from tests.example import EXAMPLE
from tests.waiting import eventually
from tests.web.conftest import Web
from tests.web.test_api import with_item
from tests.web.test_doing import offered
from tests.web.test_private import eyes_of


async def declared(api: httpx.AsyncClient, title: str, **fields: Any) -> str:
    new = {"title": title, "service": "checkout", "severity": "SEV3", "by": "ines", **fields}
    incident = str((await api.post("/api/incidents", json=new)).json()["incident"])
    await eventually(lambda: api.get(f"/api/incidents/{incident}"), lambda it: it.json()["roles"])
    return incident


async def give(api: httpx.AsyncClient, path: str, command: str, **fields: Any) -> Any:
    answer = await api.post(f"/api/{path}/commands", json={"command": command, **fields})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def found(api: httpx.AsyncClient, text: str, **more: str) -> list[str]:
    hits = (await api.get("/api/find", params={"text": text, **more})).json()
    return [hit["id"] for hit in hits]


async def test_records_are_found_by_ticket_by_the_beginning_of_their_id_and_by_a_part_of_their_title(
    api: httpx.AsyncClient,
) -> None:
    mark = uuid4().hex[:8]
    incident = await declared(api, f"Refunds {mark} stall 100%")
    await give(
        api, f"incidents/{incident}", "propose action item", by="ines", title=f"Test {mark} daily", owner="tomas"
    )
    item = f"{incident}.1"
    await give(api, f"items/{item}", "accept", by="tomas")
    known = await eventually(lambda: api.get(f"/api/items/{item}"), lambda it: it.json()["ticket"])
    ticket = known.json()["ticket"]["key"]
    assert await found(api, ticket) == await found(api, ticket.lower(), kind="item") == [item]
    assert await found(api, ticket, kind="incident") == []
    assert await found(api, mark.upper()) == [item, incident]
    assert await found(api, mark, kind="incident") == [incident]
    assert await found(api, incident[:14], kind="item") == [item]
    assert await found(api, f"{mark} stall 100%") == [incident]
    assert await found(api, f"{mark}%stall") == []
    assert await found(api, "no such thing here") == []


async def test_what_is_private_is_not_found_by_others(
    api: httpx.AsyncClient, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lucia(_request: Request) -> Actor:
        return Actor(person="lucia", door=Door.SESSION)

    mark = uuid4().hex[:8]
    await declared(api, f"Leak {mark}", private=True)
    assert len(await found(api, mark)) == 1
    monkeypatch.setattr(doors, "actor_of", lucia)
    app = web.app()
    app.dependency_overrides[actor_of] = lucia
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as browser:
        assert await found(browser, mark) == []


async def test_what_waits_for_somebody_says_why_and_with_which_step(api: httpx.AsyncClient) -> None:
    incident = await declared(api, "Refunds stall")
    roles = (await api.get(f"/api/incidents/{incident}")).json()["roles"]
    commander = roles[0]["person"]
    await give(
        api, f"incidents/{incident}", "propose action item", by="ines", title="Test refunds daily", owner="tomas"
    )

    async def mine(person: str) -> dict[str, Any]:
        return {one["id"]: one for one in (await api.get("/api/mine", params={"by": person})).json()}

    assert (await mine(commander))[incident]["step"] == "acknowledge"
    waits = (await eventually(lambda: mine("tomas"), lambda it: f"{incident}.1" in it))[f"{incident}.1"]
    assert (waits["step"], waits["why"], waits["late"]) == ("accept", "Inés Robles proposed it to you", False)
    assert datetime.fromisoformat(waits["until"]) > datetime.now(UTC)
    after = await give(api, f"items/{incident}.1", "accept", by="tomas")
    assert after["next_in_words"]
    assert after["you"] == "tomas"
    assert "done" in after["you_may"]
    assert (await mine("tomas"))[f"{incident}.1"]["step"] == "done"
    shown = (await api.get(f"/api/items/{incident}.1", params={"by": "tomas"})).json()
    its_ticket_may_be_made_between = {"adopt"}
    assert {*after["you_may"]} ^ {*shown["you_may"]} <= its_ticket_may_be_made_between
    assert (await api.get(f"/api/items/{incident}.1")).json()["you_may"] == []


async def test_who_is_nobody_has_to_say_who_they_are(api: httpx.AsyncClient) -> None:
    answer = await api.get("/api/mine")
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("Nobody has said yet who you are at this machine")


async def test_nothing_waits_is_not_said_to_a_name_that_nobody_has(api: httpx.AsyncClient) -> None:
    answer = await api.get("/api/mine", params={"by": "Lucía"})
    assert answer.status_code == 422
    assert answer.json()["error"] == "The organisation file has no person 'Lucía'; use the key of one of its people."


async def test_each_is_offered_in_a_terminal_what_their_page_offers(api: httpx.AsyncClient, web: Web) -> None:
    item = await with_item(api)
    for person in ("tomas", "marcos", "wei"):
        async with eyes_of(web, person) as browser:
            may = (await browser.get(f"/api/items/{item}")).json()["you_may"]
            assert {*may} == offered(await browser.get(f"/items/{item}"))


async def test_who_speaks_for_others_reads_nothing_private_by_it(api: httpx.AsyncClient, web: Web) -> None:
    secret = await declared(api, "Keys leak", private=True)
    await give(api, f"incidents/{secret}", "propose action item", by="ines", title="Turn the keys", owner="tomas")
    async with eyes_of(web, None) as token, eyes_of(web, "tomas") as tomas:
        told = (await token.get("/api/mine", params={"by": "tomas"})).json()
        own = (await tomas.get("/api/mine")).json()
    assert f"{secret}.1" not in [one["id"] for one in told]
    assert f"{secret}.1" in [one["id"] for one in own]


@pytest.mark.parametrize("path", ["mine", "items/{item}", "incidents/{incident}"])
async def test_nobody_reads_as_somebody_else(api: httpx.AsyncClient, web: Web, path: str) -> None:
    item = await with_item(api)
    asked = f"/api/{path}".format(item=item, incident=incident_of(item))
    async with eyes_of(web, "tomas") as tomas:
        answer = await tomas.get(asked, params={"by": "ines"})
        assert answer.status_code == 403
        assert "can't act as ines" in answer.json()["error"]
        assert (await tomas.get(asked, params={"by": "tomas"})).status_code == 200


async def test_a_lead_is_told_of_plannings_to_approve(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = next(coming_plans("payments", EXAMPLE, datetime.now(UTC)))

    async def planned(led: list[str], *_: object) -> list[tuple[SprintPlan, str]]:
        return [(plan, "Payments") for team in led if team == "payments"]

    monkeypatch.setattr(work, "to_approve", planned)
    async with eyes_of(web, "marcos") as marcos, eyes_of(web, "tomas") as tomas:
        waits = {one["id"]: one for one in (await marcos.get("/api/mine")).json()}
        assert waits["payments"]["step"] == "approve-planning"
        assert datetime.fromisoformat(waits["payments"]["until"]) == plan.planning_at
        assert "payments" not in [one["id"] for one in (await tomas.get("/api/mine")).json()]


async def test_services_are_listed_with_who_is_on_call(api: httpx.AsyncClient) -> None:
    services = {one["service"]: one for one in (await api.get("/api/services")).json()}
    playbook = (await api.get("/api/services/checkout/playbook")).json()
    assert services["checkout"]["on_call"] == playbook["path"][0]["person"]
    assert (services["checkout"]["team"], services["checkout"]["gaps"]) == ("payments", len(playbook["gaps"]))


@pytest.mark.parametrize(("state", "some"), [("sent", True), ("bounced", False)])
async def test_mails_are_listed_by_person_and_state(api: httpx.AsyncClient, state: str, some: bool) -> None:
    incident = await declared(api, "Refunds stall")
    wanted = {"person": "", "state": state, "incident_id": incident}
    every = await eventually(lambda: api.get("/api/mails", params={"incident_id": incident}), lambda it: it.json())
    wanted["person"] = every.json()[0]["person"]
    await eventually(lambda: api.get("/api/mails", params=wanted), lambda it: bool(it.json()) is some)
