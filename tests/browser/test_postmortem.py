"""A postmortem by clicking alone, on the real service: written, handed in by two, reviewed, and published."""

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from followthrough.service import Service
from tests.browser.test_my_work import SIZES, become, can_be_read
from tests.web.test_api import declare, get, give

TEXT = "# What broke\n\nThe certificate was unknown.\n\n# What helped\n\nThe runbook."


async def write(page: Page, incident: str, text: str) -> None:
    await page.goto(f"{page.url.split('/', 3)[0]}//{page.url.split('/', 3)[2]}/incidents/{incident}/postmortem")
    await page.get_by_role("link", name="Write it").or_(page.get_by_role("link", name="Change the text")).click()
    await page.get_by_label("Text, in Markdown").fill(text)


async def hints_come_as_one_types(page: Page) -> None:
    await expect(page.locator("#hints")).to_contain_text("Tomás forgot to run the migration.")
    await page.locator("#hints").get_by_role("button").click()
    assert await page.evaluate("getSelection().toString()") == "Tomás forgot to run the migration."
    await page.get_by_label("What is to be done").fill("Improve monitoring")
    await expect(page.locator("#item-hints")).to_contain_text("A checkable end")


async def approve_and_publish(page: Page, postmortem: str) -> None:
    await become(page, "Tomás Ferrer")
    await page.goto(postmortem)
    await page.get_by_role("link", name="Approve the postmortem").click()
    await page.get_by_role("button", name="Approve the postmortem").click()
    await become(page, "Inés Robles")
    await page.get_by_role("link", name="To the postmortem").click()
    await page.get_by_role("button", name="Publish the postmortem").click()
    await expect(page.get_by_role("status")).to_contain_text("Postmortem published with 1 action item")


@pytest.mark.parametrize("size", SIZES)
async def test_a_postmortem_is_written_reviewed_and_published_by_clicking_alone(
    chromium: Browser, service: Service, size: str
) -> None:
    url = service.settings.resolved_public_url
    async with httpx.AsyncClient(base_url=url, timeout=30) as api:
        incident = await declare(api)
        await give(api, incident, "acknowledge")
        await give(api, incident, "resolve", summary="The certificate is trusted")
        context = await chromium.new_context(viewport=SIZES[size], java_script_enabled=size == "desktop")
        page = await context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith(url) else None)
        await page.goto(url)
        await become(page, "Inés Robles")
        await write(page, incident, "# What broke\n\nTomás forgot to run the migration.")
        await can_be_read(page)
        if size == "desktop":
            await hints_come_as_one_types(page)
        await page.get_by_role("button", name="Preview").click()
        await expect(page.locator(".prose h3")).to_have_text("What broke")
        await expect(page.locator("#hints dt")).to_contain_text("Tomás forgot to run the migration.")
        await can_be_read(page)
        await page.get_by_label("Text, in Markdown").fill(TEXT)
        await page.get_by_label("What is to be done").fill("Alert on certificates that end within 30 days")
        await page.get_by_label("Owner").select_option("Tomás Ferrer")
        await page.get_by_role("button", name="Propose it").click()
        await expect(page.get_by_role("status")).to_contain_text("Proposed to Tomás Ferrer")
        await page.get_by_role("button", name="Hand in for review").click()
        await expect(page.get_by_role("status")).to_contain_text("Postmortem submitted for review")
        await can_be_read(page)

        await write(page, incident, TEXT.replace("The runbook.", "The runbook, and patience."))
        theirs = TEXT.replace("was unknown.", "was unknown to us.")
        await give(api, incident, "submit postmortem", text=theirs, by="tomas")
        await page.get_by_role("button", name="Hand in for review").click()
        await expect(page.get_by_role("alert")).to_contain_text("Tomás Ferrer handed in another text while you wrote")
        await expect(page.get_by_label("Text, in Markdown")).to_have_value(
            theirs.replace("The runbook.", "The runbook, and patience.")
        )
        await can_be_read(page)
        await page.get_by_role("button", name="Hand in for review").click()
        await expect(page.get_by_role("heading", name="Versions")).to_be_visible()

        await approve_and_publish(page, f"{url}/incidents/{incident}/postmortem")
        assert (await get(api, f"incidents/{incident}"))["published_at"]
        assert [words for words in complaints if "409" not in words] == []
        await context.close()
