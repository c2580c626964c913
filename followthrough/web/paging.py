"""A list's next page: its address is in the header ``Link``."""

from typing import Annotated, Any, Final

from fastapi import Query, Request, Response

from followthrough.domain.replayed.text import URL
from followthrough.headers import PRIVATE

Cursor = Annotated[
    str | None,
    Query(max_length=URL, description="Where the page begins: as the `Link` of the one before it says"),
]
PAGED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "headers": {
            "Link": {
                "description": 'The next page, as `</api/items?cursor=...>; rel="next"`; missing on the last one',
                "schema": {"type": "string"},
            },
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
        there = request.url.remove_query_params(["before", "offset"]).include_query_params(cursor=cursor)
        response.headers["Link"] = f'<{there.path}?{there.query}>; rel="next"'
