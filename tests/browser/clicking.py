"""Steps of an incident's life, each as somebody clicks and types it: nothing here knows an address or asks the API."""

import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.test_my_work import SIZES, can_be_read

QUESTION = re.compile(r"^(?P<asked>.*\?)$", re.MULTILINE)


class Seen(NamedTuple):
    """A page, and what nobody should see of it: words in the console, what broke, and requests to another host."""

    page: Page
    complaints: list[str]


@contextlib.asynccontextmanager
async def at(url: str, chromium: Browser, size: str) -> AsyncIterator[Seen]:
    """A browser that has never been there, on the service's first page."""
    context = await chromium.new_context(viewport=SIZES[size], has_touch=size == "phone")
    page = await context.new_page()
    complaints: list[str] = []
    context.on("console", lambda message: complaints.append(message.text))
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on(
        "request", lambda request: complaints.append(request.url) if not request.url.startswith(f"{url}/") else None
    )
    await page.goto(url)
    yield Seen(page, complaints)
    await context.close()


def main(page: Page) -> Locator:
    return page.get_by_role("main")


def heading(page: Page) -> Locator:
    """Of the page, not of a text that it shows."""
    return page.locator("main > h1")


async def says(page: Page, sentence: str | re.Pattern[str]) -> None:
    """What was just done, on a page that can be read."""
    await expect(page.get_by_role("status")).to_contain_text(sentence)
    await can_be_read(page)


async def go_to(page: Page, part: str) -> None:
    await page.get_by_label("Main").get_by_role("link", name=part, exact=True).click()
    await expect(heading(page)).to_contain_text(part)


async def open_one(page: Page, part: str, title: str) -> None:
    """From the list of incidents or of action items."""
    await go_to(page, part)
    await main(page).get_by_role("link", name=title, exact=True).click()
    await expect(heading(page)).to_have_text(title)


async def choose(page: Page, choice: str, typed: Mapping[str, str] = MappingProxyType({})) -> None:
    """On a record's page or among one's work, and on the form that it leads to: by label, what goes into its fields."""
    link = main(page).get_by_role("link", name=choice, exact=True)
    if not await link.is_visible():
        await page.get_by_text("What else you can do").click()
    await link.click()
    await expect(heading(page)).to_have_text(choice)
    await can_be_read(page)
    for label, text in typed.items():
        field = page.get_by_label(label)
        if await field.evaluate("field => field.tagName") == "SELECT":
            await field.select_option(text)
        else:
            await field.fill(text)
    await page.get_by_role("button", name=choice, exact=True).click()


async def declare(page: Page, title: str, service: str, severity: str) -> None:
    await go_to(page, "Incidents")
    await page.get_by_role("link", name="Declare an incident", exact=True).click()
    await can_be_read(page)
    await page.get_by_label("What is wrong").fill(title)
    await page.get_by_label("What is broken").select_option(service)
    await page.get_by_label("Severity").select_option(severity)
    await expect(page.get_by_label("It is real, and everybody may see it")).to_be_checked()
    await page.get_by_role("button", name="Declare it").click()
    await says(page, "is declared")
    await expect(heading(page)).to_have_text(title)


async def take_role(page: Page, role: str) -> None:
    """Which is waited for on the first page, and stands there."""
    await expect(main(page)).to_contain_text(f"You are asked to be its {role}")
    await page.get_by_role("button", name="I have this role").click()
    await says(page, f"{role} acknowledged")


async def send_update(page: Page, audience: str, *, drafted: str, added: str) -> None:
    """What was drafted stays, and something is added."""
    await main(page).get_by_role("link", name="Write an update", exact=True).click()
    await can_be_read(page)
    await page.get_by_label("For whom").select_option(audience)
    await page.get_by_role("button", name="Draft it anew for these").click()
    text = page.get_by_label("What to tell them")
    await expect(text).to_have_value(re.compile(drafted))
    await text.fill(f"{await text.input_value()}\n\n{added}")
    await page.get_by_role("button", name="Preview").click()
    await expect(heading(page)).to_have_text(f"This would be sent to {audience}")
    await expect(main(page)).to_contain_text(drafted)
    await expect(main(page)).to_contain_text(added)
    await can_be_read(page)
    await page.get_by_role("button", name="Send it").click()
    await says(page, f"to {audience}")


async def propose_beside_the_text(page: Page, title: str, owner: str) -> None:
    """In the editor, after a vague one is told apart."""
    await page.get_by_label("What is to be done").fill("Improve monitoring")
    await expect(page.locator("#item-hints")).to_contain_text("A checkable end")
    await page.get_by_label("What is to be done").fill(title)
    await expect(page.locator("#item-hints")).to_be_empty()
    await page.get_by_label("Owner").select_option(owner)
    await page.get_by_role("button", name="Propose it").click()
    await says(page, f"Proposed to {owner}: {title}")
    await expect(page.get_by_label("Comments and action items").get_by_role("link", name=title)).to_be_visible()


async def answer_prompts(page: Page, answer: str) -> None:
    """Each question of the draft gets an answer below it."""
    await page.get_by_role("button", name="Preview").click()
    await expect(page.get_by_role("heading", name="Questions that are as they came")).to_be_visible()
    await can_be_read(page)
    text = page.get_by_label("Text, in Markdown")
    await text.fill(QUESTION.sub(rf"\g<asked>\n  {answer}", await text.input_value()))
    await page.get_by_role("button", name="Preview").click()
    await expect(page.get_by_role("heading", name="Preview")).to_be_visible()
    await expect(page.get_by_role("heading", name="Questions that are as they came")).to_have_count(0)
    await expect(page.locator("#hints")).to_contain_text("Nothing in it blames a person.")
    await can_be_read(page)


async def plan(page: Page, title: str) -> None:
    """The one that is proposed, as the lead."""
    await go_to(page, "Planning")
    await can_be_read(page)
    await expect(page.get_by_label(f"Take in {title}")).to_be_checked()
    await expect(page.locator("#capacity")).to_contain_text("1 chosen, taking 1 of the agreed share of 8: 7 left")
    await page.get_by_label(f"Estimate of {title}").fill("3")
    await expect(page.locator("#capacity")).to_contain_text("1 chosen, taking 3 of the agreed share of 8: 5 left")
    await page.get_by_role("button", name="Approve", exact=True).click()
    await says(page, "Approved.")
