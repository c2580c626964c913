"""Planning on its page, on the real engine: what one types, what is said first, and two people at once."""

import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from activities.read_model import ReadModel
from followthrough.domain.replayed.values import Refusal
from followthrough.organisation_file import OrganisationFile
from followthrough.records import Records
from tests.records import NOW, item
from tests.web.conftest import Web, new_web, words
from tests.web.test_api import get, with_item
from tests.web.test_doing import hidden
from tests.web.test_private import eyes_of


@pytest.fixture(scope="module")
async def planning(
    address: str, organisation: OrganisationFile, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Web]:
    """With three action items of payments, two of which fit its share of 8, and one that has a workflow."""
    web = await new_web(address, organisation, tmp_path_factory.mktemp("planning-page"))
    for number in (1, 2, 3):
        record = item(number, title=f"Task {number}", owner="ines", due_in_days=-9, estimate=4, proposed_at=NOW)
        ReadModel(web.database).project_item(record)
    async with web.worker():
        yield web
    web.database.dispose()


def filled(page: httpx.Response) -> dict[str, str | list[str]]:
    """As a browser would send the form."""
    form = page.text[page.text.index('<form id="planning"') :]
    ticked = re.findall(r'name="take" value="([^"]+)"[^>]* checked>', form)
    typed = dict(re.findall(r'name="(estimate-[^"]+)" value="([^"]*)"', form))
    shown = re.findall(r'name="shown" value="([^"]+)"', form)
    said = {"said_over": hidden(page, "said_over"), "nonce": hidden(page, "nonce")}
    return {"take": ticked, "shown": shown, **typed, **said}


ITEMS = [f"inc-0000000001.{number}" for number in (1, 2, 3)]
PATH = "/planning/payments"


async def test_only_those_who_may_approve_see_the_form(planning: Web) -> None:
    async with eyes_of(planning, "sam") as sam, eyes_of(planning, None) as token, planning.browser() as local:
        for who in (sam, token, local):
            page = await who.get(PATH)
            assert ("<form id=" in page.text, "the lead or a member approves it on this page" in page.text) == (
                False,
                True,
            )
        assert f"/you?to={quote(f'{PATH}?first_day=', safe='')}" in (await local.get(PATH)).text
        refused = await sam.post(PATH, data={"do": "approve", "take": ITEMS[0], "shown": [f"{key} 4" for key in ITEMS]})
        assert (refused.status_code, "sam can't approve the sprint planning" in words(refused)) == (403, True)
        assert (await sam.get("/planning")).headers["location"] == "/planning/platform"


async def test_what_is_typed_is_kept_and_what_is_too_much_is_said_before_it_is_approved(planning: Web) -> None:
    async with eyes_of(planning, "ines") as ines:
        form = filled(await ines.get(PATH))
        assert form["take"] == ITEMS[:2]
        counted = await ines.post(PATH, data=form | {"take": ITEMS, f"estimate-{ITEMS[0]}": "6,5", "do": "count"})
        assert "3 chosen, taking 14.5 of the agreed share of 8: 6.5 too much ." in words(counted)
        assert f'name="estimate-{ITEMS[0]}" value="6,5"' in counted.text
        many = {f"estimate-another.{number}": "" for number in range(1_500)}
        assert (await ines.post(PATH, data=form | many | {"do": "count"})).status_code == 200
        wrong = await ines.post(PATH, data=form | {f"estimate-{ITEMS[2]}": "-1", "take": ITEMS[2:], "do": "approve"})
        assert (wrong.status_code, "The estimate of “Task 3”:" in words(wrong)) == (409, True)
        assert (filled(wrong)["take"], f'name="estimate-{ITEMS[2]}" value="-1"' in wrong.text) == (ITEMS[2:], True)
        over = await ines.post(PATH, data=form | {"take": ITEMS, "do": "approve"})
        assert (over.status_code, "This is 4 more than the agreed share." in words(over)) == (200, True)
        assert "Approve 4 more than the share" in over.text
        none = await ines.post(PATH, data=form | {"take": [], "do": "approve"})
        assert (none.status_code, "Choose at least one action item." in words(none)) == (409, True)
        assert "Nothing is planned before" in words(await ines.get(PATH))


