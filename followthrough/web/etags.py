"""As what something was read: ``ETag``, ``If-None-Match`` and ``If-Match``.

A tag is the record's version, and behind it what else its answer shows: the timeline, and what who asks may do.
Commands look at the version alone.
"""

import hashlib
import re
from typing import Annotated, Any, Final

from fastapi import Header, Response
from pydantic import BaseModel

from followthrough.domain.replayed.text import KEY

TAGGED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "headers": {
            "ETag": {
                "description": "As what it was read; for `If-Match` and `If-None-Match`",
                "schema": {"type": "string"},
                "example": '"12-1f0c9d7be4a2"',
            }
        }
    }
}
UNCHANGED: Final[dict[int | str, dict[str, Any]]] = {
    **TAGGED,
    304: {"description": "It is as `If-None-Match` says", "headers": TAGGED[200]["headers"]},
}

IfNoneMatch = Annotated[
    str | None,
    Header(alias="If-None-Match", max_length=KEY, description="304 without a body while its `ETag` is still this one"),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=KEY,
        description="The `ETag` that it was read with: 412 when it has changed since; left out, it may have",
    ),
]

_TAG = re.compile(r'(W/)?"([^"]*)"')


def tag(version: int, answer: BaseModel) -> str:
    """Of what a GET answers."""
    return f'"{version}-{hashlib.sha256(answer.model_dump_json().encode()).hexdigest()[:12]}"'


def unless_known(answer: BaseModel, version: int, known: str | None, response: Response) -> Response | None:
    """304 for who has it already; else ``response`` gets its tag."""
    now = tag(version, answer)
    if known is not None and (known.strip() == "*" or now in (f'"{found[2]}"' for found in _TAG.finditer(known))):
        return Response(status_code=304, headers={"ETag": now})
    response.headers["ETag"] = now
    return None


def versions(wanted: str | None) -> tuple[int, ...] | None:
    """Those that a command may find; None for any. A weak tag, or one of something else, is no version."""
    if wanted is None or wanted.strip() == "*":
        return None
    numbers = (found[2].partition("-")[0] for found in _TAG.finditer(wanted) if not found[1])
    return tuple(int(number) for number in numbers if number.isascii() and number.isdigit() and len(number) < 10)
