"""What stands around a postmortem's text in a file: who wrote it, what was corrected, and what follows."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from followthrough.domain.replayed.incident.incident import Incident, ItemSummary
from followthrough.domain.replayed.values import PersonId
from followthrough.store.postmortem_tables import PostmortemCorrectionRow

Named = Callable[[PersonId], str]


class Document(NamedTuple):
    """Plain sentences around the text, which is Markdown."""

    title: str
    above: tuple[str, ...]
    text: str
    items: tuple[tuple[str, str], ...]
    """Id and sentence of each action item."""


def document(incident: Incident, corrections: Sequence[PostmortemCorrectionRow], name: Named) -> Document:
    """Of an incident whose postmortem was handed in."""
    postmortem = incident.postmortem
    if postmortem is None:
        raise ValueError(f"{incident.id} has no postmortem")
    return Document(
        title=incident.title,
        above=tuple(_above(incident, corrections, name)),
        text=postmortem.text,
        items=tuple((item.id, _item(item, name)) for item in incident.items),
    )


def corrected_sentence(row: PostmortemCorrectionRow, name: Named) -> str:
    """When, by whom and why."""
    return f"Corrected on {_day(row.at)} by {name(row.by)}: {row.reason}"


def _above(incident: Incident, corrections: Sequence[PostmortemCorrectionRow], name: Named) -> Iterator[str]:
    written = incident.postmortem
    drill = ", a drill" if incident.drill else ""
    yield f"{incident.id}: {incident.title}, {incident.severity}, {incident.service}{drill}."
    if written is not None:
        review = written.review
        reviewed = f", {'approved' if review.approved else 'returned'} by {name(review.by)}" if review else ""
        published = f", published on {_day(incident.published_at)}" if incident.published_at else ", not published yet"
        yield f"{name(written.by)} wrote it{reviewed}{published}."
    yield from (corrected_sentence(row, name) for row in corrections)


def _item(item: ItemSummary, name: Named) -> str:
    return f"{item.title} ({name(item.owner)}{', waived' if item.waived else ', ended' if item.ended_at else ''})"


def _day(at: datetime) -> str:
    return f"{at.day} {at:%b %Y}"
