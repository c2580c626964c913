"""What people say of a postmortem beside its text, and corrections of what is published, on the real engine."""

import html
import re

import httpx
import pytest

from followthrough.domain.answered.access.audit import Act
from followthrough.domain.replayed.postmortem.postmortem import version_of
from tests.web.audited import audited
from tests.web.conftest import Web, words
from tests.web.test_api import get, give
from tests.web.test_doing import hidden
from tests.web.test_postmortem_editor import form_of
from tests.web.test_postmortems import BLAMING, FAIR, resolved
from tests.web.test_private import eyes_of, secret_item

__all__ = ["resolved"]
pytestmark = pytest.mark.usefixtures("all_work_shown")
BETTER = f"{FAIR}\n\nThe index was rebuilt twice."


@pytest.fixture
async def published(api: httpx.AsyncClient, resolved: str) -> str:
    """By Inés; its incident has closed, for nothing is left to do."""
    assert (await give(api, resolved, "submit postmortem", text=FAIR)).status_code == 200
    assert (await give(api, resolved, "review postmortem", by="tomas")).status_code == 200
    answer = await give(api, resolved, "publish postmortem", no_items_because="All is done")
    assert answer.json()["status"] == "closed", answer.text
    return resolved


async def test_a_comment_stands_beside_the_text_until_its_author_settles_it(
    web: Web, api: httpx.AsyncClient, resolved: str
) -> None:
    path = f"/incidents/{resolved}/postmortem"
    async with eyes_of(web, "wei") as wei, eyes_of(web, "ines") as ines, eyes_of(web, "sam") as sam:
        early = await wei.post(f"{path}/comments", data={"text": "Why?", "nonce": "0"})
        assert (early.status_code, "was handed in yet" in words(early), "Why?" in early.text) == (409, True, True)
        await give(api, resolved, "submit postmortem", text=FAIR)
        typed = {"text": "Which <index>?", "quote": "What broke", "nonce": hidden(await wei.get(path), "nonce")}
        with audited(web.settings, web.database, Act.COMMAND) as entries:
            done = await wei.post(f"{path}/comments", data=typed)
            again = await wei.post(f"{path}/comments", data=typed)
        assert done.headers["location"] == again.headers["location"]
        assert entries.said() == [("comment on postmortem", "wei", "done")] * 2
        shown = await ines.get(path)
        assert "<blockquote>What broke</blockquote>" in shown.text
        assert "<p>Which &lt;index&gt;?</p>" in shown.text
        (comment,) = await get(api, f"incidents/{resolved}/postmortem/comments")
        assert (await sam.post(f"{path}/comments/{comment['id']}")).status_code == 403
        edit = await ines.get(f"{path}/edit")
        assert "Which &lt;index&gt;?" in edit.text
        settled = await ines.post(
            f"{path}/edit", data=form_of(edit) | {"text": BETTER, "do": f"settle {comment['id']}"}
        )
        assert ("That comment is settled." in settled.text, BETTER in html.unescape(settled.text)) == (True, True)
        assert "Which" not in settled.text
        assert "Settled by Inés Robles" in words(await wei.get(path))
        assert (await ines.post(f"{path}/comments/unknown")).status_code == 404
        empty = await wei.post(f"{path}/comments", data={"text": " ", "quote": "What broke"})
        assert (empty.status_code, "What broke</textarea>" in empty.text) == (409, True)


async def test_who_commented_settles_that_and_says_what_came_of_it(
    web: Web, api: httpx.AsyncClient, resolved: str
) -> None:
    await give(api, resolved, "submit postmortem", text=FAIR)
    path = f"/api/incidents/{resolved}/postmortem/comments"
    key = {"Idempotency-Key": "once"}
    first = await api.post(path, json={"by": "wei", "text": "Why?"}, headers=key)
    assert first.status_code == 201
    assert (await api.post(path, json={"by": "wei", "text": "Why?"}, headers=key)).json() == first.json()
    assert (await api.post(f"{path}/{first.json()['id']}", json={"by": "sam"})).status_code == 403
    said = {"by": "wei", "answer": "It says so below"}
    assert (await api.post(f"{path}/{first.json()['id']}", json=said)).status_code == 204
    (comment,) = (await api.get(path)).json()
    assert (comment["settled_by"], comment["answer"]) == ("wei", "It says so below")


async def test_comments_wait_for_who_wrote_it_on_the_first_page_and_in_the_api_until_they_are_settled(
    web: Web, api: httpx.AsyncClient, published: str
) -> None:
    path = f"/api/incidents/{published}/postmortem/comments"
    async with eyes_of(web, "ines") as ines, eyes_of(web, "wei") as wei:

        async def told() -> tuple[list[str], bool]:
            """What she is told of it in the API, and whether her first page leads to the comments."""
            waiting = [one for one in (await ines.get("/api/mine")).json() if one["id"] == published]
            assert {one["wanted"] for one in waiting} <= {"to answer"}
            shown = f'href="/incidents/{published}/postmortem#comments"' in (await ines.get("/")).text
            return [one["why"] for one in waiting], shown

        assert (await ines.post(path, json={"text": "Mine, to be remembered"})).status_code == 201
        assert await told() == ([], False)
        asked = [(await wei.post(path, json={"text": text})).json()["id"] for text in ("Why?", "When?")]
        assert await told() == (["2 comments on its postmortem wait for an answer"], True)
        assert published not in {one["id"] for one in (await wei.get("/api/mine")).json()}
        await ines.post(f"{path}/{asked[0]}", json={"answer": "Says line 2"})
        assert await told() == (["1 comment on its postmortem waits for an answer"], True)
        await wei.post(f"{path}/{asked[1]}", json={})
        assert await told() == ([], False)
        assert "Says line 2" in words(await wei.get(f"/incidents/{published}/postmortem"))


