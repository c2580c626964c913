"""Writing a postmortem on its page, on the real engine."""

import html
import re
from typing import Any

import httpx

from tests.web.conftest import Web, words
from tests.web.test_api import get, give
from tests.web.test_doing import hidden
from tests.web.test_postmortems import BLAMING, FAIR, resolved
from tests.web.test_private import eyes_of

__all__ = ["resolved"]
LEFT = "- What broke, and what did not stop it?"


def form_of(answer: httpx.Response) -> dict[str, str]:
    """As a browser would send it again."""
    names = ("nonce", "began_from", "began_with", "format")
    found = {
        name: html.unescape(match[1])
        for name in names
        if (match := re.search(rf'name="{name}" value="([^"]*)"', answer.text))
    }
    return found | {"text": shown_text(answer)}


def shown_text(answer: httpx.Response) -> str:
    match = re.search(r'<textarea id="text"[^>]*>([^<]*)</textarea>', answer.text)
    assert match is not None
    return html.unescape(match[1])


async def hand_in(person: httpx.AsyncClient, incident: str, text: str, **more: str) -> httpx.Response:
    form = form_of(await person.get(f"/incidents/{incident}/postmortem/edit"))
    return await send(person, incident, form | {"text": text} | more)


async def send(person: httpx.AsyncClient, incident: str, form: dict[str, str], do: str = "hand-in") -> httpx.Response:
    return await person.post(f"/incidents/{incident}/postmortem/edit", data=form | {"do": do})


async def test_who_may_writes_from_the_draft_previews_and_hands_in(
    web: Web, api: httpx.AsyncClient, resolved: str
) -> None:
    async with eyes_of(web, "ines") as ines, eyes_of(web, "ben") as stranger, eyes_of(web, None) as token:
        assert (await stranger.get(f"/incidents/{resolved}/postmortem/edit")).status_code == 403
        assert (await stranger.post(f"/incidents/{resolved}/postmortem/edit", data={"text": FAIR})).status_code == 403
        assert (await token.get(f"/incidents/{resolved}/postmortem/edit")).status_code == 403
        assert f"/incidents/{resolved}/postmortem/edit" in (await ines.get(f"/incidents/{resolved}/postmortem")).text
        page = await ines.get(f"/incidents/{resolved}/postmortem/edit?format=five-whys")
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert "# Postmortem: Search is slow" in shown_text(page)
        assert "## Five whys" in shown_text(page)
        typed = form_of(page) | {"text": f"{BLAMING}\r\n\r\n{LEFT}\r\n\r\n<script>alert(1)</script>"}
        preview = await send(ines, resolved, typed, "preview")
        assert preview.status_code == 200
        assert "<h3>What broke</h3>" in preview.text
        assert "<script>alert" not in preview.text
        assert "<dt>Tomás forgot to run the migration.</dt>" in preview.text
        assert "<li>What broke, and what did not stop it?</li>" in preview.text
        assert shown_text(preview) == typed["text"].replace("\r\n", "\n")
        blamed = await send(ines, resolved, typed)
        assert (blamed.status_code, "1 sentence blames a person" in words(blamed)) == (409, True)
        assert shown_text(blamed) == shown_text(preview)
        assert (await get(api, f"incidents/{resolved}"))["postmortem"] is None

        done = await send(ines, resolved, form_of(blamed) | {"text": FAIR})
        assert (done.status_code, done.headers["location"].split("?")[0]) == (303, f"/incidents/{resolved}/postmortem")
        assert "Postmortem submitted for review. Incident" in words(await ines.get(done.headers["location"]))
        now = await get(api, f"incidents/{resolved}")
        assert (now["postmortem"]["text"], now["postmortem_format"]) == (FAIR, "five-whys")
        assert shown_text(await ines.get(f"/incidents/{resolved}/postmortem/edit")) == FAIR


async def test_what_is_written_while_its_incident_is_reopened_stays_on_its_page(
    web: Web, api: httpx.AsyncClient, resolved: str
) -> None:
    async with eyes_of(web, "ines") as ines:
        form = form_of(await ines.get(f"/incidents/{resolved}/postmortem/edit")) | {"text": FAIR}
        assert (await give(api, resolved, "reopen", reason="It is slow again")).status_code == 200
        for do in ("preview", "hand-in"):
            refused = await send(ines, resolved, form, do)
            assert (refused.status_code, shown_text(refused)) == (409, FAIR)
            assert "Its postmortem is written once it is resolved" in words(refused)
        assert (await ines.get(f"/incidents/{resolved}/postmortem/edit")).status_code == 409
    assert (await get(api, f"incidents/{resolved}"))["postmortem"] is None


