"""The drawings of the monthly digest: images within the mail, each below the sentence that says the same."""

from base64 import b64encode
from collections.abc import Iterable
from typing import NamedTuple

from followthrough.domain.answered.insights.insight import Drawing
from followthrough.domain.answered.report.digest import Digest
from followthrough.painting import png
from followthrough.store.tables import MailAttachmentRow


class Chart(NamedTuple):
    """``said`` is its sentence, for everybody."""

    name: str
    said: str
    drawing: Drawing

    @property
    def content_id(self) -> str:
        """Of its image within a mail."""
        return f"chart-{self.name}"

    @property
    def alt(self) -> str:
        """What it shows, in words."""
        return self.drawing.words


def charts(digest: Digest) -> list[Chart]:
    """In the order of the digest."""
    return [Chart(one.name.value, f"{one.drawing.title}: {one.summary}", one.drawing) for one in digest.drawn]


def attached(chart: Chart) -> MailAttachmentRow:
    """The image that a mail shows for the chart's content id."""
    name, content = f"{chart.name}.png", png(chart.drawing)
    return MailAttachmentRow(name=name, media_type="image/png", content_id=chart.content_id, content=content)


def with_images(html: str, attachments: Iterable[MailAttachmentRow]) -> str:
    """A mail's HTML for a browser, which knows no content ids."""
    for file in attachments:
        data = f"data:{file.media_type};base64,{b64encode(file.content).decode()}"
        html = html.replace(f'"cid:{file.content_id}"', f'"{data}"')
    return html
