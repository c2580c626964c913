"""What a ticket says, as paragraphs of text and links, and the formats that trackers take them in."""

import json
from bisect import bisect_right
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from followthrough.domain.answered.access.privacy import title_for_all
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus
from followthrough.domain.replayed.text import CUT, clean, one_line

SUMMARY, TEXT = 255, 32_767
"""Characters that Jira takes, as Java counts them; of an Atlassian document those of its JSON."""


class Link(NamedTuple):
    """A link with its words."""

    text: str
    url: str


Document = tuple[tuple[str | Link, ...], ...]
"""Paragraphs; no piece of one is empty."""


def item_page(item: ActionItem, public_url: str) -> str:
    """Where people see and act on an action item."""
    return f"{public_url}/items/{item.id}"


def ticket_description(item: ActionItem, owner: str, due: date | None, public_url: str) -> Document:
    """What is to be done, why it matters, by whom and until when."""
    incident = Link(f"incident {item.incident_id}", f"{public_url}/incidents/{item.incident_id}")
    deadline = f" Deadline: {due}." if due else ""
    if item.private:
        return (
            (f"{title_for_all(item)}; who is on it can read what it is.{deadline}",),
            ("Accept, close with evidence, or ask for more time: ", Link(item.id, item_page(item, public_url))),
        )
    return (
        (item.title,),
        *((item.description,),) * bool(item.description),
        ("Why it matters: ", incident, f" was {item.severity}. Kind of follow-up: {item.kind}."),
        (f"Owner: {owner}.{deadline}",),
        ("Accept, close with evidence, or ask for more time: ", Link(item.id, item_page(item, public_url))),
    )


def closing_comment(item: ActionItem) -> Document:
    """Why the ticket of an action item that is settled is closed; of a private one it says only how."""
    if item.private:
        return ((item.status.capitalize(),),)
    if item.status is ItemStatus.WAIVED and item.waiver is not None:
        until = f" until {item.waiver.until:%Y-%m-%d}" if item.waiver.until else ""
        return ((f"Waived{until}: {item.waiver.reason}",),)
    if item.status in (ItemStatus.MERGED, ItemStatus.SPLIT):
        return ((item.outcome.capitalize(),),)
    evidence = item.evidence[-1]
    note = (f" ({evidence.note})",) if evidence.note else ()
    return (("Closed, evidence: ", Link(str(evidence.url), str(evidence.url)), *note),)


def reopening_comment(item: ActionItem) -> Document:
    """Why the ticket of an action item that was settled is opened."""
    why = "" if item.private else item.asked_because
    return (("The action item is open. ", why or "Nothing shows yet that it is done."),)


_ESCAPED = str.maketrans({character: f"\\{character}" for character in "\\{}[]|!*_^~+"})


def plain_text(document: Document) -> str:
    """Paragraphs with an empty line between them."""
    return "\n\n".join("".join(_plain(piece) for piece in paragraph) for paragraph in document)


def _plain(piece: str | Link) -> str:
    if isinstance(piece, str):
        return piece
    return piece.url if piece.text == piece.url else f"{piece.text} ({piece.url})"


def atlassian_document(document: Document) -> dict[str, Any]:
    """Atlassian Document Format, version 1, for Jira Cloud."""
    return {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [_node(piece) for piece in paragraph]} for paragraph in document],
    }


def _node(piece: str | Link) -> dict[str, Any]:
    if isinstance(piece, str):
        return {"type": "text", "text": piece}
    return {"type": "text", "text": piece.text, "marks": [{"type": "link", "attrs": {"href": piece.url}}]}


def wiki_text(document: Document) -> str:
    """Jira's wiki markup, for Jira Data Center; what people wrote stays as they wrote it."""
    return "\n\n".join("".join(_wiki(piece) for piece in paragraph) for paragraph in document)


def _wiki(piece: str | Link) -> str:
    if isinstance(piece, str):
        return piece.translate(_ESCAPED)
    url = piece.url.replace("|", "%7C").replace("]", "%5D")
    return f"[{url}]" if piece.text == piece.url else f"[{_wiki(piece.text)}|{url}]"


def summary(title: str) -> str:
    """A ticket's one line."""
    line = one_line(title)
    if _length(line) <= SUMMARY:
        return line
    fits = bisect_right(range(len(line)), SUMMARY - len(CUT), key=lambda end: _length(line[:end]))
    return line[: fits - 1] + CUT


def formatted(document: Document, whole: Link, form: Callable[[Document], Any]) -> Any:
    """In the form that a tracker takes; what is too long for Jira is cut, and leads to the whole."""
    cleaned = tuple(tuple(p if isinstance(p, Link) else clean(p) for p in paragraph) for paragraph in document)

    def first(length: int) -> Any:
        return form((*_first(cleaned, length), (f"{CUT} ", whole)))

    if sum(len(piece) for paragraph in cleaned for piece in map(_plain, paragraph)) <= TEXT:
        answer = form(_first(cleaned, TEXT))
        if _fits(answer):
            return answer
    return first(bisect_right(range(TEXT), False, key=lambda length: not _fits(first(length))) - 1)


def _first(document: Document, length: int) -> Document:
    """No more than so many characters of it; a link is whole or not there."""
    paragraphs = []
    for paragraph in document:
        pieces: list[str | Link] = []
        for piece in paragraph:
            if isinstance(piece, Link) and len(_plain(piece)) > length:
                length = 0
                break
            shown = piece if isinstance(piece, Link) else piece[:length]
            length -= len(_plain(shown))
            if shown:
                pieces.append(shown)
        if pieces:
            paragraphs.append(tuple(pieces))
    return tuple(paragraphs)


def _fits(answer: Any) -> bool:
    return _length(answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)) <= TEXT


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