async def test_what_can_not_be_handed_in_is_said_in_a_sentence_and_kept(
    web: Web, api: httpx.AsyncClient, resolved: str
) -> None:
    undecided = f"{FAIR}\n\n<<<<<<< theirs\nOne\n=======\nTwo\n>>>>>>> yours"
    async with eyes_of(web, "ines") as ines:
        for typed, sentence in (
            (
                {"text": undecided},
                "Two versions of some lines stand in the text, between <<<<<<< and >>>>>>>; keep what",
            ),
            (
                {"text": FAIR, "override": "a" * 2_001},
                "Why they may stay: the text has 2001 characters, and may have 2000",
            ),
        ):
            refused = await hand_in(ines, resolved, **typed)
            assert (refused.status_code, sentence in html.unescape(refused.text)) == (409, True)
            assert shown_text(refused) == typed["text"]
    assert (await get(api, f"incidents/{resolved}"))["postmortem"] is None


async def test_sentences_that_blame_stay_only_with_a_reason(web: Web, api: httpx.AsyncClient, resolved: str) -> None:
    async with eyes_of(web, "ines") as ines:
        refused = await hand_in(ines, resolved, BLAMING)
        assert 'name="override"' in refused.text
        assert (await hand_in(ines, resolved, BLAMING, override="It is a quote")).status_code == 303
    timeline = (await get(api, f"incidents/{resolved}"))["timeline"]
    assert timeline[-1]["text"] == "Blameless wording overridden for 1 sentence: It is a quote"


async def test_two_authors_texts_are_put_together_and_looked_at_before_they_are_handed_in(
    web: Web, api: httpx.AsyncClient, resolved: str
) -> None:
    began = "# What broke\n\nThe migration.\n\n# What helped\n\nThe runbook."
    async with eyes_of(web, "ines") as ines, eyes_of(web, "tomas") as tomas:
        assert (await hand_in(ines, resolved, began)).status_code == 303
        page = form_of(await tomas.get(f"/incidents/{resolved}/postmortem/edit"))
        theirs = began.replace("The migration.", "The migration did not run.")
        assert (await hand_in(ines, resolved, theirs)).status_code == 303

        mine = began.replace("The runbook.", "The runbook, and patience.")
        both = await send(tomas, resolved, page | {"text": mine})
        assert (both.status_code, "Inés Robles handed in another text while you wrote" in words(both)) == (409, True)
        assert "<ins>The migration did not run.</ins>" in both.text
        assert (await get(api, f"incidents/{resolved}"))["postmortem"]["text"] == theirs
        assert (await send(tomas, resolved, form_of(both))).status_code == 303
        versions = await ines.get(f"/incidents/{resolved}/postmortem")
        assert versions.text.partition("Versions")[2].count("<summary>") == 3
        assert "<del>The runbook.</del>" in versions.text
        assert "<del>The migration.</del>" in versions.text
    after = (await get(api, f"incidents/{resolved}"))["postmortem"]
    assert (after["text"], after["by"]) == (theirs.replace("The runbook.", "The runbook, and patience."), "tomas")


async def test_where_two_authors_changed_the_same_nothing_is_overwritten(
    web: Web, api: httpx.AsyncClient, resolved: str
) -> None:
    async with eyes_of(web, "ines") as ines, eyes_of(web, "tomas") as tomas:
        page = form_of(await tomas.get(f"/incidents/{resolved}/postmortem/edit"))
        title = "# Postmortem: Search is slow"
        theirs = page["text"].replace(title, "# The index was too old")
        assert (await hand_in(ines, resolved, theirs)).status_code == 303
        both = await send(tomas, resolved, page | {"text": page["text"].replace(title, "# Nothing watched the index")})
        assert both.status_code == 409
        kept = shown_text(both)
        assert "# The index was too old" in kept
        assert "# Nothing watched the index" in kept
        undecided = await send(tomas, resolved, form_of(both))
        assert (undecided.status_code, "keep what holds" in words(undecided)) == (409, True)
        assert shown_text(undecided) == kept
        assert (await get(api, f"incidents/{resolved}"))["postmortem"]["text"] == theirs
        decided = "\n".join(line for line in kept.splitlines() if line[:7] not in ("<<<<<<<", "=======", ">>>>>>>"))
        assert (await send(tomas, resolved, form_of(undecided) | {"text": decided})).status_code == 303
    assert (await get(api, f"incidents/{resolved}"))["postmortem"]["text"] == decided


