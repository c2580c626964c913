"""A lead's page, by clicking alone, on the real service: filter, keep a list, decide about several, the board."""

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from followthrough.service import Service
from tests.browser.test_my_work import SIZES, become, can_be_read
from tests.web.test_api import get, with_item


async def waive_both(page: Page) -> None:
    """First until a day that is refused."""
    await page.get_by_role("link", name="Choose all on this page").click()
    await page.get_by_role("button", name="Decide that they will not be done").click()
    await expect(page.get_by_role("checkbox", checked=True)).to_have_count(2)
    await page.get_by_label("Why").fill("The provider takes it over")
    until = await page.get_by_label("Until when").get_attribute("min")
    assert until is not None
    await page.get_by_label("Until when").fill(f"{int(until[:4]) + 4}{until[4:8]}01")
    await page.get_by_role("button", name="Decide that they will not be done").click()
    await expect(page.get_by_role("alert")).to_contain_text("2 of 2 not done")
    await expect(page.get_by_label("Why")).to_have_value("The provider takes it over")
    await can_be_read(page)
    later = (
        f"{until[:8]}28"
        if int(until[8:]) < 28
        else f"{int(until[:4]) + (until[5:7] == '12')}-{int(until[5:7]) % 12 + 1:02}-28"
    )
    await page.get_by_label("Until when").fill(later)
    await page.get_by_role("button", name="Decide that they will not be done").click()
    await expect(page.get_by_role("status")).to_contain_text("2 of 2 done")


@pytest.mark.parametrize("size", SIZES)
async def test_a_lead_finds_keeps_and_waives_several(chromium: Browser, service: Service, size: str) -> None:
    url = service.settings.resolved_public_url
    async with httpx.AsyncClient(base_url=url, timeout=30) as api:
        title = f"Retire the gateway on a {size}"
        items = [await with_item(api, title=f"{title}, part {part}") for part in "ab"]
        await with_item(api)
        context = await chromium.new_context(viewport=SIZES[size], java_script_enabled=size == "desktop")
        page = await context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith(url) else None)
        await page.goto(url)
        await become(page, "Marcos Vidal")
        await page.get_by_role("link", name="Action items", exact=True).click()
        await page.get_by_label("Words").fill(f"gateway {size}")
        await page.get_by_text("More filters").click()
        await page.get_by_role("checkbox", name="proposed").check()
        await page.get_by_role("checkbox", name="accepted").check()
        await page.get_by_role("button", name="Show").click()
        await expect(page.locator("tbody tr")).to_have_count(2)
        await can_be_read(page)

        await page.get_by_text("Your lists").click()
        await page.get_by_label("Name for what you see here").fill(f"To retire, {size}")
        await page.get_by_role("button", name="Keep it as a list").click()
        await page.get_by_label("Lists").get_by_role("link", name="All", exact=True).click()
        await page.get_by_label("Lists").get_by_role("link", name=f"To retire, {size}").click()
        await expect(page.locator("tbody tr")).to_have_count(2)

        await waive_both(page)
        assert {(await get(api, f"items/{item}"))["status"] for item in items} == {"waived"}

        await page.get_by_role("link", name="Back to the list").click()
        await expect(page.locator("main")).to_contain_text("No action item fits")
        await page.goto(f"{url}/items?words=gateway+{size}&shape=board")
        await can_be_read(page)
        await expect(page.get_by_role("region", name="waived 2")).to_contain_text(title)
        await page.get_by_role("link", name=f"{title}, part a").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text(title)
        assert [words for words in complaints if "409 (Conflict)" not in words] == []
        await context.close()
