"""A list's next page: its address is in the header ``Link``."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends, Query, Request, Response

from followthrough.domain.replayed.text import URL
from followthrough.headers import PRIVATE
from followthrough.store.cursors import NoSuchPlace, place_in, written

RowT = TypeVar("RowT")

Cursor = Annotated[
    str | None,
    Query(max_length=URL, description="Where the page begins: as the `Link` of the one before it says"),
]
LINK: Final = {
    "Link": {
        "description": 'The next page, as `</api/items?cursor=...>; rel="next"`; missing on the last one',
        "schema": {"type": "string"},
    }
}
LINKED: Final[dict[int | str, dict[str, Any]]] = {200: {"headers": LINK}}
PAGED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "headers": {
            **LINK,
            PRIVATE: {
                "description": "How many fit that are private, and not for who asks",
                "schema": {"type": "string"},
            },
        }
    }
}


def link_next(request: Request, response: Response, cursor: str | None) -> None:
    """The address that was asked for, from ``cursor`` on; nothing on the last page."""
    if cursor is not None:
        there = request.url.remove_query_params("before").include_query_params(cursor=cursor)
        response.headers["Link"] = f'<{there.path}?{there.query}>; rel="next"'


@dataclass(frozen=True)
class Paging:
    """Makes pages of a list that is known as a whole, for it has only so many rows."""

    request: Request
    response: Response
    cursor: str | None
    limit: int

    def of(
        self, rows: Iterable[RowT], place: Callable[[RowT], tuple[str, ...]], *, last_first: bool = False
    ) -> list[RowT]:
        """By their places, of which no two rows have the same. Raises NoSuchPlace."""
        ordered = sorted(rows, key=place, reverse=last_first)
        if self.cursor:
            begin = _texts(self.cursor)
            ordered = [row for row in ordered if (place(row) < begin if last_first else place(row) > begin)]
        shown = ordered[: self.limit]
        if len(ordered) > len(shown):
            link_next(self.request, self.response, written(list(place(shown[-1]))))
        return shown


async def _paging(
    request: Request, response: Response, cursor: Cursor = None, limit: Annotated[int, Query(ge=1, le=500)] = 500
) -> Paging:
    return Paging(request, response, cursor, limit)


PagingDep = Annotated[Paging, Depends(_paging)]


def in_time(at: datetime) -> str:
    """A part of a place: earlier ones are before later ones."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"


def number_in(cursor: str) -> int:
    """Where a row's place is its number. Raises NoSuchPlace."""
    number = place_in(cursor)
    if type(number) is not int or not 0 <= number < 2**31:
        raise NoSuchPlace
    return number


def _texts(cursor: str) -> tuple[str, ...]:
    place = place_in(cursor)
    if not isinstance(place, list) or not all(isinstance(part, str) for part in place):
        raise NoSuchPlace
    return tuple(place)
