"""Editing and commenting on an action item, and correcting an incident's times, on pages and through the API."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from followthrough.records import Records
from tests.web.conftest import Web, words
from tests.web.test_api import declare, get, give, with_item
from tests.web.test_doing import hidden, offered
from tests.web.test_private import eyes_of

TITLE = "Alert when the queue of refunds is older than 5 minutes"


def filled(form: httpx.Response) -> dict[str, str]:
    """As a browser sends it, when nothing is typed."""
    inputs = re.findall(r'<input[^>]* name="([^"]+)"[^>]*? value="([^"]*)"', form.text)
    texts = re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>([^<]*)<', form.text)
    chosen = re.findall(r'name="(\w+)"[^>]*>(?:(?!</select>).)*<option value="([^"]+)" selected', form.text, re.DOTALL)
    return {name: html.unescape(value) for name, value in (*inputs, *texts, *chosen)}


async def test_an_edit_begins_with_what_is_there_and_changes_only_what_was_changed(
    web: Web, api: httpx.AsyncClient
) -> None:
    item = await with_item(api)
    path = f"/items/{item}/do/edit"
    async with eyes_of(web, "tomas") as tomas, eyes_of(web, "wei") as wei:
        assert "edit" in offered(await tomas.get(f"/items/{item}"))
        assert (await wei.get(path)).status_code == 403
        form = await tomas.get(path)
        before = filled(form)
        assert before["shown-title"] == before["title"] == (await get(api, f"items/{item}"))["title"]
        same = await tomas.post(path, data=before)
        assert (same.status_code, "is like that already" in words(same)) == (409, True)
        vague = await tomas.post(path, data=before | {"title": "Improve monitoring"})
        assert (vague.status_code, "The new title is too vague." in words(vague)) == (409, True)
        assert filled(vague)["title"] == "Improve monitoring"

        meanwhile = await give(api, item, "edit", by="tomas", title=TITLE)
        assert meanwhile.status_code == 200
        done = await tomas.post(
            path, data=before | {"description": "See the runbook\r\nof refunds", "priority": "high"}
        )
        assert done.status_code == 303, words(done)
        page = await tomas.get(done.headers["location"])
        assert "Edited: description “See the runbook of refunds”; priority from medium to high." in words(page)
        assert "What it is about" in words(page)
        assert (await get(api, f"items/{item}"))["title"] == TITLE
        again = filled(await tomas.get(path))
        assert (await tomas.post(path, data=again | {"description": ""})).status_code == 303
    after = await get(api, f"items/{item}")
    assert (after["title"], after["description"], after["priority"]) == (TITLE, "", "high")


async def test_two_who_edit_the_same_at_once_overwrite_nothing_unasked(web: Web, api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    path = f"/items/{item}/do/edit"
    async with eyes_of(web, "tomas") as tomas, eyes_of(web, "marcos") as marcos:
        mine, theirs = filled(await tomas.get(path)), filled(await marcos.get(path))
        assert (await give(api, item, "comment", by="wei", text="The vendor answered")).status_code == 200
        first = theirs | {"title": TITLE, "description": "As the runbook says"}
        assert (await marcos.post(path, data=first)).status_code == 303
        assert (await marcos.post(path, data=first)).status_code == 303

        better = "Alert when the oldest refund waits for more than 10 minutes"
        refused = await tomas.post(path, data=mine | {"title": better, "priority": "high"})
        sentence = f"Somebody else has changed meanwhile: title, now “{TITLE}”. Nothing was overwritten"
        assert (refused.status_code, sentence in words(refused)) == (409, True)
        now = await get(api, f"items/{item}")
        assert (now["title"], now["priority"]) == (TITLE, "medium")
        again = filled(refused)
        assert (again["title"], again["shown-title"], again["priority"]) == (better, TITLE, "high")
        assert (await tomas.post(path, data=again)).status_code == 303
        late = await marcos.post(path, data=theirs | {"description": "", "title": better})
        assert (late.status_code, "is like that already" in words(late)) == (409, True)
    after = await get(api, f"items/{item}")
    assert (after["title"], after["description"]) == (better, "As the runbook says")


async def test_what_changes_while_an_edit_is_on_its_way_is_read_again(
    web: Web, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, title = await with_item(api), "Alert when the oldest refund waits for more than 10 minutes"
    path, meanwhile = f"/items/{item}/do/edit", [{"command": "comment", "by": "wei", "text": "It is urgent"}]

    async def between(records: Records[Any, Any], item_id: str, command: Any, *rest: Any) -> Any:
        while meanwhile and command.command == "edit":
            body = meanwhile.pop()
            assert (await api.post(f"/api/items/{item}/commands", json=body)).status_code == 200
        return await given(records, item_id, command, *rest)

    given = Records.command
    monkeypatch.setattr(Records, "command", between)
    async with eyes_of(web, "tomas") as tomas:
        form = filled(await tomas.get(path))
        assert (await tomas.post(path, data=form | {"title": title})).status_code == 303
        form = filled(await tomas.get(path))
        meanwhile.append({"command": "edit", "by": "tomas", "title": TITLE})
        refused = await tomas.post(path, data=form | {"title": f"{title} in Europe"})
        assert (refused.status_code, f"title, now “{TITLE}”" in words(refused)) == (409, True)
    assert (await get(api, f"items/{item}"))["title"] == TITLE


async def test_a_comment_of_anybody_stands_in_the_story(web: Web, api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    async with eyes_of(web, "wei") as wei:
        form = await wei.get(f"/items/{item}/do/comment")
        typed = {"text": "The vendor answered", "nonce": hidden(form, "nonce")}
        done = await wei.post(f"/items/{item}/do/comment", data=typed)
        assert done.status_code == 303, words(done)
        page = (await wei.get(f"/items/{item}")).text
    assert "The vendor answered" in page.partition(">Comments<")[2]
    assert (await get(api, f"items/{item}"))["comments"][0]["by"] == "wei"


async def test_what_will_happen_is_a_picture_with_the_numbers_of_its_list(api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    page = (await api.get(f"/items/{item}")).text
    shown = page.partition('<svg class="picture"')[2].partition("</svg>")[0]
    steps = page.partition('<ol class="course numbered">')[2].partition("</ol>")[0].count("<li")
    assert (shown.count("<circle"), ">now<" in shown) == (steps, True)
    assert "style=" not in shown


async def test_corrected_times_are_refused_out_of_order_and_give_other_durations(
    web: Web, api: httpx.AsyncClient
) -> None:
    incident = await declare(api)
    path = f"/incidents/{incident}/do/times"
    async with eyes_of(web, "ines") as ines:
        form = filled(await ines.get(path))
        assert {"declared_at", "shown-declared_at"} <= form.keys()
        assert "resolved_at" not in form
        assert (await give(api, incident, "resolve", summary="Rolled back")).status_code == 200
        form = filled(await ines.get(path))
        early = (datetime.fromisoformat(form["declared_at"]) - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
        refused = await ines.post(path, data=form | {"mitigated_at": early, "reason": "The graph shows it"})
        assert (refused.status_code, "it is declared first, then mitigated" in words(refused)) == (409, True)
        assert filled(refused)["mitigated_at"] == early
        none = await ines.post(path, data=form | {"reason": "The graph shows it"})
        assert (none.status_code, "say which time was another" in words(none)) == (409, True)
        done = await ines.post(path, data=form | {"declared_at": early, "reason": "The graph shows it"})
        assert done.status_code == 303, words(done)
        page = words(await ines.get(done.headers["location"]))
    assert "Times corrected: declared from" in page
    found = await get(api, f"incidents/{incident}")
    assert found["durations_in_words"]["resolved"].startswith("2 h")
    assert found["durations"]["acknowledged_after"] is None
    assert f"{found['durations_in_words']['resolved']} after it was declared" in page
    assert datetime.fromisoformat(found["declared_at"]) < datetime.now(UTC) - timedelta(hours=1)


async def test_times_of_what_has_ended_stay(web: Web, api: httpx.AsyncClient) -> None:
    incident = await declare(api)
    await give(api, incident, "cancel", reason="A test of the probe")
    await web.client.get_workflow_handle(incident).result()
    late = await give(api, incident, "correct times", declared_at="2026-03-02T09:00:00Z", reason="It began before")
    assert (late.status_code, "is cancelled; only one that is declared or" in late.json()["error"]) == (409, True)
