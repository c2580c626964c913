"""What is wrong with a page for somebody who reads, types, listens, holds a phone, or prints it."""

from collections.abc import Iterator
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Page, ViewportSize

PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}

GRAVE = {"serious", "critical"}
ALL_RULES: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
COLOURS = ALL_RULES | {"runOnly": ["color-contrast", "link-in-text-block"]}
"""All that another colour scheme can change."""

REACHABLE = """() => {
  const wanted = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
  const told = element => element.outerHTML.slice(0, 120);
  window.found = [...document.querySelectorAll(wanted)].filter(element =>
    element.checkVisibility() && !element.disabled && element.type !== 'hidden'
    && (element.type !== 'radio' || element.checked) && !element.matches('details:not([open]) > :not(summary) *'));
  document.activeElement.blur();
  return found.length;
}"""
FOCUSED = """() => {
  const element = document.activeElement, style = getComputedStyle(element);
  const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  const box = element.getBoundingClientRect();
  const inside = box.bottom > 0 && box.right > 0 && box.left < innerWidth && box.top < innerHeight;
  const at = found.indexOf(element);
  return [at, ring && inside ? '' : element.outerHTML.slice(0, 120)];
}"""
UNREACHED = "reached => found.filter((_, at) => !reached.includes(at)).map(element => element.outerHTML.slice(0, 120))"
PRINTED = """() => {
  const shown = element => element.checkVisibility() && element.getClientRects().length > 0;
  const left = [...document.querySelectorAll('nav, button, .button, [type=submit], .skip')].filter(shown);
  const ground = getComputedStyle(document.body).backgroundColor, ink = getComputedStyle(document.body).color;
  const dark = ink.match(/[\\d.]+/g).slice(0, 3).every(value => Number(value) < 60);
  return [...left.map(element => element.outerHTML.slice(0, 120)),
    ...(['rgb(255, 255, 255)', 'rgba(0, 0, 0, 0)'].includes(ground) && dark ? [] : [`${ink} on ${ground}`])];
}"""


async def faults(page: Page) -> list[str]:
    """All of them, at both widths, by day and by night, with the keyboard and on paper; the page is not loaded anew."""
    found: list[str] = []
    for size in (PHONE, DESKTOP):
        await page.set_viewport_size(size)
        await page.emulate_media(color_scheme="light")
        found += await grave(page, ALL_RULES)
        await page.emulate_media(color_scheme="dark")
        found += await grave(page, COLOURS)
        wide = await page.evaluate("document.documentElement.scrollWidth")
        found += [f"{wide} pixels wide on {size['width']}"] if wide > size["width"] else []
    found += [f"printed: {words}" for words in await printed(page)]
    await page.emulate_media(color_scheme="light", media="screen")
    return list(dict.fromkeys(found + await beyond_the_keyboard(page)))


async def grave(page: Page, options: dict[str, Any]) -> list[str]:
    """What axe-core calls serious or critical."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE_SCRIPT)
    results = await page.evaluate("options => axe.run(options)", options)
    return list(_told(results["violations"]))


def _told(violations: list[dict[str, Any]]) -> Iterator[str]:
    for violation in violations:
        if violation["impact"] in GRAVE:
            for node in violation["nodes"]:
                why = node["failureSummary"].splitlines()[-1].strip()
                yield f"{violation['id']}: {node['html'][:160]} ({why[:200]})"


async def printed(page: Page) -> list[str]:
    """What nobody can press on paper and still is there, and colours other than black on white."""
    await page.emulate_media(color_scheme="dark", media="print")
    left: list[str] = await page.evaluate(PRINTED)
    return left


async def beyond_the_keyboard(page: Page) -> list[str]:
    """What Tab does not come to, or shows no ring around."""
    count = await page.evaluate(REACHABLE)
    reached: set[int] = set()
    unseen: list[str] = []
    for _ in range(6 * count + 10):  # a date is several stops
        if len(reached) == count:
            break
        await page.keyboard.press("Tab")
        at, without_ring = await page.evaluate(FOCUSED)
        if at >= 0 and at not in reached:
            reached.add(at)
            unseen += [f"focus is not seen: {without_ring}"] if without_ring else []
    return unseen + [f"not reached with Tab: {html}" for html in await page.evaluate(UNREACHED, list(reached))]
