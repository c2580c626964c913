"""What people call an incident or action item: its id or the beginning of it, its page, ticket, part of its title."""

import re
import sys
from typing import Annotated, Any, NoReturn

import typer

from followthrough.cli.api import NOT_FOUND, WRONG_COMMAND_LINE, ask_quietly, call, completing, draw, err, fail
from followthrough.cli.drawing import table
from followthrough.domain.replayed.plain_text import one_line

ID = re.compile(r"inc-(?:[0-9a-f]{20}|[0-9a-f]{10})(?:-[0-9]+)?(?P<item>(?:\.[0-9]+)+)?")
NAMES = {"incident": "incident", "item": "action item", "": "incident or action item"}
LISTS = {"incident": "`followthrough incidents` lists them", "item": "`followthrough items` lists them"}


def incident_id(text: str) -> str:
    """Of the incident that somebody means. Ends the command where that is none, or unclear."""
    found = _id_in(text) or _found(text, "incident")
    if ID.fullmatch(found)["item"]:  # type: ignore[index]
        fail(
            f"{found!r} is no incident's id, but an action item's; leave out what is behind the point.",
            WRONG_COMMAND_LINE,
        )
    return found


def item_id(text: str) -> str:
    """Of the action item that somebody means."""
    found = _id_in(text) or _found(text, "item")
    if not ID.fullmatch(found)["item"]:  # type: ignore[index]
        fail(f"{found!r} is no action item's id, but an incident's; ids look like {found}.1.", WRONG_COMMAND_LINE)
    return found


def record_id(text: str) -> str:
    """Of either."""
    return _id_in(text) or _found(text, "")


def page_of(record: str) -> str:
    """Its path in the API."""
    return f"{'items' if '.' in record else 'incidents'}/{record}"


def _id_in(text: str) -> str | None:
    """An id as it is, or in a page's address."""
    whole = text.strip().lower()
    found = ID.search(whole) if whole.startswith(("http://", "https://")) else ID.fullmatch(whole)
    return found.group() if found else None


def _found(text: str, kind: str) -> str:
    if completing():
        return text
    hits = call("GET", "/find", text=text, kind=kind or None) if text.strip() else []
    if not hits:
        _none(text, kind)
    if len(hits) == 1:
        (hit,) = hits
        err.print(f"{hit['id']} “{hit['title']}”", style="dim", soft_wrap=True)
        return str(hit["id"])
    return _chosen(hits, text, kind)


def _chosen(hits: list[dict[str, Any]], text: str, kind: str) -> str:
    numbered = [{"number": number, **hit} for number, hit in enumerate(hits, 1)]
    asks = sys.stdin.isatty() and sys.stdout.isatty()
    columns = ("id", "status", "ticket", "title") if kind == "item" else ("id", "status", "title")
    if not asks:
        err.print(table(columns, numbered), soft_wrap=True)
        fail(
            f"More than one {NAMES[kind]} fits “{one_line(text)}”; give the id of the one that you mean.",
            WRONG_COMMAND_LINE,
        )
    draw(table(("number", *columns), numbered))
    number = typer.prompt("Which one", type=int)
    if not 1 <= number <= len(hits):
        fail(f"There is no number {number} here.", WRONG_COMMAND_LINE)
    return str(hits[number - 1]["id"])


def _none(text: str, kind: str) -> NoReturn:
    where = LISTS.get(kind, "`followthrough incidents` and `followthrough items` list them")
    fail(
        f"There is no {NAMES[kind]} with “{one_line(text)}” as its id, its ticket or a part of its title; {where}.",
        NOT_FOUND,
    )


def _completing(kind: str) -> Any:
    def complete(incomplete: str) -> list[tuple[str, str]]:
        return [(hit["id"], hit["title"]) for hit in ask_quietly("/find", text=incomplete, kind=kind) or ()]

    return complete


def people(incomplete: str) -> list[tuple[str, str]]:
    """Whom a shell offers."""
    known = ask_quietly("/people") or {"people": ()}
    return [(one["key"], one["name"]) for one in known["people"] if one["key"].startswith(incomplete)]


def services(incomplete: str) -> list[tuple[str, str]]:
    """Which a shell offers."""
    known = ask_quietly("/services") or ()
    return [(one["service"], one["name"]) for one in known if one["service"].startswith(incomplete)]


Incident = Annotated[
    str,
    typer.Argument(
        metavar="INCIDENT",
        help="Its id, for example inc-7f3a9c21d0, or a part of its title",
        parser=incident_id,
        autocompletion=_completing("incident"),
    ),
]
Item = Annotated[
    str,
    typer.Argument(
        metavar="ITEM",
        help="Its id, for example inc-7f3a9c21d0.1, its ticket, for example PAY-12, or a part of its title",
        parser=item_id,
        autocompletion=_completing("item"),
    ),
]
AnyRecord = Annotated[
    str,
    typer.Argument(
        metavar="RECORD",
        help="An incident or an action item: its id, its ticket, or a part of its title",
        parser=record_id,
        autocompletion=_completing(""),
    ),
]
Person = Annotated[str, typer.Argument(help="As in the organisation file", autocompletion=people)]
Service = Annotated[str, typer.Argument(help="As in the organisation file", autocompletion=services)]
