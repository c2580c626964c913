import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

INCIDENT, ITEM = "inc-0000000001", "inc-0000000001.1"
PATHS = [
    "/",
    "/incidents",
    "/incidents?status=closed",
    f"/incidents/{INCIDENT}",
    "/incidents/inc-0000000002",
    "/items",
    f"/items/{ITEM}",
    f"/items/{INCIDENT}.2",
    f"/incidents/{INCIDENT}/anonymous",
    "/load",
    "/services",
    "/services/checkout/playbook",
    "/outbox",
    f"/outbox/{ITEM}/9/item-escalation",
    "/nothing-here",
]

TOO_PALE = """() => {
  const channel = value => { value /= 255; return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4 };
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const numbers = color => color.match(/[\\d.]+/g).map(Number);
  const ground = element => {
    for (; element; element = element.parentElement) {
      const color = numbers(getComputedStyle(element).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const pale = [];
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim()) continue;
    const [a, b] = [light(numbers(getComputedStyle(element).color)), light(ground(element))];
    if ((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5) pale.push(walker.currentNode.data.trim());
  }
  return pale;
}"""
"""Texts with a contrast below 4.5, the least that WCAG's level AA asks for."""


@pytest.fixture
async def page(chromium: Browser) -> AsyncIterator[Page]:
    context = await chromium.new_context()
    yield await context.new_page()
    await context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_can_be_read_on_a_phone_by_day_and_by_night(
    page: Page, dashboard: str, empty: str, scheme: str
) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    await page.set_viewport_size({"width": 360, "height": 700})
    for address in [dashboard + path for path in PATHS] + [empty + path for path in ("/", "/items", "/outbox")]:
        await page.goto(address)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360, address
        assert await page.evaluate(TOO_PALE) == [], address
        assert await page.locator("html[lang=en]").count() == 1
        assert await page.locator("h1").count() == await page.locator("main").count() == 1, address
        assert (await page.title()).endswith(" · Followthrough")
    assert [words for words in complaints if "404" not in words and "frame is sandboxed" not in words] == []


async def test_the_incidents_page_shows_who_is_on_it_and_what_is_open(page: Page, dashboard: str) -> None:
    await page.goto(dashboard)
    rows = page.locator("tbody tr")
    await expect(rows).to_have_count(3)
    await expect(rows.nth(0)).to_contain_text("SEV1")
    await expect(rows.nth(0)).to_contain_text("Wei Zhang not acknowledged")
    await expect(rows.nth(0)).to_contain_text(re.compile("(minutes|hour) ago"))
    await expect(rows.nth(1)).to_contain_text("drill")
    await expect(rows.nth(2)).to_contain_text("2 of 4")
    await page.get_by_label("Status").select_option("cancelled")
    await page.get_by_role("button", name="Show").click()
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("Practice: the database is gone")


async def test_late_items_come_first_and_lead_to_their_ticket_and_incident(page: Page, dashboard: str) -> None:
    await page.goto(dashboard)
    await page.get_by_role("link", name="Action items").click()
    first = page.locator("tbody tr").first
    await expect(first).to_contain_text("late")
    await expect(first).to_contain_text("escalates to Nora Lindqvist tomorrow")
    await first.get_by_role("link", name="Alert on queue depth").click()
    await expect(page.get_by_role("link", name="PAY-311")).to_have_attribute(
        "href", "https://acme.atlassian.net/browse/PAY-311"
    )
    await expect(page.get_by_role("link", name="Say who you are")).to_have_attribute("href", f"/you?to=/items/{ITEM}")
    await page.get_by_role("link", name=INCIDENT, exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Card payments fail")
    await expect(page.locator(".timeline")).to_contain_text("Escalated to marcos, level 1")


async def test_what_people_wrote_is_shown_and_never_run(page: Page, dashboard: str) -> None:
    await page.goto(f"{dashboard}/incidents/{INCIDENT}")
    postmortem = page.locator("article")
    await expect(postmortem.locator("strong")).to_have_text("provider")
    assert (
        await page.locator("script:not([src='/static/live.js']), article img, article a[href^=javascript]").count() == 0
    )
    assert "bad" not in await page.title()


async def test_a_mail_is_shown_as_it_was_sent_and_its_scripts_do_nothing(page: Page, dashboard: str) -> None:
    await page.goto(f"{dashboard}/outbox")
    await page.get_by_role("link", name="Late: Alert on queue depth").click()
    await expect(page.locator("main")).to_contain_text("marcos@example.com")
    await expect(page.locator("main")).to_contain_text("<inc-0000000001@followthrough>")
    mail = page.frame_locator("iframe").locator("p")
    await expect(mail).to_have_css("color", "rgb(1, 2, 3)")
    frame = page.frames[1]
    assert await frame.title() == ""
    answer = await page.request.get(frame.url)
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_the_keyboard_reaches_the_content_first(page: Page, dashboard: str) -> None:
    await page.goto(f"{dashboard}/items")
    await page.keyboard.press("Tab")
    await expect(page.locator(":focus")).to_have_text("Skip to the content")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.locator("main :focus")).to_have_attribute("href", "/items")


async def test_empty_pages_say_how_to_begin(page: Page, empty: str) -> None:
    for path, words in (
        ("/", f"curl {empty}/webhooks/alertmanager"),
        ("/items", "Whoever has to do with an incident proposes them on its page"),
        ("/outbox", "FOLLOWTHROUGH_SENDGRID_API_KEY"),
        ("/incidents?status=closed", "No incident fits"),
    ):
        await page.goto(empty + path)
        await expect(page.locator(".empty")).to_contain_text(words)
