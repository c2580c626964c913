"""Somebody decides from an escalation mail on their phone, on the real service."""

import logging
from datetime import timedelta
from typing import Literal

import httpx
import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect
from sqlmodel import col, select
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from followthrough.domain.answered.choices import DECIDE
from followthrough.links import Link, Links
from followthrough.service import Service
from followthrough.settings import Settings
from followthrough.store.tables import MailRow
from tests.browser.test_dashboard import TOO_PALE
from tests.waiting import found_rows
from tests.web.test_api import get, give, with_item

PHONE: ViewportSize = {"width": 320, "height": 640}


async def escalated(service: Service, api: httpx.AsyncClient) -> tuple[str, str]:
    """An action item whose deadline passed, and the mail to its owner's manager."""
    item = await with_item(api)
    assert (await give(api, item, "accept", by="tomas")).status_code == 200
    handle = service.client.get_workflow_handle(item)
    await TimeSkipper(service.client, config=TimeSkippingConfig(enabled=False)).fast_forward(handle, timedelta(days=60))
    mine = select(MailRow.key).where(
        col(MailRow.item_id) == item, MailRow.kind == "item-escalation", col(MailRow.person) == "marcos"
    )
    return item, (await found_rows(service.database, mine))[0]


async def open_choice(page: Page, url: str, mail: str, choice: str) -> None:
    await page.goto(f"{url}/outbox/{mail}")
    await page.frame_locator("iframe").get_by_role("link", name=choice).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(choice)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pages_of_links_can_be_read_on_a_small_phone_by_day_and_by_night(
    chromium: Browser, dashboard: str, scheme: Literal["light", "dark"]
) -> None:
    secret = Settings().link_secret
    assert secret is not None
    links = Links([secret.get_secret_value()])
    context = await chromium.new_context(viewport=PHONE, color_scheme=scheme)
    page = await context.new_page()
    for path, purpose in (
        ("act", "done"),
        ("act", "extend"),
        ("act", "reassign"),
        ("act", "accept"),
        ("decide", DECIDE),
    ):
        token = links.sign(Link.in_mail("a mail", purpose, "tomas", "inc-0000000001.1"))
        await page.goto(f"{dashboard}/{path}/{token}")
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], purpose
        assert await page.evaluate(TOO_PALE) == [], purpose
        assert await page.locator("h1").count() == 1
    await context.close()


async def test_a_manager_passes_a_late_item_on_from_the_escalation_mail(
    chromium: Browser, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = service.settings.resolved_public_url
    async with httpx.AsyncClient(base_url=url, timeout=30) as api:
        item, mail = await escalated(service, api)
        context = await chromium.new_context(viewport=PHONE, java_script_enabled=False)
        page = await context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)

        await open_choice(page, url, mail, "Pass it on to somebody else")
        await expect(page.locator("main")).to_contain_text("noticed sooner next time, after a SEV2 of checkout")
        await page.get_by_role("button").click()
        await expect(page.locator("select:invalid")).to_have_count(1)
        await page.get_by_label("Who should own it").select_option("Lucía Prieto")
        await page.get_by_label("Why").fill("She knows the queue")
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert await page.evaluate(TOO_PALE) == []
        acting = page.url
        await page.get_by_role("button", name="Pass it on to somebody else").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
        await expect(page.locator("main")).to_contain_text("of Lucía Prieto is proposed")
        assert (await get(api, f"items/{item}"))["owner"] == "lucia"

        await page.goto(acting)
        await expect(page.get_by_role("heading", level=1)).to_have_text("This link has been used")

        await page.route("**/*.css", lambda route: route.abort())
        await open_choice(page, url, mail, "Decide that it will not be done")
        await page.get_by_label("Why").fill("The queue goes away")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        await page.get_by_role("button").press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
        assert (await get(api, f"items/{item}"))["status"] == "waived"
        assert [words for words in complaints if "ERR_FAILED" not in words and "410" not in words] == []
        await context.close()
    assert acting.rpartition("/")[2] not in caplog.text
