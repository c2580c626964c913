"""What the numbers say, as people see it: found by clicking, drawn, and read on a phone by night."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from followthrough.store.database import migrate, open_database
from tests.browser.conftest import serving
from tests.browser.test_my_work import SIZES, can_be_read
from tests.web.test_insights import write_insights

DRAWN = """async () => {
  const images = [...document.querySelectorAll('main img')];
  images.forEach(image => { image.loading = 'eager' });
  await Promise.all(images.map(image => image.decode()));
  return images.filter(image => image.naturalWidth === 640).length;
}"""


@pytest.fixture
async def numbers(tmp_path: Path) -> AsyncIterator[str]:
    database = open_database(f"sqlite:///{tmp_path}/followthrough.db")
    migrate(database)
    write_insights(database)
    async with serving(database) as url:
        yield url
    database.dispose()


@pytest.mark.parametrize("size", SIZES)
async def test_numbers_are_found_filtered_and_read(chromium: Browser, numbers: str, size: str) -> None:
    scheme = "dark" if size == "phone" else "light"
    context = await chromium.new_context(viewport=SIZES[size], color_scheme=scheme)  # type: ignore[arg-type]
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith(numbers) else None)
    await page.goto(f"{numbers}/incidents")
    await page.get_by_role("link", name="Insights", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("What the numbers say")
    assert await page.evaluate(DRAWN) == 8
    await can_be_read(page)
    await page.get_by_label("Team").select_option("payments")
    await page.get_by_role("button", name="Show").click()
    await page.get_by_role("link", name="Closed on time", exact=True).click()
    await expect(page.get_by_label("Team")).to_have_value("payments")
    await expect(page.get_by_text("3 of 5 (60 %).")).to_be_visible()
    assert await page.evaluate(DRAWN) == 1
    await can_be_read(page)
    await page.goto(f"{numbers}/insights/not-done")
    await can_be_read(page)
    await page.goto(f"{numbers}/insights/waivers")
    await can_be_read(page)
    await page.goto(f"{numbers}/insights/response")
    await can_be_read(page)
    await page.goto(f"{numbers}/insights/not-done.svg")
    assert complaints == []
    await context.close()
