"""Acting on pages, on the real engine."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlmodel import Session

from activities.read_model import ReadModel
from followthrough import records
from followthrough.domain.replayed.ids import incident_of
from followthrough.store import queries
from tests.records import item as item_that_is
from tests.standins import oidc
from tests.web.conftest import Web, changed_example, words
from tests.web.test_acting import updates
from tests.web.test_api import UNKNOWN, declare, get, give, with_item
from tests.web.test_private import eyes_of

REASON = "Her team knows the queue"
HTML = {"Accept": "text/html"}
FAR = str((datetime.now(UTC) + timedelta(days=300)).date())


def offered(answer: httpx.Response) -> set[str]:
    """Names of choices that a page leads to."""
    return set(re.findall(r'(?:href|action)="/(?:items|incidents)/[^"]+/do/([^"]+)"', answer.text))


def hidden(answer: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', answer.text)
    assert found is not None
    return found[1]


async def test_each_is_offered_what_is_theirs_does_it_and_reads_what_changed(web: Web, api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    async with eyes_of(web, "tomas") as tomas, eyes_of(web, "wei") as wei, eyes_of(web, None) as token:
        page = await tomas.get(f"/items/{item}")
        assert {"accept", "decline", "split", "merge", "estimate", "adopt"} <= offered(page)
        assert offered(page).isdisjoint({"waive", "done", "reopen", "holds", "unblock"})
        assert offered(await wei.get(f"/items/{item}")) == {"comment"}
        assert offered(await token.get(f"/items/{item}")) == set()

        done = await tomas.post(f"/items/{item}/do/accept", data={"nonce": hidden(page, "nonce")})
        assert done.status_code == 303
        page = await tomas.get(done.headers["location"])
        assert f"Accepted. Action item {item} of Tomás Ferrer is accepted, due " in words(page)
        assert "Accepted. Action item" not in words(await wei.get(done.headers["location"]))
        assert {"done", "block", "block-on"} <= offered(page)

        form = await tomas.get(f"/items/{item}/do/done")
        assert (form.status_code, "You do this as Tomás Ferrer" in words(form)) == (200, True)
        shown = {"evidence": "https://git.example.com/1", "evidence_kind": "change", "nonce": hidden(form, "nonce")}
        assert (await tomas.post(f"/items/{item}/do/done", data=shown)).status_code == 303
    async with eyes_of(web, "ines") as ines:
        assert {"holds", "does-not-hold"} <= offered(await ines.get(f"/items/{item}"))
        assert (await ines.post(f"/items/{item}/do/holds", data={"note": "Looks good"})).status_code == 303
        assert offered(await ines.get(f"/items/{item}")) == {"reopen"}
    assert (await get(api, f"items/{item}"))["status"] == "closed"


async def test_a_form_acts_once_however_often_it_is_sent(web: Web, api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    await give(api, item, "accept", by="tomas")
    before = await updates(web.client, item)
    async with eyes_of(web, "marcos") as marcos:
        more = {"until": FAR, "reason": "The vendor is late"}
        more["nonce"] = hidden(await marcos.get(f"/items/{item}/do/extend"), "nonce")
        answers = await asyncio.gather(*(marcos.post(f"/items/{item}/do/extend", data=more) for _ in range(3)))
        assert {answer.status_code for answer in answers} == {303}
        assert await updates(web.client, item) == before + 1
        another = more | {"reason": "It is later still", "until": str(datetime.now(UTC).date() + timedelta(days=330))}
        assert (await marcos.post(f"/items/{item}/do/extend", data=another)).status_code == 303
    assert (await get(api, f"items/{item}"))["extensions"] == 2


async def test_what_is_refused_is_said_above_all_that_was_typed(web: Web, api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    async with eyes_of(web, "tomas") as tomas, eyes_of(web, "wei") as wei:
        for typed, sentence in (
            ({"reason": REASON, "to": ""}, "Who should own it: this can't be left out."),
            ({"reason": REASON, "to": "zoe"}, "no person 'zoe'"),
            ({"reason": REASON, "to": "tomas"}, "already belongs to tomas"),
        ):
            refused = await tomas.post(f"/items/{item}/do/reassign", data=typed)
            assert (refused.status_code, sentence in words(refused)) == (409, True), words(refused)
            assert f">{REASON}</textarea>" in refused.text
        assert (
            'value="ines" selected'
            in (await tomas.post(f"/items/{item}/do/reassign", data={"to": "ines", "reason": " "})).text
        )
        forbidden = await wei.post(f"/items/{item}/do/reassign", data={"reason": REASON, "to": "ines"})
        assert (forbidden.status_code, "wei can't reassign" in words(forbidden)) == (403, True)
        assert f">{REASON}</textarea>" in forbidden.text
        none = await tomas.post(f"/items/{item}/do/estimate", data={"estimate": "much"})
        assert "How much work, in the unit of the team's capacity: Input should be a valid number" in words(none)
    assert (await get(api, f"items/{item}"))["owner"] == "tomas"


async def test_two_at_once_and_whoever_looks_too_late_have_a_clear_answer(web: Web, api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    async with eyes_of(web, "tomas") as tomas, eyes_of(web, "wei") as wei:
        assert (await tomas.post(f"/items/{item}/do/accept")).status_code == 303
        late = await tomas.post(f"/items/{item}/do/accept")
        assert (late.status_code, "is accepted; only one that is proposed can be accepted" in words(late)) == (
            409,
            True,
        )
        looked = await tomas.get(f"/items/{item}/do/accept")
        assert (looked.status_code, "“Accept it” is not possible now. Action item" in words(looked)) == (409, True)
        not_theirs = await wei.get(f"/items/{item}/do/done")
        assert (not_theirs.status_code, "wei can't finish" in words(not_theirs)) == (403, True)
        for path in (f"/items/{item}/do/explode", f"/items/{UNKNOWN}.1/do/accept", f"/items/{UNKNOWN}/do/accept"):
            assert (await tomas.get(path)).status_code == 404
            assert (await tomas.post(path)).status_code == 404


async def test_what_is_not_there_in_time_is_said_in_words(
    web: Web, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = await with_item(api)

    async def not_yet(*_: object) -> None:
        raise records.NotYet(item)

    monkeypatch.setattr(records.Records, "_command", not_yet)
    async with eyes_of(web, "tomas") as tomas:
        answer = await tomas.post(f"/items/{item}/do/accept")
    assert (answer.status_code, f"The command to {item} is accepted, but its result" in words(answer)) == (202, True)
    assert f'href="/items/{item}"' in answer.text


async def test_parts_and_other_items_can_be_named_without_a_script(web: Web, api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    incident = incident_of(item)
    await give(api, incident, "propose action item", title="Alert on queue age", owner="tomas", kind="detect")
    async with eyes_of(web, "tomas") as tomas:
        form = await tomas.get(f"/items/{item}/do/split")
        assert form.text.count('name="title-') == 3
        typed = {"rows": "3", "title-0": "Alert on queue depth of orders", "owner-0": "ines", "title-2": "Test it"}
        longer = await tomas.post(f"/items/{item}/do/split", data=typed | {"more": "6"})
        assert (longer.status_code, longer.text.count('name="title-')) == (200, 6)
        assert 'value="Test it"' in longer.text
        refused = await tomas.post(f"/items/{item}/do/split", data=typed)
        assert (refused.status_code, "Parts, row 2, owner: Field required" in words(refused)) == (409, True)
        assert 'value="Alert on queue depth of orders"' in refused.text
        other = await tomas.get(f"/items/{item}/do/merge")
        assert f'<option value="{incident}.2">Alert on queue age</option>' in other.text
        blocked = await tomas.post(f"/items/{item}/do/block-on", data={"on": f"{incident}.2", "reason": "First that"})
        assert blocked.status_code == 303
        assert (await tomas.post(f"/items/{item}/do/unblock")).status_code == 303
        typed = typed | {"title-2": "Test the fallback monthly", "owner-2": "tomas"}
        split = await tomas.post(f"/items/{item}/do/split", data=typed)
        assert split.status_code == 303, words(split)


async def test_whoever_sits_at_this_machine_says_first_who_they_are_and_comes_back(
    web: Web, api: httpx.AsyncClient
) -> None:
    item = await with_item(api)
    asked = await api.get(f"/items/{item}/do/accept")
    assert (asked.status_code, asked.headers["location"]) == (303, f"/you?to=%2Fitems%2F{item}%2Fdo%2Faccept")
    assert f"/items/{item}" in (await api.get(f"/items/{item}")).text
    assert hidden(await api.get(asked.headers["location"]), "to") == f"/items/{item}/do/accept"
    try:
        chosen = await api.post("/you", data={"person": "tomas", "to": f"/items/{item}/do/accept"})
        assert chosen.headers["location"] == f"/items/{item}/do/accept"
        assert (await api.post(chosen.headers["location"])).status_code == 303
    finally:
        (web.settings.data_dir / "local-person").unlink()
    assert (await get(api, f"items/{item}"))["status"] == "accepted"
    elsewhere = await api.post("/you", data={"person": "tomas", "to": "https://evil.example.com"})
    (web.settings.data_dir / "local-person").unlink()
    assert elsewhere.headers["location"] == "/"


async def test_a_service_token_has_no_forms(web: Web, api: httpx.AsyncClient) -> None:
    async with eyes_of(web, None) as token:
        answer = await token.get(f"/items/{await with_item(api)}/do/accept")
    assert (answer.status_code, "not for tokens" in answer.text) == (403, True)


async def test_a_form_that_no_page_of_the_session_has_shown_is_refused(known: Web, browser: httpx.AsyncClient) -> None:
    record = item_that_is(7, owner="tomas")
    ReadModel(known.database).project_item(record)
    await oidc.sign_in(browser, oidc.TOMAS)
    form = await browser.get(f"/items/{record.id}/do/done")
    assert (form.status_code, len(hidden(form, "csrf"))) == (200, 64)
    typed = {"evidence": "https://git.example.com/1"}
    assert (await browser.post(f"/items/{record.id}/do/done", data=typed)).status_code == 403


async def test_a_choice_that_the_organisation_forbids_is_not_offered(web: Web, api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    folder = Path(web.settings.data_dir)
    tightened = changed_example(folder, "\npolicies:\n", "\npolicies:\n  rights: {reassign: [lead]}\n")
    changed = Web(web.settings, tightened, web.client, web.database)
    async with eyes_of(changed, "tomas") as tomas, eyes_of(changed, "marcos") as marcos:
        assert "reassign" not in offered(await tomas.get(f"/items/{item}"))
        assert "reassign" in offered(await marcos.get(f"/items/{item}"))


async def test_roles_are_taken_on_the_page_of_the_incident(web: Web, api: httpx.AsyncClient) -> None:
    incident = await declare(api)
    shown = await get(api, f"incidents/{incident}")
    asked = shown["roles"][0]["person"]
    async with eyes_of(web, asked) as person, eyes_of(web, "wei") as wei:
        page = await person.get(f"/incidents/{incident}")
        assert "acknowledge" in offered(page)
        assert "acknowledge" not in offered(await wei.get(f"/incidents/{incident}"))
        done = await person.post(f"/incidents/{incident}/do/acknowledge", data={"nonce": hidden(page, "nonce")})
        assert done.status_code == 303
        assert f"Incident {incident} is declared" in words(await person.get(done.headers["location"]))


async def test_an_address_that_was_made_up_says_nothing_that_is_not_so(web: Web, api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    await give(api, item, "accept", by="tomas")
    with Session(web.database) as session:
        number = next(row.number for row in queries.timeline(session, item) if row.author == "tomas")
    async with eyes_of(web, "ines") as ines:
        for made_up in (number, 0, 999):
            assert "Accepted. Action item" not in words(await ines.get(f"/items/{item}?said={made_up}"))
        assert (await ines.get(f"/items/{item}?said=Waived")).status_code == 422


async def test_an_item_leads_to_those_before_and_after_it_and_shows_what_comes(
    web: Web, api: httpx.AsyncClient
) -> None:
    item = await with_item(api)
    incident = incident_of(item)
    for _ in range(10):
        await give(api, incident, "propose action item", title="Alert on queue age", owner="tomas", kind="detect")
    async with eyes_of(web, "tomas") as tomas:
        for number, before, after in ((1, None, 2), (9, 8, 10), (10, 9, 11), (11, 10, None)):
            page = (await tomas.get(f"/items/{incident}.{number}")).text
            for rel, other in (("prev", before), ("next", after)):
                link = f'<a href="/items/{incident}.{other}" rel="{rel}">'
                assert (link in page) if other else (f'rel="{rel}"' not in page)
        shown = words(await tomas.get(f"/items/{item}"))
    for step in ("To be accepted by", "Followthrough reminds Tomás Ferrer to accept", "asks Marcos Vidal for another"):
        assert step in shown
