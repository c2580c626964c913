"""What people choose on the page of an incident, on the real engine."""

import asyncio
import html
from urllib.parse import quote

import httpx
import pytest

from tests.web.conftest import Web, words
from tests.web.test_api import declare, get, give
from tests.web.test_doing import hidden, offered
from tests.web.test_private import eyes_of

WHY = "It is better so"


async def commanded(api: httpx.AsyncClient, **changes: object) -> str:
    """By Inés, who has acknowledged it."""
    incident = await declare(api, **changes)
    assert (await get(api, f"incidents/{incident}"))["roles"][0]["person"] == "ines"
    assert (await give(api, incident, "acknowledge")).status_code == 200
    return incident


async def choose(browser: httpx.AsyncClient, incident: str, choice: str, **typed: str | list[str]) -> httpx.Response:
    """On the form that is shown for it."""
    path = f"/incidents/{incident}/do/{choice}"
    form = await browser.get(path)
    assert form.status_code == 200, words(form)
    return await browser.post(path, data={"nonce": hidden(form, "nonce"), **typed})


async def test_each_command_is_a_choice_on_the_page(web: Web, api: httpx.AsyncClient) -> None:
    incident = await commanded(api)
    async with eyes_of(web, "ines") as ines:
        for choice, typed in (
            ("note", {"text": "The queue is full", "at": "2026-01-31T13:45"}),
            ("decision", {"text": "We roll back"}),
            ("severity", {"severity": "SEV3", "reason": WHY}),
            ("assign-role", {"role": "Resolver", "person": "wei"}),
            ("subscribe", {"audience": "executives"}),
            ("kudos", {"to": ["wei", "tomas"], "text": "Found it", "for_openness": "true"}),
            ("postmortem-format", {"format": "short"}),
            ("split-off", {"title": "Refunds fail, too", "reason": WHY, "service": "checkout"}),
            ("make-private", {"reason": WHY}),
            ("admit", {"person": "nora"}),
            ("make-open", {"reason": WHY}),
            ("mitigate", {"summary": "Moved the traffic"}),
            ("hand-over", {"person": "sam", "note": "All is said above"}),
            ("resolve", {"summary": "The provider is back"}),
        ):
            page = await ines.get(f"/incidents/{incident}")
            assert choice in offered(page), choice
            done = await choose(ines, incident, choice, **typed)
            assert done.status_code == 303, (choice, words(done))
            assert 'role="status"' in (await ines.get(done.headers["location"])).text
        assert "unsubscribe" in offered(await ines.get(f"/incidents/{incident}"))
        assert (await ines.post(f"/incidents/{incident}/do/unsubscribe")).status_code == 303
        assert (await choose(ines, incident, "reopen-incident", reason="It is back")).status_code == 303
    shown = await get(api, f"incidents/{incident}")
    assert (shown["status"], shown["severity"], shown["admitted"]) == ("declared", "SEV3", ["nora"])
    assert shown["kudos"][0] | {"at": 0} == {
        "by": "ines",
        "to": ["wei", "tomas"],
        "text": "Found it",
        "for_openness": True,
        "at": 0,
    }
    assert next(row["at"] for row in shown["timeline"] if row["text"] == "The queue is full") == "2026-01-31T12:45:00Z"
    assert "<code>followthrough" not in (await api.get(f"/incidents/{incident}")).text


async def test_the_likely_choices_come_first_and_the_others_below(web: Web, api: httpx.AsyncClient) -> None:
    incident = await commanded(api)
    async with eyes_of(web, "ines") as ines:
        first, _, below = (await ines.get(f"/incidents/{incident}")).text.partition("<summary>What else you can do")
        assert all(f"/do/{name}" in first for name in ("mitigate", "resolve", "note"))
        assert f'href="/incidents/{incident}/update"' in first
        assert all(f"/do/{name}" in below for name in ("cancel", "severity", "merge-into", "split-off"))
        assert "/do/reopen-incident" not in below


async def test_links_that_help_stand_on_top(web: Web, api: httpx.AsyncClient) -> None:
    incident = await declare(api)
    page = (await api.get(f"/incidents/{incident}")).text.partition("What you can do")[0]
    assert "/services/checkout/playbook" in page
    for label, url in web.organisation().services["checkout"].links.items():
        assert f'href="{html.escape(str(url))}" rel="noopener noreferrer">{label.capitalize()}</a>' in page


