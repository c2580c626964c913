import re

import pytest
from playwright.async_api import Browser


@pytest.mark.parametrize("service", ["checkout", "card-payments", "storefront", "database"])
async def test_a_playbook_prints_on_one_page(chromium: Browser, dashboard: str, service: str) -> None:
    page = await chromium.new_page()
    await page.goto(f"{dashboard}/services/{service}/playbook")
    printed = await page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type /Page\b", printed)) == 1
    await page.close()
