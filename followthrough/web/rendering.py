"""Templates, and what they can use."""

from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from followthrough.domain.answered.access.may import may
from followthrough.domain.answered.access.relations import About
from followthrough.domain.answered.access.rights import Right
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Person, Service, Team
from followthrough.domain.answered.wording import distance, short_zone, when
from followthrough.markdown import parser
from followthrough.web.dependencies import served
from followthrough.web.returning import page_asked

_zone = ContextVar("zone", default="UTC")
"""Of whoever reads the page that is being made."""

MAIL_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'self'; sandbox allow-top-navigation-by-user-activation"
}
"""For a mail that is shown in a page."""


LOWEST_HEADING = 6
_markdown = parser()


def _safe_markdown(text: str, below: int = 0) -> Markup:
    """Its first headings come below one of that level: a page has an ``h1`` of its own."""
    env: dict[str, Any] = {}
    tokens = _markdown.parse(text, env)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1:]) + below, LOWEST_HEADING)}"
    html = _markdown.renderer.render(tokens, _markdown.options, env)
    return Markup(html)  # noqa: S704 -- rendered without raw HTML


def _same(choices: Iterable[StrEnum]) -> list[tuple[str, str]]:
    return [(choice.value, choice.value) for choice in choices]


def _names_of(section: Mapping[str, Person | Team | Service]) -> list[tuple[str, str]]:
    return [(key, entry.name) for key, entry in section.items()]


def _with_chosen(choices: list[tuple[str, str]], chosen: str) -> list[tuple[str, str]]:
    """Also where it is none of them, as a team that records have and the organisation has no more."""
    known = not chosen or any(value == chosen for value, _ in choices)
    return choices if known else [*choices, (chosen, chosen)]


def _query(filters: Mapping[str, str], **more: str | int) -> str:
    return urlencode({name: value for name, value in {**filters, **more}.items() if value})


def _nonce() -> str:
    """For a form that acts once, however often it is sent."""
    return uuid4().hex


def _ago(at: datetime) -> Markup:
    return _time(at, distance(at, datetime.now(UTC)))


def _day(at: datetime) -> Markup:
    here = at.astimezone(ZoneInfo(_zone.get()))
    return _time(at, f"{here.day} {here:%b %Y}")


def _day_and_time(at: datetime) -> Markup:
    here = at.astimezone(ZoneInfo(_zone.get()))
    return _time(at, f"{here.day} {here:%b %Y %H:%M} {short_zone(here)}")


def _time(at: datetime, text: str) -> Markup:
    told = when(at, _zone.get())
    return Markup('<time datetime="{}" title="{}">{}</time>').format(at.astimezone(UTC).isoformat(), told, text)


_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters |= {"markdown": _safe_markdown, "ago": _ago, "day": _day, "day_and_time": _day_and_time}
_environment.globals |= {"same": _same, "names_of": _names_of, "with_chosen": _with_chosen}
_environment.globals |= {"query": _query, "nonce": _nonce, "page_asked": page_asked}
_templates = Jinja2Templates(env=_environment)


def page(
    request: Request, template: str, *, status: int = 200, headers: Any = None, zone: str | None = None, **context: Any
) -> Response:
    """A page rendered from its template, which says who is signed in where somebody had to be.

    ``open_to_them`` says of a right about the service as a whole whether they have it: what is for others is not shown.
    Times are those of ``zone``, or else of where that person is.
    """
    visitor = getattr(request.state, "visitor", None)
    zone = zone or (visitor.zone if visitor else "UTC")
    before = _zone.set(zone)
    try:
        return _templates.TemplateResponse(
            request,
            template,
            {**context, "visitor": visitor, "zone": zone, "open_to_them": _open_to_them(request)},
            status_code=status,
            headers=headers,
        )
    finally:
        _zone.reset(before)


def _open_to_them(request: Request) -> Callable[[str], bool]:
    visitor = getattr(request.state, "visitor", None)

    def answer(right: str) -> bool:
        if visitor is None:
            return False
        here = as_of(served(request).organisation_file(), datetime.now(UTC).date())
        return may(Right(right), visitor.actor, None, About.service_itself(here)) is None

    return answer