async def test_what_makes_an_action_item_vague_is_said_before_it_is_sent(web: Web, api: httpx.AsyncClient) -> None:
    incident = await commanded(api)
    foreign = {"title": "Avisar cuando la cola sea larga", "owner": "tomas", "kind": "detect", "priority": "high"}
    async with eyes_of(web, "ines") as ines:
        vague = await choose(ines, incident, "propose", **foreign | {"title": "Improve monitoring"})
        assert (vague.status_code, "The action item is too vague." in words(vague)) == (409, True)
        asked = await choose(ines, incident, "propose", **foreign)
        assert (asked.status_code, "Say it better below, or send it as it is" in words(asked)) == (200, True)
        for answer, title in ((vague, "Improve monitoring"), (asked, foreign["title"])):
            assert f'value="{title}"' in answer.text
            assert 'value="tomas" selected' in answer.text
        assert (await get(api, f"incidents/{incident}"))["items"] == []
        advised = html.unescape(hidden(asked, "advised"))
        sent = await ines.post(f"/incidents/{incident}/do/propose", data=foreign | {"advised": advised})
        assert sent.status_code == 303
        clear = foreign | {"title": "Alert when the queue of refunds is older than 5 minutes"}
        assert (await choose(ines, incident, "propose", **clear)).status_code == 303
        assert "cancel" not in offered(await ines.get(f"/incidents/{incident}"))
    assert len((await get(api, f"incidents/{incident}"))["items"]) == 2


async def test_an_incident_is_merged_into_one_that_is_offered(web: Web, api: httpx.AsyncClient) -> None:
    over, going = await commanded(api), await declare(api, title="The provider is down")
    await give(api, over, "propose action item", title="Alert on queue depth", owner="tomas")
    async with eyes_of(web, "ines") as ines:
        form = await ines.get(f"/incidents/{over}/do/merge-into")
        assert f'<option value="{going}">The provider is down</option>' in form.text
        assert f'<option value="{over}"' not in form.text
        assert (await choose(ines, over, "merge-into", into=over)).status_code == 409
        assert (await choose(ines, over, "merge-into", into=going)).status_code == 303
    assert (await get(api, f"incidents/{over}"))["merged_into"] == going


async def test_an_earlier_one_is_linked_and_taken_back(web: Web, api: httpx.AsyncClient) -> None:
    earlier, later = await declare(api, title="Refunds are slow"), await commanded(api)
    async with eyes_of(web, "ines") as ines:
        form = await ines.get(f"/incidents/{later}/do/link-repeat?of={quote(earlier)}")
        assert f'value="{earlier}"' in form.text
        assert (await choose(ines, later, "link-repeat", of=earlier, reason=WHY)).status_code == 303
        page = await ines.get(f"/incidents/{later}")
        assert f"/do/unlink-repeat?of={earlier}" in page.text
        assert (
            f'value="{earlier}" selected' in (await ines.get(f"/incidents/{later}/do/unlink-repeat?of={earlier}")).text
        )
        assert (await choose(ines, later, "unlink-repeat", of=earlier, reason=WHY)).status_code == 303
    assert (await get(api, f"incidents/{later}"))["repeats"] == []


async def test_two_who_act_at_once_have_a_clear_answer(web: Web, api: httpx.AsyncClient) -> None:
    incident = await commanded(api)
    async with eyes_of(web, "ines") as ines, eyes_of(web, "marcos") as marcos:
        answers = await asyncio.gather(
            choose(ines, incident, "mitigate", summary="Moved the traffic"),
            choose(marcos, incident, "mitigate", summary="Switched the provider"),
            return_exceptions=True,
        )
        late = await marcos.post(f"/incidents/{incident}/do/mitigate", data={"summary": "Switched the provider"})
    assert any(isinstance(answer, httpx.Response) and answer.status_code == 303 for answer in answers)
    assert late.status_code == 409
    assert "is mitigated; only one that is declared can be mitigated" in words(late)
    assert ">Switched the provider</textarea>" in late.text


@pytest.mark.parametrize("typed", [{"at": "yesterday"}, {"at": "2999-01-01T00:00"}])
async def test_a_time_that_can_not_be_is_refused_with_what_was_typed(
    web: Web, api: httpx.AsyncClient, typed: dict[str, str]
) -> None:
    incident = await declare(api)
    async with eyes_of(web, "wei") as wei:
        refused = await choose(wei, incident, "note", text="The queue is full", **typed)
    assert refused.status_code == 409
    assert ">The queue is full</textarea>" in refused.text
