"""The audit over HTTP: every command is in it, as far as people and programs may see it."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from followthrough.domain.answered.access.actor import AT_THIS_MACHINE
from followthrough.domain.answered.access.audit import Act
from followthrough.noting import happened
from tests.standins import oidc
from tests.web.conftest import Web, changed_example
from tests.web.test_acting import link
from tests.web.test_api import declare, get, give, with_item


async def audited(api: httpx.AsyncClient, record: str, **wanted: Any) -> list[tuple[str, str | None, str]]:
    """What, who and the outcome, the oldest first."""
    answer = await api.get("/api/audit", params={"record": record, "after": 0, **wanted})
    assert answer.status_code == 200, answer.text
    return [(line["what"], line["person"], line["outcome"]) for line in answer.json()]


async def test_every_command_is_audited_with_what_became_of_it(api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    incident = item.partition(".")[0]
    await give(api, item, "accept", by="ines")
    await give(api, item, "accept", by="tomas")
    await give(api, item, "done", by="nobody", evidence="https://git.example.com/1")
    assert (await give(api, "inc-0000000000", "acknowledge")).status_code == 404
    assert await audited(api, incident) == [
        ("declare", "ines", "done"),
        ("propose action item", "ines", "done"),
        ("accept", "ines", "forbidden"),
        ("accept", "tomas", "done"),
        ("done", "nobody", "refused"),
    ]
    assert await audited(api, "inc-0000000000") == []
    (line,) = (await api.get("/api/audit", params={"record": item, "who": "tomas"})).json()
    assert (line["through"], line["from_address"], line["act"]) == ("this machine", "127.0.0.1", "command")


async def test_who_acts_by_a_mails_link_is_its_reader(api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    assert (await api.post(link("accept", item))).status_code == 200
    (accepted,) = (await api.get("/api/audit", params={"record": item, "what": "accept"})).json()
    assert (accepted["person"], accepted["through"], accepted["outcome"]) == ("tomas", "mail link", "done")


async def test_exports_are_audited(api: httpx.AsyncClient) -> None:
    incident = await declare(api)
    for path in (f"incidents/{incident}/timeline.json", f"incidents/{incident}/timeline.md"):
        await api.get(f"/{path}")
        await api.get(f"/api/{path}")
    await api.get("/services/checkout/playbook.md")
    exported = [line[0] for line in await audited(api, incident, what="export")]
    assert exported == ["timeline.json", "timeline.json", "timeline.md", "timeline.md"]
    assert ("playbook.md", None, "done") in await audited(api, "checkout")


async def test_the_page_shows_names_filters_and_leads_to_older_entries(web: Web, api: httpx.AsyncClient) -> None:
    incident = await declare(api, title="Audited")
    for _ in range(60):
        web.app().state.served.audit.note(
            happened(AT_THIS_MACHINE, Act.SIGN_IN, "signed in", datetime.now(UTC), record=incident)
        )
    page = await api.get("/audit", params={"record": incident})
    name = '<td data-label="Who">Inés Robles</td>'
    assert name not in page.text
    assert page.text.count("signed in") == 50
    older = page.text.split('class="more" href="')[1].split('"')[0].replace("&amp;", "&")
    assert name in (await api.get(f"/audit{older}")).text
    for filters, words in (
        ({"what": "token"}, "No entry fits"),
        ({"since": "2099-01-01"}, "No entry fits"),
        ({"since": "", "until": "", "who": ""}, "signed in"),
        ({"until": datetime.now(UTC).date().isoformat()}, "signed in"),
    ):
        assert words in (await api.get("/audit", params={"record": incident, **filters})).text, filters
    assert (await api.get("/audit", params={"since": "yesterday"})).status_code == 422


async def test_an_erased_person_is_somebody(api: httpx.AsyncClient) -> None:
    incident = await declare(api, by="wei")
    assert (await api.delete("/api/audit/people/wei")).json()["pseudonyms"] >= 1
    assert await audited(api, incident) == [("declare", None, "done")]
    assert "somebody who was erased" in (await api.get("/audit", params={"record": incident})).text
    again = await api.delete("/api/audit/people/wei")
    assert (again.status_code, again.json()["error"]) == (404, "The audit knows nobody by the name 'wei'.")
    assert (await get(api, "audit?what=erasure of a person"))[0]["what"] == "erase"


async def test_the_chain_is_verified_from_what_was_known(api: httpx.AsyncClient) -> None:
    incident = await declare(api)
    whole = await get(api, "audit/verify")
    assert (whole["broken_at"], whole["why"]) == (None, "")
    assert whole["entries"] == int(whole["last"].partition(":")[0])
    await give(api, incident, "acknowledge")
    assert (await get(api, f"audit/verify?last={whole['last']}"))["broken_at"] is None
    stranger = f"{whole['last'].partition(':')[0]}:{'0' * 64}"
    assert "is another than the one that was known" in (await get(api, f"audit/verify?last={stranger}"))["why"]
    assert (await api.get("/api/audit/verify?last=nothing")).status_code == 422


@pytest.mark.parametrize(
    ("named", "statuses"),
    [
        ("administrators: [tomas]", (403, 403, 403, 403)),
        ("administrators: [tomas]\nauditors: [ines]", (200, 200, 200, 403)),
        ("administrators: [ines]", (200, 200, 200, 404)),
    ],
)
async def test_the_audit_is_for_administrators_and_auditors(
    known: Web, tmp_path: Path, named: str, statuses: tuple[int, ...]
) -> None:
    organisation = changed_example(tmp_path, "\nroutes:\n", f"\n{named}\nroutes:\n")
    paths = ("GET", "/audit"), ("GET", "/api/audit"), ("GET", "/api/audit/verify"), ("DELETE", "/api/audit/people/nix")
    async with replace(known, organisation=organisation).browser() as browser:
        await oidc.sign_in(browser, oidc.INES)
        browser.headers["X-CSRF-Token"] = await oidc.csrf_of(browser)
        answers = [await browser.request(*path) for path in paths]
    assert tuple(answer.status_code for answer in answers) == statuses
    assert statuses[0] == 200 or "can't read the audit" in answers[1].json()["error"]
