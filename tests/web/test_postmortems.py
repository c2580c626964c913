from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from followthrough.organisation_file import OrganisationFile
from tests.waiting import eventually
from tests.web.conftest import Web
from tests.web.test_api import declare, get, give

EXAMPLE = Path("followthrough.example.yaml").read_text()
BLAMING = "# What broke\n\nTomás forgot to run the migration."
FAIR = "# What broke\n\nThe migration did not run."


@pytest.fixture
async def resolved(api: httpx.AsyncClient) -> str:
    incident = await declare(api, title="Search is slow")
    await eventually(lambda: get(api, f"incidents/{incident}"), lambda it: it["roles"])
    assert (await give(api, incident, "acknowledge")).status_code == 200
    assert (await give(api, incident, "resolve", summary="The index is back")).status_code == 200
    return incident


async def test_the_draft_is_markdown_in_the_incidents_format_or_another(api: httpx.AsyncClient, resolved: str) -> None:
    await give(api, resolved, "give kudos", to=["tomas"], text="Said early what nobody knew")
    await give(api, resolved, "choose postmortem format", format="contributing-factors")
    drafted = await api.get(f"/api/incidents/{resolved}/postmortem/draft")
    assert drafted.headers["content-type"] == "text/markdown; charset=utf-8"
    assert "# Postmortem: Search is slow" in drafted.text
    assert "Resolved: The index is back" in drafted.text
    assert "Said early what nobody knew" in drafted.text
    assert "## Contributing factors" in drafted.text
    assert "## Five whys" in (await api.get(f"/api/incidents/{resolved}/postmortem/draft?format=five-whys")).text


async def test_blaming_sentences_come_back_with_what_to_say_instead(api: httpx.AsyncClient, resolved: str) -> None:
    returned = await give(api, resolved, "submit postmortem", text=BLAMING)
    assert returned.status_code == 409
    assert "1 sentence blames a person" in returned.json()["error"]
    (finding,) = returned.json()["findings"]
    assert finding["sentence"] == "Tomás forgot to run the migration."
    assert finding["rule"] == "omission"
    assert finding["suggestion"]
    assert (await get(api, f"incidents/{resolved}"))["postmortem"] is None
    assert (await give(api, resolved, "submit postmortem", text=FAIR)).json()["postmortem"]["text"] == FAIR


async def test_an_override_is_counted_here_and_stands_on_the_timeline(api: httpx.AsyncClient, resolved: str) -> None:
    submitted = await give(api, resolved, "submit postmortem", text=BLAMING, override="It is a quote.", blaming=7)
    assert submitted.status_code == 200
    timeline = (await get(api, f"incidents/{resolved}"))["timeline"]
    assert timeline[-1]["text"] == "Blameless wording overridden for 1 sentence: It is a quote."


async def test_sentences_of_a_text_that_is_published_as_it_was_submitted_are_not_counted_by_who_sends(
    api: httpx.AsyncClient, resolved: str
) -> None:
    await give(api, resolved, "submit postmortem", text=FAIR)
    assert (await give(api, resolved, "review postmortem", by="tomas")).status_code == 200
    published = await give(
        api, resolved, "publish postmortem", override="Nobody asked", blaming=7, no_items_because="All is done"
    )
    assert published.status_code == 200, published.text
    timeline = (await get(api, f"incidents/{resolved}"))["timeline"]
    assert not [entry for entry in timeline if "overridden" in entry["text"]]


async def test_the_pages_show_the_draft_then_what_was_submitted(api: httpx.AsyncClient, resolved: str) -> None:
    async def page(path: str) -> str:
        return (await api.get(path, headers={"Accept": "text/html"})).raise_for_status().text

    assert "Read the draft" in await page(f"/incidents/{resolved}")
    assert "<h1>Draft of a postmortem</h1>" in await page(f"/incidents/{resolved}/postmortem")
    await give(api, resolved, "submit postmortem", text=BLAMING, override="It is a quote.")
    assert "Inés Robles wrote it, waiting for review" in await page(f"/incidents/{resolved}")
    submitted = await page(f"/incidents/{resolved}/postmortem")
    assert "<dt>Tomás forgot to run the migration.</dt>" in submitted
    await give(api, resolved, "review postmortem", by="tomas")
    await give(api, resolved, "publish postmortem", no_items_because="The index is new.")
    published = await page(f"/incidents/{resolved}")
    assert "approved by Tomás Ferrer" in published
    assert ("<h3>What broke</h3>" in published, published.count("<h1")) == (True, 1)
    alone = await page(f"/incidents/{resolved}/postmortem")
    assert ("<h2>What broke</h2>" in alone, alone.count("<h1")) == (True, 1)


async def test_any_prose_can_be_checked(api: httpx.AsyncClient) -> None:
    found = await api.post("/api/blameless", json={"text": f"{FAIR}\n\n{BLAMING}"})
    assert [finding["sentence"] for finding in found.json()] == ["Tomás forgot to run the migration."]
    assert (await api.post("/api/blameless", json={"text": FAIR})).json() == []


@pytest.mark.parametrize(
    ("title", "owner", "starts"),
    [
        ("Improve monitoring", "tomas", ["A checkable end"]),
        ("More tests", "payments", ["One owner: payments is a team", "A checkable end"]),
        ("Alert on queue depth", "zoe", ["One owner: zoe is not a person"]),
    ],
)
async def test_vague_action_items_come_back_with_what_is_missing(
    api: httpx.AsyncClient, resolved: str, title: str, owner: str, starts: list[str]
) -> None:
    returned = await give(api, resolved, "propose action item", title=title, owner=owner)
    assert returned.status_code == 422
    assert returned.json()["error"].startswith("The action item is too vague. ")
    missing = returned.json()["missing"]
    assert len(missing) == len(starts)
    assert all(sentence.startswith(start) for sentence, start in zip(missing, starts, strict=True))
    assert (await get(api, f"incidents/{resolved}"))["items"] == []


async def test_a_title_in_another_language_is_taken_with_a_hint(api: httpx.AsyncClient, resolved: str) -> None:
    taken = await give(api, resolved, "propose action item", title="Zertifikate automatisch erneuern", owner="tomas")
    assert taken.status_code == 200
    story = [entry["text"] for entry in (await get(api, f"incidents/{resolved}"))["timeline"]]
    assert any(text.startswith(f"{resolved}.1: Titles are checked in English only") for text in story)


async def test_an_organisation_can_have_vague_items_noted_only(web: Web, resolved: str, tmp_path: Path) -> None:
    file = tmp_path / "followthrough.yaml"
    file.write_text(EXAMPLE.replace("quality: enforce", "quality: warn"))
    async with replace(web, organisation=OrganisationFile(file)).browser() as api:
        assert (await give(api, resolved, "propose action item", title="More tests", owner="tomas")).status_code == 200
        story = [entry["text"] for entry in (await get(api, f"incidents/{resolved}"))["timeline"]]
        assert (await give(api, resolved, "propose action item", title="More tests", owner="zoe")).status_code == 422
    assert any(f"{resolved}.1 is taken, although it misses: A checkable end" in text for text in story)
