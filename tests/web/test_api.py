from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr
from sqlmodel import Session

from followthrough.domain.replayed.ids import incident_of, page_of
from tests import records
from tests.waiting import eventually
from tests.web.conftest import Web

UNKNOWN = "inc-0000000000"


async def declare(api: httpx.AsyncClient, **changes: Any) -> str:
    body = {"title": "Payments fail", "service": "checkout", "severity": "SEV2", "by": "ines"} | changes
    answer = await api.post("/api/incidents", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["incident"])


async def give(api: httpx.AsyncClient, record: str, command: str, by: str = "ines", **fields: Any) -> httpx.Response:
    return await api.post(f"/api/{page_of(record)}/commands", json={"command": command, "by": by} | fields)


async def get(api: httpx.AsyncClient, path: str) -> Any:
    answer = await api.get(f"/api/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def with_item(api: httpx.AsyncClient, **changes: Any) -> str:
    incident = await declare(api)
    item = {"title": "Alert on queue depth", "owner": "tomas", "kind": "detect"} | changes
    assert (await give(api, incident, "propose action item", **item)).status_code == 200

    async def planned() -> bool:
        answer = await api.get(f"/api/items/{incident}.1")
        return answer.status_code == 200 and answer.json()["plan"] is not None

    await eventually(planned)
    return f"{incident}.1"


async def test_an_incident_lives_through_the_api(api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    incident = incident_of(item)
    for command, fields in (
        ("acknowledge", {}),
        ("mitigate", {"summary": "Rolled back"}),
        ("resolve", {"summary": "Stayed well for an hour"}),
        ("submit postmortem", {"text": "# What we learned"}),
        ("review postmortem", {"by": "tomas"}),
        ("publish postmortem", {}),
    ):
        assert (await give(api, incident, command, **fields)).status_code == 200
    assert (await give(api, item, "accept", by="tomas")).json()["status"] == "accepted"
    done = await give(api, item, "done", by="tomas", evidence="https://git.example.com/1")
    assert done.json()["status"] == "done"
    assert (await give(api, item, "verify")).json()["status"] == "closed"

    shown = await get(api, f"items/{item}")
    assert (shown["owner"], shown["status"]) == ("tomas", "closed")
    assert "Verified." in [entry["text"] for entry in shown["timeline"]]
    names = {(entry["author"], entry["author_name"]) for entry in shown["timeline"]}
    assert names == {("ines", "Inés Robles"), ("tomas", "Tomás Ferrer"), (None, None)}
    assert "unwritten" not in shown
    story = [entry["text"] for entry in (await get(api, f"incidents/{incident}"))["timeline"]]
    assert story[0] == "Declared: Payments fail"
    assert "Resolved: Stayed well for an hour" in story
    assert "Verified." in story


async def test_a_command_that_the_rules_forbid_is_refused_in_their_words(api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    answer = await give(api, item, "unblock", by="tomas")
    assert answer.status_code == 409
    sentence = f"Action item {item} is not blocked."
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:followthrough:problem:refused",
        "title": "The rules forbid it",
        "status": 409,
        "detail": sentence,
        "error": sentence,
    }


async def test_who_may_not_is_told_who_may_and_whom_to_ask(api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    answer = await give(api, item, "accept", by="ines")
    assert answer.status_code == 403
    assert answer.json()["detail"] == f"ines can't accept {item}: that is for its owner; ask Tomás Ferrer."


async def test_an_incident_that_is_over_takes_no_commands(web: Web, api: httpx.AsyncClient) -> None:
    incident = await declare(api)
    assert (await give(api, incident, "cancel", reason="A false alarm")).json()["status"] == "cancelled"
    await web.client.get_workflow_handle(incident).result()
    answer = await give(api, incident, "note", text="Late")
    assert answer.status_code == 409
    assert answer.json()["error"].startswith(f"{incident} is cancelled")


async def test_the_same_declaration_repeated_is_one_incident(api: httpx.AsyncClient) -> None:
    key = uuid4().hex
    first = await declare(api, dedup_key=key)
    assert await declare(api, dedup_key=key) == first
    await give(api, first, "cancel", reason="A false alarm")
    assert await declare(api, dedup_key=key) == first
    assert await declare(api) != await declare(api)


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("incidents", {"title": "x", "service": "nope", "severity": "SEV1", "by": "ines"}, 422, "no service 'nope'"),
        ("incidents", {"title": "x", "service": "checkout", "severity": "SEV1", "by": "zoe"}, 422, "no person 'zoe'"),
        ("incidents", {"title": "", "service": "checkout", "severity": "SEV9", "by": "ines"}, 422, "(and 1 more)"),
        (f"incidents/{UNKNOWN}/commands", {"command": "acknowledge", "by": "ines"}, 404, f"no {UNKNOWN} here"),
        (f"incidents/{UNKNOWN}/commands", {"command": "explode", "by": "ines"}, 422, "explode"),
        (f"items/{UNKNOWN}.1/commands", {"command": "accept", "by": "ines"}, 404, f"no {UNKNOWN}.1 here"),
        ("items/drill-schedule/commands", {"command": "accept", "by": "ines"}, 404, "not an id"),
    ],
)
async def test_what_makes_no_sense_is_said_in_one_sentence(
    api: httpx.AsyncClient, path: str, body: dict[str, Any], status: int, words: str
) -> None:
    answer = await api.post(f"/api/{path}", json=body)
    assert answer.status_code == status, answer.text
    assert words in answer.json()["error"]
    assert "\n" not in answer.json()["error"]


async def test_an_incident_is_declared_with_a_call_of_its_own_which_its_page_shows(api: httpx.AsyncClient) -> None:
    incident = await declare(api, call="https://meet.example.com/tonight")
    assert (await get(api, f"incidents/{incident}"))["call"] == "https://meet.example.com/tonight"
    button = '<a class="button" href="https://meet.example.com/{}">Join the call</a>'
    assert button.format("tonight") in (await api.get(f"/incidents/{incident}")).text
    assert button.format("checkout") in (await api.get(f"/incidents/{await declare(api)}")).text
    for wrong in ("javascript:alert(1)", "https://ana:secret@meet.example.com", "tonight"):
        body = {"title": "Payments fail", "service": "checkout", "severity": "SEV2", "by": "ines", "call": wrong}
        refused = await api.post("/api/incidents", json=body)
        assert refused.status_code == 422
        assert "is no link to a call; write it like https://" in refused.json()["error"]


async def test_people_in_commands_have_to_be_known(api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    for record, command, fields in (
        (item, "reassign", {"to": "zoe", "reason": "Holidays"}),
        (item, "accept", {"by": "zoe"}),
        (incident_of(item), "assign role", {"role": "Comms Lead", "person": "zoe"}),
        (incident_of(item), "assign postmortem", {"to": "zoe", "reason": "Time"}),
    ):
        answer = await give(api, record, command, **fields)
        assert answer.status_code == 422
        assert "no person 'zoe'" in answer.json()["error"]


async def test_lists_are_filtered(api: httpx.AsyncClient) -> None:
    item = await with_item(api, owner="lucia")
    other = await declare(api, service="storefront")
    found = await eventually(
        lambda: get(api, "incidents?service=storefront"), lambda found: other in [one["id"] for one in found]
    )
    assert {incident["service"] for incident in found} == {"storefront"}
    assert incident_of(item) in [found["id"] for found in await get(api, "incidents?limit=500")]
    (found,) = [found for found in await get(api, "items?owner=lucia&limit=500") if found["id"] == item]
    assert (found["id"], found["status"], found["late"], found["ticket"]) == (item, "proposed", False, None)
    assert datetime.fromisoformat(found["due"]) > datetime.now(UTC) + timedelta(days=7)
    assert found["next_kind"] == "remind to accept"
    assert item not in [late["id"] for late in await get(api, "items?owner=lucia&late=true")]
    answer = await api.get("/api/items?status=sleeping")
    assert answer.status_code == 422
    assert "status" in answer.json()["error"]


async def test_mails_are_listed_without_their_bodies(web: Web, api: httpx.AsyncClient) -> None:
    with Session(web.database) as session, session.begin():
        session.add(records.mail("inc-1/1/item-reminder", incident_id="inc-1", text="Text", html="<p>Text</p>"))
    (mail,) = await get(api, "mails?incident_id=inc-1")
    assert (mail["subject"], mail["state"]) == ("Due soon", "sent")
    assert "html" not in mail


async def test_the_api_asks_for_its_token_when_there_is_one(web: Web) -> None:
    async with web.browser(api_token=SecretStr("api-token")) as api:
        refused = await api.get("/api/incidents")
        allowed = await api.get("/api/incidents", headers={"Authorization": "Bearer api-token"})
    assert (refused.status_code, allowed.status_code) == (401, 200)
    assert "bearer token" in refused.json()["error"]


async def test_health_and_readiness(api: httpx.AsyncClient) -> None:
    assert (await api.get("/healthz")).json() == (await api.get("/readyz")).json() == {"status": "ok"}
