from io import BytesIO

import pytest
from PIL import Image, ImageColor

from followthrough.domain.answered.report.digest import Ages
from followthrough.mail.charts import BAR, BASE, HEIGHT, MARGIN, TOP, WIDTH, Chart, charts, png
from tests.digests import TREND, monthly

CHARTS = {chart.name: chart for chart in charts(monthly())}


def drawn_heights(chart: Chart) -> list[float]:
    """Of the bars in the image, as shares of the highest that is possible."""
    image = Image.open(BytesIO(png(chart)))
    width = (WIDTH - 2 * MARGIN) / len(chart.bars)
    columns = [int(MARGIN + width * (number + 0.5)) for number in range(len(chart.bars))]
    colour = ImageColor.getrgb(BAR)
    return [sum(image.getpixel((x, y)) == colour for y in range(HEIGHT)) / (BASE - TOP) for x in columns]


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_an_image_has_its_size_and_bars_as_high_as_the_numbers(chart: Chart) -> None:
    image = Image.open(BytesIO(png(chart)))
    image.verify()
    assert (image.format, image.size) == ("PNG", (WIDTH, HEIGHT))
    assert len(png(chart)) < 30_000
    assert drawn_heights(chart) == pytest.approx([bar.height / chart.full for bar in chart.bars], abs=0.02)


def test_the_words_for_an_image_say_its_numbers() -> None:
    assert CHARTS["on-time"].alt == (
        "Closed on time: October 0 of 6; November 1 of 6; December 2 of 6; January 3 of 6; February 4 of 6; "
        "March 5 of 6."
    )
    assert CHARTS["ages"].alt == "Open action items by age in days: 0-30: 4; 31-90: 3; 91-180: 2; over 180: 1."
    assert CHARTS["repeats"].alt.startswith("Incidents that repeated an earlier one: October 0 of 3; November 1 of 3;")
    assert [bar.text for bar in CHARTS["on-time"].bars] == ["0%", "17%", "33%", "50%", "67%", "83%"]


def test_what_has_no_numbers_is_not_drawn() -> None:
    nothing = [month.model_copy(update={"on_time": 0, "closed": 0, "repeats": 0}) for month in TREND]
    assert charts(monthly(trend=nothing, ages=Ages(median=0, counts=(0, 0, 0, 0), oldest=None))) == []