async def test_the_first_estimate_that_is_refused_says_how_many_are_kept(
    planning: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = Records.command

    async def refusing(records: Records[Any, Any], item_id: str, *command: Any) -> Any:
        if item_id == ITEMS[0]:
            raise Refusal("It has just ended.")
        return await given(records, item_id, *command)

    async with eyes_of(planning, "marcos") as marcos, planning.browser() as api:
        kept = await with_item(api)
        form = {name: value for name, value in filled(await marcos.get(PATH)).items() if "estimate" not in name}
        monkeypatch.setattr(Records, "command", refusing)
        typed = {f"estimate-{kept}": "3", f"estimate-{ITEMS[0]}": "5", "do": "keep"}
        refused = await marcos.post(PATH, data=form | typed)
        sentence = "“Task 1” was not taken: It has just ended. Estimates that are kept: 1. Nothing was approved."
        assert (refused.status_code, sentence in words(refused)) == (409, True)
        assert (await get(api, f"items/{kept}"))["estimate"] == 3


async def test_what_changed_under_ones_hands_is_shown_and_nothing_overwritten(planning: Web) -> None:
    async with eyes_of(planning, "ines") as ines, eyes_of(planning, "marcos") as marcos, planning.browser() as api:
        form = filled(await ines.get(PATH))
        late = await with_item(api)
        changed = await ines.post(PATH, data=form | {"take": ITEMS[1:], "do": "approve"})
        assert (changed.status_code, "was not there before." in words(changed)) == (409, True)
        fresh = filled(changed)
        assert fresh["take"] == ITEMS[1:]
        estimated = filled(await marcos.get(PATH)) | {f"estimate-{late}": "2", "do": "keep"}
        kept = await marcos.post(PATH, data=estimated)
        assert kept.status_code == 303, words(kept)
        assert "Estimated now: “Alert on queue depth” at 2." in words(await marcos.get(kept.headers["location"]))
        same = await marcos.post(PATH, data=filled(await marcos.get(PATH)) | {"do": "keep"})
        assert (same.status_code, "No estimate is another than before" in words(same)) == (200, True)
        for made_up in ("said=estimates", "said=approved", "kept=inc-0000000009.1"):
            assert 'role="status"' not in (await marcos.get(f"{PATH}?{made_up}")).text
        assert (await get(api, f"items/{late}"))["estimate"] == 2
        again = await ines.post(PATH, data=fresh | {"do": "approve"})
        assert (again.status_code, "is estimated at 2 now." in words(again)) == (409, True)

        both = filled(await ines.get(PATH)), filled(await marcos.get(PATH))
        mine = both[0] | {"take": [ITEMS[0]], "do": "approve"}
        assert {(await ines.post(PATH, data=mine)).status_code for _ in range(2)} == {303}
        approved = words(await ines.get(f"{PATH}?said=approved"))
        assert re.search("Approved by Inés Robles: 1 action item[,.]", approved), approved
        arrived = "1 of them in" in approved or "is not planned" in approved
        assert ("1 waits for the tracker: look again" in approved) == (not arrived), approved
        theirs = await marcos.post(PATH, data=both[1] | {"take": [ITEMS[0], ITEMS[1]], "do": "approve"})
        assert (theirs.status_code, "ines has approved this planning already." in words(theirs)) == (409, True)
        assert "You had chosen also Task 2" in words(theirs)
        assert "<form id=" not in theirs.text
        late_estimate = both[1] | {f"estimate-{ITEMS[2]}": "1", "do": "keep"}
        too_late = await marcos.post(PATH, data=late_estimate)
        assert (too_late.status_code, "approved by now, and no estimate was kept" in words(too_late)) == (409, True)
        for who, said in ((ines, True), (marcos, False)):
            assert ("The tickets go into the sprint" in words(await who.get(f"{PATH}?said=approved"))) is said
