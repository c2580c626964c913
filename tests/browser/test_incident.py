"""An incident's whole life by clicking alone, on the real service."""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from followthrough.service import Service
from tests.browser.test_my_work import SIZES, become, can_be_read
from tests.web.test_api import get, give


async def press(page: Page, choice: str, **typed: str) -> None:
    """On the page of the incident, then on the form; what is shown below is opened before."""
    if not await page.get_by_role("link", name=choice, exact=True).is_visible():
        await page.get_by_text("What else you can do").click()
    await page.get_by_role("link", name=choice, exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(choice)
    await can_be_read(page)
    for label, text in typed.items():
        field = page.locator(f"[name={label}]")
        if await field.evaluate("field => field.tagName") == "SELECT":
            await field.select_option(text)
        else:
            await field.fill(text)
    await page.get_by_role("button", name=choice, exact=True).click()
    await expect(page.get_by_role("status")).to_be_visible()


async def declare(page: Page) -> str:
    """The id."""
    await page.get_by_role("link", name="Incidents", exact=True).click()
    await page.get_by_role("link", name="Declare an incident", exact=True).click()
    await can_be_read(page)
    await page.get_by_label("What is wrong").fill("Refunds fail")
    await page.get_by_label("What is broken").select_option("checkout")
    await page.get_by_label("Severity").select_option("SEV2")
    await page.get_by_role("button", name="Declare it").click()
    await expect(page.get_by_role("status")).to_contain_text("is declared")
    return page.url.partition("?")[0].rpartition("/")[2]


async def write_update(page: Page) -> None:
    await page.get_by_role("link", name="Write an update", exact=True).click()
    await can_be_read(page)
    await page.get_by_label("For whom").select_option("internal")
    await page.get_by_role("button", name="Draft it anew for these").click()
    await expect(page.get_by_label("What to tell them")).to_have_value(re.compile("Refunds fail"))
    await page.get_by_role("button", name="Preview").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("This would be sent to internal")
    await can_be_read(page)
    await page.get_by_role("button", name="Send it").click()
    await expect(page.get_by_role("status")).to_contain_text("to internal")


@pytest.mark.parametrize("size", SIZES)
async def test_an_incident_goes_from_declared_to_its_action_items_by_clicking_alone(
    chromium: Browser, service: Service, size: str
) -> None:
    url = service.settings.resolved_public_url
    context = await chromium.new_context(viewport=SIZES[size])
    page = await context.new_page()
    complaints: list[Any] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(error))
    page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith(url) else None)
    await page.goto(url)
    await become(page, "Inés Robles")
    incident = await declare(page)
    await page.get_by_role("button", name="I have this role").click()
    await expect(page.get_by_role("status")).to_contain_text("Incident Commander acknowledged")
    await can_be_read(page)
    async with httpx.AsyncClient(base_url=url, timeout=30) as api:
        await give(api, incident, "note", by="tomas", text="The queue is full")
        await expect(page.locator("#live-timeline")).to_contain_text("The queue is full")
        await give(api, incident, "change severity", severity="SEV1", reason="All refunds fail")
        await expect(page.locator("#live-state")).to_contain_text("SEV1")
        await write_update(page)
        await press(page, "Users are no longer hurt", summary="Moved the traffic")
        await press(page, "Write down a decision", text="We stay with the other provider")
        await press(page, "It is over", summary="The provider is back")
        began = f"{datetime.now(ZoneInfo('Europe/Madrid')) - timedelta(hours=2):%Y-%m-%dT%H:%M}"
        await press(page, "Correct when it happened", declared_at=began, reason="The graph shows it")
        await expect(page.locator("#live-facts")).to_contain_text("after it was declared")
        title = "Alert when the queue of refunds is older than 5 minutes"
        await press(page, "Propose an action item", title=title, owner="tomas")
        await can_be_read(page)
        await become(page, "Tomás Ferrer")
        await page.goto(f"{url}/items/{incident}.1")
        await press(page, "Edit it", title=f"{title}, by mail", priority="high")
        await expect(page.get_by_role("heading", level=1)).to_have_text(f"{title}, by mail")
        await can_be_read(page)
        found = await get(api, f"incidents/{incident}")
    assert (found["status"], [item["owner"] for item in found["items"]]) == ("resolved", ["tomas"])
    assert complaints == []
    await context.close()
