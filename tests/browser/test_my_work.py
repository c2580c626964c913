"""By clicking alone, on the real service: from what waits for somebody to what is closed."""

import re

import httpx
import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from followthrough.service import Service
from tests.browser.test_dashboard import TOO_PALE
from tests.web.test_api import get, with_item

SIZES: dict[str, ViewportSize] = {"phone": {"width": 360, "height": 700}, "desktop": {"width": 1280, "height": 900}}


async def become(page: Page, name: str) -> None:
    await page.get_by_role("link", name="On this machine").click()
    await page.get_by_label("Person").select_option(name)
    await page.get_by_role("button", name="That is me").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("My work")


async def can_be_read(page: Page) -> None:
    size = page.viewport_size
    assert size is not None
    await page.wait_for_load_state()
    assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"], page.url
    assert await page.evaluate(TOO_PALE) == [], page.url


@pytest.mark.parametrize("size", SIZES)
async def test_an_item_goes_from_proposed_to_closed_by_clicking_alone(
    chromium: Browser, service: Service, size: str
) -> None:
    url = service.settings.resolved_public_url
    async with httpx.AsyncClient(base_url=url, timeout=30) as api:
        item = await with_item(api)
        context = await chromium.new_context(viewport=SIZES[size], java_script_enabled=size == "desktop")
        page = await context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith(url) else None)
        await page.goto(url)
        await become(page, "Tomás Ferrer")
        await can_be_read(page)
        await page.get_by_role("button", name="Accept it").click()
        await expect(page.get_by_role("status")).to_contain_text(f"Accepted. Action item {item} of Tomás Ferrer is acc")
        await can_be_read(page)
        await page.get_by_text("What else you can do").click()
        await page.get_by_role("link", name="Split it into parts").click()
        await can_be_read(page)

        await page.get_by_role("link", name="My work").click()
        await page.get_by_role("link", name="It is done, and this shows it").click()
        await page.get_by_label("Link to what shows it").fill("https://git.example.com/changes/42")
        await page.get_by_label("What the link leads to").select_option("change")
        await can_be_read(page)
        await page.get_by_role("button", name="It is done, and this shows it").click()
        await expect(page.get_by_role("status")).to_contain_text("Done, evidence (change): https://git.example.com")

        await become(page, "Marcos Vidal")
        await page.get_by_role("link", name="The evidence holds").click()
        await page.get_by_role("button", name="The evidence holds").click()
        await expect(page.get_by_role("status")).to_contain_text(re.compile(f"Action item {item} .* is closed"))
        assert (await get(api, f"items/{item}"))["status"] == "closed"
        assert complaints == []
        await context.close()