async def test_what_is_published_is_corrected_with_a_reason_after_its_incident_has_closed(
    web: Web, api: httpx.AsyncClient, published: str
) -> None:
    path = f"/incidents/{published}/postmortem"
    async with eyes_of(web, "ines") as ines, eyes_of(web, "wei") as stranger:
        assert f"{path}/correct" in (await ines.get(path)).text
        assert f"{path}/correct" not in (await stranger.get(path)).text
        form = form_of(await ines.get(f"{path}/correct"))
        assert form["text"] == FAIR
        preview = await ines.post(f"{path}/correct", data=form | {"text": BLAMING, "do": "preview"})
        assert "<dt>Tomás forgot to run the migration.</dt>" in preview.text
        typed = form | {"text": BETTER, "do": "correct"}
        refused = await ines.post(f"{path}/correct", data=typed)
        assert (refused.status_code, "Why it is corrected" in words(refused)) == (409, True)
        assert form_of(refused)["text"] == BETTER
        blamed = await ines.post(f"{path}/correct", data=form | {"text": BLAMING, "reason": "So", "do": "correct"})
        assert (blamed.status_code, "blames a person" in words(blamed)) == (409, True)
        typed["reason"] = "The second rebuild was left out"
        assert (await stranger.post(f"{path}/correct", data=typed)).status_code == 403
        with audited(web.settings, web.database, Act.COMMAND) as entries:
            for _ in range(2):
                assert (await ines.post(f"{path}/correct", data=typed)).status_code in (303, 409)
        assert entries.said()[0] == ("correct postmortem", "ines", "done")
        shown = words(await stranger.get(path))
        assert re.search(r"Corrected on \d+ \w+ \d+ by Inés Robles: The second rebuild was left out", shown)
        assert shown.count("Corrected on") == 1
        assert "The index was rebuilt twice." in shown
        assert "corrected, The second rebuild was left out" in shown
        beside = words(await stranger.get(f"/incidents/{published}"))
        assert ("The index was rebuilt twice." in beside, beside.count("Corrected on")) == (True, 1)
        assert (await stranger.get(f"{path}.md")).text == f"{BETTER}\n"
        assert "Corrected on" in (await stranger.get(f"{path}.html")).text


async def test_of_two_corrections_at_once_nothing_is_lost(web: Web, api: httpx.AsyncClient, published: str) -> None:
    path = f"/incidents/{published}/postmortem"
    async with eyes_of(web, "ines") as ines:
        form = form_of(await ines.get(f"{path}/correct"))
        theirs = {"by": "marcos", "text": f"Before.\n\n{FAIR}", "reason": "Order", "replaces": version_of(FAIR)}
        assert (await api.post(f"/api{path}/corrections", json=theirs)).status_code == 200
        late = await api.post(f"/api{path}/corrections", json=theirs | {"text": BETTER})
        assert (late.status_code, "meanwhile" in late.json()["error"]) == (409, True)
        typed = form | {"text": BETTER, "reason": "Mine", "do": "correct"}
        both = await ines.post(f"{path}/correct", data=typed)
        assert (both.status_code, "nothing of yours is kept yet" in words(both)) == (409, True)
        now = form_of(both)
        assert ("Before." in now["text"], "rebuilt twice" in now["text"]) == (True, True)
        done = await ines.post(f"{path}/correct", data=now | {"reason": "Mine", "do": "correct"})
        assert done.status_code == 303
        assert words(await ines.get(path)).count("Corrected on") == 2


async def test_only_what_is_published_is_corrected(web: Web, api: httpx.AsyncClient, resolved: str) -> None:
    await give(api, resolved, "submit postmortem", text=FAIR)
    body = {"by": "ines", "text": BETTER, "reason": "So"}
    answer = await api.post(f"/api/incidents/{resolved}/postmortem/corrections", json=body)
    assert (answer.status_code, "is not published" in answer.json()["error"]) == (409, True)


async def test_what_is_said_of_a_private_postmortem_is_for_who_is_on_it(web: Web, api: httpx.AsyncClient) -> None:
    incident = (await secret_item(api)).partition(".")[0]
    path = f"/api/incidents/{incident}/postmortem"
    said = await api.post(f"{path}/comments", json={"by": "ines", "text": "Which one?"})
    assert said.status_code == 201, said.text
    async with eyes_of(web, "ines") as ines, eyes_of(web, "sam") as stranger:
        assert (await ines.get(f"{path}/comments")).status_code == 200
        for answer in (
            await stranger.get(f"{path}/comments"),
            await stranger.post(f"{path}/comments", json={"text": "Hm"}),
            await stranger.post(f"{path}/comments/{said.json()['id']}", json={}),
            await stranger.post(f"{path}/corrections", json={"text": "x", "reason": "y"}),
            await stranger.get(f"{path}.pdf"),
            await stranger.get(f"/incidents/{incident}/postmortem/correct"),
        ):
            assert (answer.status_code, "or it is private" in answer.text) == (404, True)