async def test_a_form_that_is_sent_twice_hands_in_once(web: Web, api: httpx.AsyncClient, resolved: str) -> None:
    async with eyes_of(web, "ines") as ines:
        page = form_of(await ines.get(f"/incidents/{resolved}/postmortem/edit")) | {"text": FAIR}
        assert {(await send(ines, resolved, page)).status_code for _ in range(2)} == {303}
    said = [entry["text"] for entry in (await get(api, f"incidents/{resolved}"))["timeline"]]
    assert said.count("Postmortem submitted for review") == 1


async def test_the_api_refuses_a_text_that_began_from_another(api: httpx.AsyncClient, resolved: str) -> None:
    assert (await give(api, resolved, "submit postmortem", text=FAIR, replaces="")).status_code == 200
    refused = await give(api, resolved, "submit postmortem", text="Another", replaces="")
    assert (refused.status_code, "handed in another text" in refused.json()["error"]) == (409, True)


async def test_action_items_are_proposed_beside_the_text_which_stays(
    web: Web, api: httpx.AsyncClient, resolved: str
) -> None:
    item: dict[str, Any] = {"item-title": "Improve monitoring", "item-owner": "tomas", "item-kind": "detect"}
    async with eyes_of(web, "ines") as ines:
        page = form_of(await ines.get(f"/incidents/{resolved}/postmortem/edit")) | {"text": "Half a thou", **item}
        checked = await send(ines, resolved, page, "check")
        assert "A checkable end" in words(checked)
        vague = await send(ines, resolved, page, "propose")
        assert (vague.status_code, "too vague" in words(vague), shown_text(vague)) == (409, True, "Half a thou")
        assert 'value="Improve monitoring"' in vague.text
        nobody = await send(ines, resolved, page | {"item-title": "Alert on queue depth", "item-owner": ""}, "propose")
        assert (nobody.status_code, "Owner: " in words(nobody)) == (409, True)
        page |= {"item-title": "Alert on queue depth"}
        for _ in range(2):
            done = await send(ines, resolved, page, "propose")
            assert "Proposed to Tomás Ferrer: Alert on queue depth." in words(done)
            assert shown_text(done) == "Half a thou"
            assert f"/items/{resolved}.1" in done.text
    assert [one["title"] for one in (await get(api, f"incidents/{resolved}"))["items"]] == ["Alert on queue depth"]
    hints = (await api.post("/api/quality", json={"title": "Improve monitoring"})).json()
    assert (len(hints["missing"]), hints["hint"]) == (1, None)


async def test_questions_that_are_left_as_they_came_are_not_published(
    web: Web, api: httpx.AsyncClient, resolved: str
) -> None:
    async with eyes_of(web, "ines") as ines, eyes_of(web, "tomas") as tomas:
        await hand_in(ines, resolved, f"{FAIR}\n\n{LEFT}")
        assert (
            "What broke, and what did not stop it?</li>" in (await ines.get(f"/incidents/{resolved}/postmortem")).text
        )
        assert (await tomas.post(f"/incidents/{resolved}/do/approve-postmortem")).status_code == 303
        where, why = f"/incidents/{resolved}/do/publish-without-items", {"no_items_because": "The index is new"}
        assert where in (await ines.get(f"/incidents/{resolved}/postmortem")).text
        refused = await ines.post(where, data=why)
        assert (refused.status_code, "A question is as it came, the first is" in words(refused)) == (409, True)
        by_api = await give(api, resolved, "publish postmortem", text=LEFT, no_items_because="None")
        assert by_api.json()["unanswered"] == ["What broke, and what did not stop it?"]
        assert (await hand_in(ines, resolved, f"{FAIR}\n\n{LEFT} The index.")).status_code == 303
        assert (await tomas.post(f"/incidents/{resolved}/do/approve-postmortem")).status_code == 303
        assert (await ines.post(where, data=why)).status_code == 303
        published = await get(api, f"incidents/{resolved}")
        closed = await ines.get(f"/incidents/{resolved}/postmortem/edit")
        assert (closed.status_code, "nothing to write now" in words(closed)) == (409, True)
        typed = {"text": "What I wrote <for> an hour", "do": "preview"}
        late = await ines.post(f"/incidents/{resolved}/postmortem/edit", data=typed)
        assert (late.status_code, ">What I wrote &lt;for&gt; an hour</textarea>" in late.text) == (409, True)
    assert published["published_at"] is not None


async def test_whoever_sits_at_this_machine_says_first_who_they_are(api: httpx.AsyncClient, resolved: str) -> None:
    asked = await api.get(f"/incidents/{resolved}/postmortem/edit")
    assert asked.headers["location"] == f"/you?to=%2Fincidents%2F{resolved}%2Fpostmortem%2Fedit"
    assert hidden(await api.get(asked.headers["location"]), "to").endswith("/postmortem/edit")
