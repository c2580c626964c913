"""Several action items chosen in their list and planned at once, on the real engine."""

import html
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import httpx
import pytest

from activities.read_model import ReadModel
from followthrough.domain.answered.sprint.dates import coming_plans
from followthrough.domain.replayed.item.action_item import Block, ItemStatus
from followthrough.organisation_file import OrganisationFile
from tests.records import NOW, item
from tests.web.audited import audited
from tests.web.conftest import Web, new_web, words
from tests.web.test_private import eyes_of

PATH = "/items/together/plan"
FIRST, SECOND, LARGE, PLATFORM, BLOCKED, CLOSED, DRILL = (f"inc-0000000001.{number}" for number in range(1, 8))
ALL = [FIRST, SECOND, LARGE, PLATFORM, BLOCKED, CLOSED, DRILL, "inc-0000000009.1"]


@pytest.fixture
async def planning(
    address: str, organisation: OrganisationFile, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Web]:
    """Two action items fill the share of payments; a third, one of platform, and some that can't be planned."""
    web = await new_web(address, organisation, tmp_path_factory.mktemp("planning-together"))
    model = ReadModel(web.database)
    block = Block(reason="The supplier", until=NOW, by="ines", at=NOW)
    changes: tuple[dict[str, Any], ...] = (
        {},
        {},
        {},
        {"team": "platform", "owner": "sam"},
        {"block": block},
        {"status": ItemStatus.CLOSED, "ended_at": NOW},
        {"drill": True},
    )
    for number, changed in enumerate(changes, start=1):
        filled = {"title": f"Task {number}", "owner": "ines", "estimate": 4, "proposed_at": NOW, **changed}
        model.project_item(item(number, due_in_days=number - 9, **filled))
    async with web.worker():
        yield web
    web.database.dispose()


def days(web: Web, team: str = "payments") -> list[str]:
    return [str(plan.first_day) for plan in islice(coming_plans(team, web.organisation(), datetime.now(UTC)), 3)]


def filled(form: httpx.Response, **answers: str) -> dict[str, str | list[str]]:
    """As a browser would send it."""
    read = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form.text[form.text.index("<main") :])
    sprints = re.findall(r'name="(sprint-[^"]+)".*?value="([^"]+)" selected', form.text, re.DOTALL)
    ticked = re.findall(r'name="item" value="([^"]+)" checked', form.text)
    return {"item": ticked, **dict(map(unescaped, [*read, *sprints])), **answers}


def unescaped(pair: tuple[str, str]) -> tuple[str, str]:
    return pair[0], html.unescape(pair[1])


def became(answer: httpx.Response) -> dict[str, str]:
    """What is said of each, by id."""
    said = re.findall(r'<li><a href="/items/([^"]+)">[^<]*</a>: ([^<]+)</li>', answer.text)
    return {key: html.unescape(sentence) for key, sentence in said}


async def test_each_says_what_came_of_it_and_what_was_not_planned_stays_chosen(planning: Web) -> None:
    day, later, _ = days(planning)
    async with eyes_of(planning, "ines") as ines:
        assert f'formaction="{PATH}"' in (await ines.get("/items")).text
        form = await ines.get(PATH, params={"item": ALL, "back": "late=true"})
        assert "ines can't approve the sprint planning of team platform" in words(form)
        assert f"Not here, or private: {ALL[-1]}." in words(form)
        assert f'value="{PLATFORM}"' not in form.text
        with audited(planning.settings, planning.database, "approve planning") as entries:
            sent = filled(form) | {"item": ALL}
            done = await ines.post(
                PATH, data=sent | {"item": [FIRST, PLATFORM, *ALL[4:]], "others-payments": "without"}
            )
            outcome = became(done)
            assert (done.status_code, "1 of 6 done" in words(done)) == (200, True)
            assert outcome[FIRST] == (
                f"Approved for the sprint of {day}; but it has no ticket yet: its owner has to accept it first."
            )
            assert outcome[PLATFORM].startswith("ines can't approve the sprint planning of team platform")
            assert outcome[BLOCKED] == "It can't be planned now: it is blocked (The supplier)."
            assert outcome[CLOSED] == "It is closed, so there is nothing left to plan."
            assert outcome[DRILL] == "What a drill left is not planned."
            assert outcome[ALL[-1]].startswith(f"There is no {ALL[-1]} here")
        assert sorted(entries.said()) == [
            ("approve planning", "ines", "done"),
            ("approve planning", "ines", "forbidden"),
        ]
        assert 'href="/items?late=true"' in done.text
        assert filled(done)["item"] == [BLOCKED, CLOSED, DRILL]
        assert filled(done)["sprint-payments"] == later
        assert (await ines.get("/api/planning/payments")).json()["progress"]["approval"]["items"] == [FIRST]


