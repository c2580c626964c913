"""A sprint's planning by clicking alone, on the real service."""

from functools import partial
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from followthrough.service import Service
from tests.browser.test_my_work import SIZES, become, can_be_read
from tests.waiting import eventually
from tests.web.test_api import declare, get, give

TITLES = [f"Alert when queue {number} is older than 5 minutes" for number in range(3)]


async def owed(api: httpx.AsyncClient) -> list[str]:
    """Three action items that are accepted and have a ticket; each is estimated at 4, so that two fit."""
    incident = await declare(api, title="Card payments fail")
    await give(api, incident, "acknowledge")
    await give(api, incident, "mitigate", summary="Moved the traffic")
    await give(api, incident, "resolve", summary="The provider is back")
    for title in TITLES:
        await give(api, incident, "propose action item", title=title, owner="tomas", kind="detect")
    items = [f"{incident}.{number}" for number in (1, 2, 3)]
    for item in items:
        await eventually(partial(api.get, f"/api/items/{item}"), lambda answer: answer.status_code == 200)
        await give(api, item, "accept", by="tomas")
        await give(api, item, "estimate", by="tomas", estimate=4)
        await eventually(partial(get, api, f"items/{item}"), lambda found: found["ticket"])
    return items


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize("size", SIZES)
async def test_a_sprint_is_planned_by_clicking_alone(chromium: Browser, service: Service, size: str) -> None:
    """On the phone without scripts."""
    url = service.settings.resolved_public_url
    context = await chromium.new_context(viewport=SIZES[size], java_script_enabled=size == "desktop")
    page = await context.new_page()
    complaints: list[Any] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(error))
    page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith(url) else None)
    async with httpx.AsyncClient(base_url=url, timeout=30) as api:
        items = await owed(api)
        proposed = [line["id"] for line in (await get(api, "planning/payments"))["proposal"]["lines"]]
        first, second, third = sorted(items, key=proposed.index)
        await page.goto(url)
        await become(page, "Marcos Vidal")
        await page.get_by_role("link", name="Planning", exact=True).click()
        await can_be_read(page)
        capacity = page.locator("#capacity")
        await expect(capacity).to_contain_text("2 chosen, taking 8 of the agreed share of 8: 0 left")
        await page.locator(f"[name=take][value='{first}']").uncheck()
        await page.locator(f"[name=take][value='{third}']").check()
        await page.locator(f"[name='estimate-{third}']").fill("6.5")
        if size == "phone":
            await press(page, "Count again")
            await can_be_read(page)
        await expect(capacity).to_contain_text("2 chosen, taking 10.5 of the agreed share of 8: 2.5 too much")
        if size == "phone":
            await press(page, "Approve 2.5 more than the share")
        else:
            await expect(page.get_by_role("button", name="Approve 2.5 more than the share")).to_be_visible()
            await can_be_read(page)
            await page.locator(f"[name='estimate-{third}']").fill("3")
            await expect(capacity).to_contain_text("2 chosen, taking 7 of the agreed share of 8: 1 left")
            await press(page, "Approve")
        await expect(page.get_by_role("status")).to_contain_text("Approved.")
        await can_be_read(page)
        planning = await get(api, "planning/payments")
        assert {*planning["progress"]["approval"]["items"]} == {second, third}
        assert planning["progress"]["approval"]["by"] == "marcos"
        assert (await get(api, f"items/{third}"))["estimate"] == (6.5 if size == "phone" else 3)
        done = await eventually(lambda: get(api, "planning/payments"), lambda it: it["progress"]["planned"])
        assert {*done["progress"]["planned"]} == {second, third}
    assert complaints == []
    await context.close()
