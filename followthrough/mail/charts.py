"""The charts of the monthly digest: bars, dark on light in every client, with letters for a narrow screen."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from followthrough.domain.answered.report.digest import AGES, Digest, Month, MonthNumbers
from followthrough.store.tables import MailAttachmentRow

WIDTH, HEIGHT = 800, 400
"""In pixels; mails show it at half the size, so that it is sharp."""
MARGIN, TOP, BASE = 32, 128, 328
GROUND, INK, SOFT, BAR = "#f3f5f8", "#1b2430", "#4a5665", "#2563b8"


class Bar(NamedTuple):
    """``label`` is below it, ``text`` on it; ``told`` says both in words."""

    label: str
    height: float
    text: str
    told: str


class Chart(NamedTuple):
    """``full`` is the height that fills it."""

    name: str
    title: str
    bars: tuple[Bar, ...]
    full: float

    @property
    def content_id(self) -> str:
        """Of its image within a mail."""
        return f"chart-{self.name}"

    @property
    def alt(self) -> str:
        """What it shows, in words."""
        return f"{self.title}: {'; '.join(bar.told for bar in self.bars)}."


def charts(digest: Digest) -> list[Chart]:
    """Of the digest's months and ages; none that would be empty."""
    on_time, repeats = _on_time(digest.trend), _repeats(digest.trend)
    edges = [0, *AGES]
    labels = [f"{low + 1 if low else 0}-{high}" for low, high in zip(edges, AGES, strict=False)] + [f"over {AGES[-1]}"]
    ages = tuple(
        Bar(label, count, str(count), f"{label}: {count}")
        for label, count in zip(labels, digest.ages.counts, strict=True)
    )
    drawn = [
        Chart("on-time", "Closed on time", on_time, 1),
        Chart("ages", "Open action items by age in days", ages, max(digest.ages.counts)),
        Chart("repeats", "Incidents that repeated an earlier one", repeats, max(bar.height for bar in repeats)),
    ]
    return [chart for chart in drawn if any(bar.height for bar in chart.bars)]


def _on_time(trend: Sequence[MonthNumbers]) -> tuple[Bar, ...]:
    bars = []
    for month in trend:
        share = month.on_time / month.closed if month.closed else 0
        text = f"{share:.0%}" if month.closed else "none"
        start = Month.parse(month.month).start
        bars.append(Bar(f"{start:%b}", share, text, f"{start:%B} {month.on_time} of {month.closed}"))
    return tuple(bars)


def _repeats(trend: Sequence[MonthNumbers]) -> tuple[Bar, ...]:
    def bar(start: datetime, month: MonthNumbers) -> Bar:
        told = f"{start:%B} {month.repeats} of {month.declared}"
        return Bar(f"{start:%b}", month.repeats, str(month.repeats), told)

    return tuple(bar(Month.parse(month.month).start, month) for month in trend)


def png(chart: Chart) -> bytes:
    """The chart as an image of ``WIDTH`` by ``HEIGHT``."""
    image = Image.new("RGB", (WIDTH, HEIGHT), GROUND)
    draw, letters = ImageDraw.Draw(image), ImageFont.load_default(30)
    draw.text((MARGIN, MARGIN), chart.title, INK, ImageFont.load_default(36))
    width = (WIDTH - 2 * MARGIN) / len(chart.bars)
    for number, bar in enumerate(chart.bars):
        middle = MARGIN + width * (number + 0.5)
        top = BASE - (BASE - TOP) * bar.height / chart.full
        if bar.height:
            draw.rectangle((middle - width * 0.3, top, middle + width * 0.3, BASE), BAR)
        draw.text((middle, top - 8), bar.text, INK, letters, "mb")
        draw.text((middle, BASE + 14), bar.label, SOFT, letters, "mt")
    draw.line((MARGIN, BASE, WIDTH - MARGIN, BASE), SOFT, 2)
    file = BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def attached(chart: Chart) -> MailAttachmentRow:
    """The image that a mail shows for the chart's content id."""
    name, content = f"{chart.name}.png", png(chart)
    return MailAttachmentRow(name=name, media_type="image/png", content_id=chart.content_id, content=content)


def with_images(html: str, attachments: Iterable[MailAttachmentRow]) -> str:
    """A mail's HTML for a browser, which knows no content ids."""
    for file in attachments:
        data = f"data:{file.media_type};base64,{b64encode(file.content).decode()}"
        html = html.replace(f'"cid:{file.content_id}"', f'"{data}"')
    return html