async def test_what_else_is_proposed_and_too_much_is_said_before_a_sprint_is_approved(planning: Web) -> None:
    async with eyes_of(planning, "ines") as ines:
        form = await ines.get(PATH, params={"item": [LARGE]})
        assert "is proposed as well: Task 1 overdue" in words(form)
        unsaid = await ines.post(PATH, data=filled(form))
        assert (unsaid.status_code, became(unsaid)[LARGE][:26]) == (409, "Say whether what else is p")
        strange = await ines.post(PATH, data=filled(form) | {"others-payments": "with", "seen-payments": "other"})
        assert "is not as you saw it" in became(strange)[LARGE]
        both = filled(await ines.get(PATH, params={"item": [SECOND, LARGE]}), **{"others-payments": "with"})
        unticked = await ines.post(PATH, data=both | {"item": [LARGE]})
        assert "is not as you saw it" in became(unticked)[LARGE]
        assert "is proposed as well: Task 1 overdue" in words(unticked)
        over = await ines.post(PATH, data=filled(strange, **{"others-payments": "with"}))
        assert (over.status_code, "4 more than the team's agreed share" in became(over)[LARGE]) == (409, True)
        assert (await ines.get("/api/planning/payments")).json()["progress"] is None
        assert re.search(r'value="with" required checked', over.text)
        done = await ines.post(PATH, data=filled(over, **{"others-payments": "with"}))
        assert done.status_code == 200, words(done)
        planned = (await ines.get("/api/planning/payments")).json()["progress"]["approval"]["items"]
        assert planned == [FIRST, SECOND, LARGE]


async def test_two_at_once_get_a_clear_answer_and_a_later_sprint_can_be_chosen(planning: Web) -> None:
    day, later, latest = days(planning)
    async with eyes_of(planning, "ines") as ines, eyes_of(planning, "marcos") as marcos:
        mine = filled(await ines.get(PATH, params={"item": [FIRST]}), **{"others-payments": "without"})
        theirs = filled(await marcos.get(PATH, params={"item": [FIRST, SECOND]}), **{"others-payments": "without"})
        for _ in range(2):
            assert FIRST in became(answer := await ines.post(PATH, data=mine))
            assert answer.status_code == 200
        missed = await marcos.post(PATH, data=theirs)
        assert (missed.status_code, became(missed)) == (
            200,
            {
                FIRST: f"Inés Robles has approved it for {day}.",
                SECOND: f"Inés Robles has approved the planning of {day}, without it; choose a later one.",
            },
        )
        assert (filled(missed)["item"], filled(missed)["sprint-payments"]) == ([SECOND], later)
        chosen = filled(missed, **{"sprint-payments": latest, "others-payments": "without"})
        assert f"Approved for the sprint of {latest}" in became(await marcos.post(PATH, data=chosen))[SECOND]


async def test_a_team_without_sprints_ranks_them_and_others_are_not_offered_it(planning: Web) -> None:
    async with eyes_of(planning, "sam") as sam, eyes_of(planning, "nora") as nora, eyes_of(planning, None) as token:
        done = await sam.post(PATH, data={"item": [PLATFORM], "nonce": "n"})
        assert became(done)[PLATFORM].startswith("Approved, to be ranked first")
        approved = words(await sam.get("/planning/platform?said=approved"))
        assert "Approved. The tickets are ranked first as soon as the tracker takes them." in approved
        assert f'formaction="{PATH}"' not in (await nora.get("/items")).text
        assert (await token.get(PATH, params={"item": [FIRST]})).status_code == 403
        none = await sam.post(PATH, data={"item": ""})
        assert (none.status_code, "Choose at least one action item." in words(none)) == (409, True)
