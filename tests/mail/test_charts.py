"""The drawings in mails: what the plotting library drew for pages, as images that need nothing from elsewhere."""

from io import BytesIO

import pytest
from PIL import Image, ImageColor

from followthrough.domain.answered.insights.insight import TITLES, Drawing, Name, Series
from followthrough.mail.charts import attached, charts
from followthrough.painting import SCALE, png
from followthrough.plots import COLORS, MAIL
from tests.digests import DRAWN, monthly

DRAWINGS = {one.name.value: one.drawing for one in DRAWN}


def painted(drawing: Drawing, series: int) -> int:
    """How many pixels have the colour of a series."""
    image = Image.open(BytesIO(png(drawing))).convert("RGB")
    colors = image.getcolors(image.width * image.height) or []
    return {color: count for count, color in colors}.get(ImageColor.getrgb(COLORS[series]), 0)


@pytest.mark.parametrize("drawing", DRAWINGS.values(), ids=DRAWINGS)
def test_an_image_has_its_size_and_few_bytes(drawing: Drawing) -> None:
    image = Image.open(BytesIO(png(drawing)))
    assert (image.format, image.size) == ("PNG", (MAIL.width * SCALE, MAIL.height * SCALE))
    assert len(png(drawing)) < 15_000


def test_bars_are_as_high_as_the_numbers_beside_and_on_each_other() -> None:
    def bars(*values: float | None) -> Drawing:
        return DRAWINGS["on-time"].model_copy(update={"series": (Series(name="on time", values=values),)})

    alone = painted(bars(100, None, 0, 0, 0, 0), 0)
    assert painted(bars(100, None, 50, 0, 0, 25), 0) == pytest.approx(1.75 * alone, rel=0.02)
    before, after = (painted(DRAWINGS["repeats"], series) for series in (0, 1))
    assert after == pytest.approx(before * 5 / 4, rel=0.02)


def test_what_has_no_numbers_says_so() -> None:
    empty = DRAWINGS["on-time"].model_copy(update={"series": (Series(name="on time", values=(None,) * 6),)})
    assert empty.empty
    assert painted(empty, 0) == 0
    assert empty.words == "Closed on time, in percent: nothing to draw."


def test_the_words_for_an_image_say_its_numbers_and_its_sentence_is_beside_it() -> None:
    on_time, repeats = charts(monthly())
    assert on_time.said == "Closed on time: 21 of 36 (58 %)."
    assert on_time.alt == (
        "Closed on time, in percent: 2025-10 on time 40; 2025-12 on time 60; 2026-01 on time 0; "
        "2026-02 on time 80; 2026-03 on time 100."
    )
    assert repeats.said.startswith(f"{TITLES[Name.REPEATS]}: 4 of 9 came before")
    assert (attached(on_time).name, attached(on_time).content_id) == ("on-time.png", "chart-on-time")
