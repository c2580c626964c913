"""An incident's page while others act on it, on the real service, and what is corrected on it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.async_api import Browser, expect

from followthrough.service import Service
from tests.browser.clicking import at, choose, declare, heading, open_one, says, send_update
from tests.browser.test_my_work import SIZES, become
from tests.web.test_api import get, give

TITLE = "Alert when the queue of refunds is older than 5 minutes"


@pytest.mark.parametrize("size", SIZES)
async def test_a_page_shows_what_others_do_and_what_is_corrected(
    chromium: Browser, service: Service, size: str
) -> None:
    url = service.settings.resolved_public_url
    async with httpx.AsyncClient(base_url=url, timeout=30) as api, at(url, chromium, size) as (page, complaints):
        await become(page, "Inés Robles")
        await declare(page, "Refunds fail", "checkout", "SEV2")
        incident = page.url.partition("?")[0].rpartition("/")[2]
        await give(api, incident, "note", by="tomas", text="The queue is full")
        await expect(page.locator("#live-timeline")).to_contain_text("The queue is full")
        await give(api, incident, "change severity", severity="SEV1", reason="All refunds fail")
        await expect(page.locator("#live-state")).to_contain_text("SEV1")
        await send_update(page, "internal", drafted="Refunds fail", added="The provider knows.")
        await choose(page, "It is over", {"What ended it": "The provider is back"})
        began = f"{datetime.now(ZoneInfo('Europe/Madrid')) - timedelta(hours=2):%Y-%m-%dT%H:%M}"
        why = {"When it began, or somebody noticed": began, "Why it was at another time": "The graph shows it"}
        await choose(page, "Correct when it happened", why)
        await expect(page.locator("#live-facts")).to_contain_text("after it was declared")
        what = {"What is to be done, so that": TITLE, "Who should own it": "tomas"}
        await choose(page, "Propose an action item", what)
        await expect(page.locator("#live-parts").get_by_role("row", name=TITLE)).to_contain_text("proposed")
        await become(page, "Tomás Ferrer")
        await open_one(page, "Action items", TITLE)
        await choose(page, "Edit it", {"What is to be done, so that": f"{TITLE}, by mail", "Priority": "high"})
        await says(page, "Edited")
        await expect(heading(page)).to_have_text(f"{TITLE}, by mail")
        found = await get(api, f"incidents/{incident}")
    assert (found["status"], [item["owner"] for item in found["items"]]) == ("resolved", ["tomas"])
    assert complaints == []
