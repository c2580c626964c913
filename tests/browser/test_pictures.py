"""The pictures in the README are of these pages, as they are now."""

import io
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
import time_machine
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.async_api import Browser, Page, ViewportSize
from sqlalchemy import Engine

from followthrough.local_person import choose_local_person
from followthrough.store.database import migrate, open_database
from tests.browser import sample
from tests.browser.conftest import serving
from tests.browser.months import write_months
from tests.browser.sample import write_sample

FOLDER = Path("docs/pictures")
SIZE: ViewportSize = {"width": 1200, "height": 860}
MOST_BYTES = 150_000
DRAWN = """() => Promise.all([...document.querySelectorAll('main img')]
  .filter(image => image.getBoundingClientRect().top < innerHeight)
  .map(async image => {
    await image.decode();
    const drawn = await (await fetch(image.src)).text();
    return new DOMParser().parseFromString(drawn, 'image/svg+xml').querySelector('desc').textContent;
  }))"""
"""Says what the drawings that are in sight show, once they are."""
WORDS = "Words of the page"
"""What a picture says, kept in itself."""


class Pictured(NamedTuple):
    """What somebody looks at, in what is written for it."""

    person: str
    path: str
    write: Callable[[Engine], None] = write_sample


PICTURES = {
    "my-work": Pictured("marcos", "/"),
    "incident": Pictured("ines", f"/incidents/{sample.LED}"),
    "action-items": Pictured("marcos", "/items"),
    "insights": Pictured("nora", "/insights", write_months),
}


class Desk(NamedTuple):
    """A tab, the addresses of what was written, and the folder that says who looks."""

    page: Page
    urls: dict[Callable[[Engine], None], str]
    folder: Path


@pytest.fixture(scope="module")
async def desk(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    folder = tmp_path_factory.mktemp("pictured")
    context = await chromium.new_context(viewport=SIZE, locale="en-GB", timezone_id="UTC", color_scheme="light")
    async with AsyncExitStack() as stack:
        urls = {}
        for write in dict.fromkeys(picture.write for picture in PICTURES.values()):
            database = open_database(f"sqlite:///{folder}/{write.__name__}.db")
            stack.callback(database.dispose)
            migrate(database)
            write(database)
            urls[write] = await stack.enter_async_context(serving(database, data_dir=folder))
        yield Desk(await context.new_page(), urls, folder)
        await context.close()


@pytest.mark.parametrize("name", PICTURES)
async def test_a_picture_is_of_its_page(desk: Desk, name: str, request: pytest.FixtureRequest) -> None:
    picture, file = PICTURES[name], FOLDER / f"{name}.png"
    choose_local_person(desk.folder, picture.person)
    with time_machine.travel(sample.NOW, tick=False):
        await desk.page.goto(desk.urls[picture.write] + picture.path)
        drawn = await desk.page.evaluate(DRAWN)
    words = re.sub(r"\s+", " ", " ".join([await desk.page.locator("body").inner_text(), *drawn]))
    if request.config.getoption("--take-pictures"):
        keep(await desk.page.screenshot(), words, file)
    with Image.open(file) as kept:
        assert kept.size == (SIZE["width"], SIZE["height"])
        assert kept.info[WORDS].split(". ") == words.split(". "), "make pictures takes it anew"


def test_pictures_are_small_and_the_readme_says_what_they_show() -> None:
    shown = re.findall(r"!\[([^]]+)\]\((\S+)\)", Path("README.md").read_text())
    assert {file for _, file in shown} == {str(FOLDER / f"{name}.png") for name in PICTURES}
    assert all(len(said) > 40 for said, _ in shown)
    assert [file for file in FOLDER.iterdir() if file.stat().st_size > MOST_BYTES or file.stem not in PICTURES] == []


def keep(taken: bytes, words: str, file: Path) -> None:
    """In few colours, for few bytes."""
    said = PngInfo()
    said.add_itxt(WORDS, words, zip=True)
    file.parent.mkdir(exist_ok=True)
    Image.open(io.BytesIO(taken)).convert("RGB").quantize(128).save(file, optimize=True, pnginfo=said)
