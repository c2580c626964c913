"""An incident's whole life by clicking alone, on the real service: from declaring it to closing its action item."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from followthrough.service import Service
from tests.browser.clicking import (
    answer_prompts,
    at,
    choose,
    declare,
    go_to,
    main,
    open_one,
    plan,
    propose_beside_the_text,
    says,
    send_update,
    take_role,
)
from tests.browser.test_my_work import SIZES, become, can_be_read

TITLE = "Refunds fail"
ITEM = "Alert when the queue of refunds is older than 5 minutes"
CHANGE = "https://git.example.com/changes/42"


async def is_answered(page: Page) -> None:
    """Declared by one, commanded by her, told about by another who is asked."""
    await become(page, "Inés Robles")
    await declare(page, TITLE, "checkout", "SEV3")
    await page.get_by_role("button", name="I have this role").click()
    await says(page, "Incident Commander acknowledged")
    await choose(page, "Change the severity", {"Severity": "SEV2", "Why": "All refunds fail, not some"})
    await says(page, "SEV2")
    await expect(page.locator("#live-state")).to_contain_text("SEV2")
    await expect(page.locator("#live-facts")).to_contain_text("Comms Lead")


async def is_told_about(page: Page) -> None:
    await become(page, "Tomás Ferrer")
    await take_role(page, "Comms Lead")
    await send_update(
        page, "customers", drafted="a problem with Checkout", added="Cards are charged once, and no money is lost."
    )


async def is_ended(page: Page) -> None:
    await become(page, "Inés Robles")
    await open_one(page, "Incidents", TITLE)
    await choose(page, "Write down what happened", {"What happened": "The queue of refunds is full"})
    await says(page, "The queue of refunds is full")
    await choose(page, "Write down a decision", {"What was decided, and why": "We stay with the other provider"})
    await says(page, "We stay with the other provider")
    await choose(page, "Users are no longer hurt", {"What helped": "Moved the traffic"})
    await says(page, "is mitigated")
    await choose(page, "It is over", {"What ended it": "The provider is back"})
    await says(page, "is resolved")
    for happened in ("The queue of refunds is full", "We stay with the other provider", "no money is lost"):
        await expect(page.locator("#live-timeline")).to_contain_text(happened)


async def is_learned_from(page: Page) -> None:
    """Its postmortem is handed in with what is to be done, approved by another, and published."""
    await go_to(page, "My work")
    await page.get_by_role("link", name="Write it").click()
    await can_be_read(page)
    await propose_beside_the_text(page, ITEM, "Tomás Ferrer")
    await answer_prompts(page, "Looked at: the trust store did not know the new certificate.")
    await page.get_by_role("button", name="Hand in for review").click()
    await says(page, "Postmortem submitted for review")
    await become(page, "Tomás Ferrer")
    await expect(main(page)).to_contain_text("Inés Robles wrote its postmortem")
    await page.get_by_role("link", name="To the postmortem").click()
    await expect(main(page)).to_contain_text("the trust store did not know the new certificate")
    await choose(page, "Approve the postmortem")
    await says(page, "Postmortem approved")
    await become(page, "Inés Robles")
    await expect(main(page)).to_contain_text("Its postmortem is approved and can be published")
    await page.get_by_role("button", name="Publish the postmortem").click()
    await says(page, "Postmortem published with 1 action item")
    await expect(page.locator("#live-parts").get_by_role("row", name=ITEM)).to_contain_text("proposed")


async def is_followed_up(page: Page) -> None:
    """Its action item is accepted, planned by the lead, shown to be done, and looked at."""
    await become(page, "Tomás Ferrer")
    await page.get_by_role("button", name="Accept it").click()
    await says(page, "Accepted.")
    await open_one(page, "Incidents", TITLE)
    await expect(page.locator("#live-timeline")).to_contain_text("Ticket FT-1")
    await become(page, "Marcos Vidal")
    await plan(page, ITEM)
    await open_one(page, "Incidents", TITLE)
    await expect(page.locator("#live-timeline")).to_contain_text("Planned in Payments, sprint of")
    await become(page, "Tomás Ferrer")
    shown = {"Link to what shows it": CHANGE, "What the link leads to": "change"}
    await choose(page, "It is done, and this shows it", shown)
    await says(page, f"Done, evidence (change): {CHANGE}")
    await become(page, "Marcos Vidal")
    await expect(main(page)).to_contain_text("Tomás Ferrer says that it is done")
    await choose(page, "The evidence holds")
    await says(page, "is closed")


async def is_over(page: Page) -> None:
    """Nothing is left of it, for whoever had to do with it."""
    await open_one(page, "Incidents", TITLE)
    await expect(page.locator("#live-state")).to_contain_text("closed")
    await expect(page.locator("#live-parts")).to_contain_text("nothing more")
    await expect(page.locator("#live-timeline")).to_contain_text("Closed: no action item is open")
    await can_be_read(page)
    await go_to(page, "Incidents")
    await expect(main(page).get_by_role("row", name=TITLE)).to_contain_text(re.compile("closed.*none of 1", re.DOTALL))
    for name in ("Inés Robles", "Tomás Ferrer", "Marcos Vidal"):
        await become(page, name)
        await expect(main(page)).to_contain_text("Nothing waits for you.")


@pytest.mark.parametrize("size", SIZES)
async def test_an_incident_lives_from_declared_to_closed_by_clicking_alone(
    chromium: Browser, service: Service, size: str
) -> None:
    async with at(service.settings.resolved_public_url, chromium, size) as (page, complaints):
        await is_answered(page)
        await is_told_about(page)
        await is_ended(page)
        await is_learned_from(page)
        await is_followed_up(page)
        await is_over(page)
    assert complaints == []
