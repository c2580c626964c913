"""The pages of incidents and action items stay as the service is, whatever was in the way of that for a while."""

from collections.abc import Awaitable, Callable
from unittest.mock import patch

import httpx
import pytest
from playwright.async_api import Browser, Page, Route, expect

from followthrough.service import Service
from tests.browser.test_my_work import become
from tests.waiting import eventually
from tests.web.test_api import declare, give, with_item


async def opened(chromium: Browser, url: str, path: str, name: str) -> Page:
    page = await (await chromium.new_context()).new_page()
    await page.clock.install()
    await page.goto(url)
    await become(page, name)
    await page.goto(f"{url}/{path}")
    return page


async def opened_incident(chromium: Browser, url: str, incident: str) -> Page:
    """By its commander, on a clock that the test moves."""
    page = await opened(chromium, url, f"incidents/{incident}", "Inés Robles")
    await expect(page.locator("#live-state")).to_contain_text("SEV2")
    return page


async def as_it_is(page: Page, severity: str) -> int:
    """Whether the page has that, a second later on its clock."""
    await page.clock.run_for(1_000)
    return await page.locator("#live-state", has_text=severity).count()


@pytest.mark.parametrize(
    ("path", "refuse"),
    [
        ("", lambda route: route.fulfill(status=503)),
        ("", lambda route: route.abort()),
        ("/live", lambda route: route.fulfill(status=503)),
    ],
    ids=["the page is refused", "the page does not arrive", "nobody says what is new"],
)
async def test_a_page_goes_on_once_the_service_answers_again(
    chromium: Browser, service: Service, path: str, refuse: Callable[[Route], Awaitable[None]]
) -> None:
    url, refused = service.settings.resolved_public_url, []

    async def handle(route: Route) -> None:
        refused.append(route.request.url)
        await refuse(route)

    async with httpx.AsyncClient(base_url=url, timeout=30) as api:
        incident = await declare(api)
        page = await opened_incident(chromium, url, incident)
        await page.route(f"{url}/incidents/{incident}{path}", handle)
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        await give(api, incident, "change severity", severity="SEV1", reason="All refunds fail")
        await eventually(lambda: refused)
        await page.unroute_all()
        await eventually(lambda: as_it_is(page, "SEV1"), within=60)
    await page.context.close()


async def test_what_is_new_stands_below_what_the_page_has_also_where_the_service_shows_the_latest_alone(
    chromium: Browser, service: Service
) -> None:
    url = service.settings.resolved_public_url
    async with httpx.AsyncClient(base_url=url, timeout=30) as api:
        incident = await declare(api)
        await give(api, incident, "note", text="The first")
        page = await opened_incident(chromium, url, incident)
        await expect(page.locator("#live-timeline li").last).to_contain_text("The first")
        with patch("followthrough.store.timelines.LENGTH", 2):
            for text in ("The second", "The third", "The fourth"):
                await give(api, incident, "note", text=text)
                await expect(page.locator("#live-timeline li").last).to_contain_text(text)
    shown = await page.locator("#live-timeline li.is-note p").all_inner_texts()
    assert [text.split()[1] for text in shown] == ["first", "second", "third", "fourth"]
    await page.context.close()


async def test_a_part_in_which_somebody_is_waits_until_they_leave_it(chromium: Browser, service: Service) -> None:
    url = service.settings.resolved_public_url
    async with httpx.AsyncClient(base_url=url, timeout=30) as api:
        incident = await declare(api)
        page = await opened_incident(chromium, url, incident)
        over = page.get_by_role("link", name="It is over", exact=True)
        await page.locator("#live-next a").first.focus()
        await give(api, incident, "resolve", summary="The provider is back")
        await expect(page.locator("#live-state")).to_contain_text("resolved")
        assert await over.count() == 1
        await page.get_by_role("heading", level=1).click()
        await expect(over).to_have_count(0)
    await page.context.close()


async def test_an_action_items_page_says_at_once_what_somebody_else_did_to_it(
    chromium: Browser, service: Service
) -> None:
    url = service.settings.resolved_public_url
    async with httpx.AsyncClient(base_url=url, timeout=30) as api:
        item = await with_item(api)
        page = await opened(chromium, url, f"items/{item}", "Tomás Ferrer")
        await expect(page.get_by_role("button", name="Accept")).to_be_visible()
        await give(api, item, "comment", by="wei", text="The vendor has a test for it")
        await expect(page.locator("#live-timeline li").last).to_contain_text("The vendor has a test for it")
        await expect(page.locator("#live-parts blockquote")).to_have_text("The vendor has a test for it")
        await give(api, item, "edit", by="tomas", title="Alert on the depth of each queue")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Alert on the depth of each queue")
        await give(api, item, "reassign", by="marcos", to="lucia", reason="Tomás is away")
        await expect(page.get_by_role("button", name="Accept")).to_have_count(0)
        await expect(page.locator("#live-facts")).to_contain_text("Lucía")
    await page.context.close()
