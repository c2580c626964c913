"""How the API says that something was not done: problem details of RFC 9457, in one place."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

MEDIA_TYPE: Final = "application/problem+json"


class Kind(NamedTuple):
    """What a status says; ``name`` ends the problem's type, ``meaning`` is for who reads the API's description."""

    name: str
    title: str
    meaning: str


KINDS: Mapping[int, Kind] = MappingProxyType(
    {
        400: Kind("malformed", "It can't be read", "The body is not JSON, or the address is none that can be."),
        401: Kind("unknown-caller", "Who are you?", "No token or session came along, or one that has ended."),
        403: Kind("not-allowed", "That is not for you", "Somebody else may; the detail says who, and whom to ask."),
        404: Kind("not-here", "There is no such thing", "Nothing is there by that name, or not for who asks."),
        405: Kind("method", "Not by that method", "The address takes other methods."),
        409: Kind("refused", "The rules forbid it", "Nothing was done; the detail says which rule, and what to do."),
        412: Kind(
            "changed", "It has changed meanwhile", "It is no more as `If-Match` says; read it, and decide again."
        ),
        413: Kind("too-large", "That is too large", "The body is larger than its address takes."),
        422: Kind("invalid", "That makes no sense here", "A field is missing, unknown or wrong; the detail names it."),
        429: Kind("too-often", "That was too often", "Wait, and try again."),
        500: Kind("mistake", "A mistake of the service", "Its log says more; whoever runs it has to know."),
        503: Kind("not-now", "Not now", "The engine or database does not answer; try again, with the same key."),
    }
)
"""Every status that says no."""

TOO_OFTEN: Final[dict[int | str, dict[str, Any]]] = {429: {"description": KINDS[429].meaning}}
"""Of routes that may be asked so often only."""

NOT_HERE: Final[dict[int | str, dict[str, Any]]] = {404: {"description": KINDS[404].meaning}}
"""Of routes whose body or query names something."""

REFUSED: Final[dict[int | str, dict[str, Any]]] = {409: {"description": KINDS[409].meaning}}
"""Of routes that a rule may forbid."""


class Problem(BaseModel):
    """Why something was not done, as RFC 9457 has it. Further members say more where there is more to say."""

    model_config = ConfigDict(extra="allow", title="Problem")

    type: str = Field(
        description="`urn:followthrough:problem:` with its kind; about:blank where the status says it all",
        examples=["urn:followthrough:problem:refused"],
    )
    title: str = Field(description="Its kind in words, the same each time", examples=["The rules forbid it"])
    status: int = Field(description="That of the answer", ge=400, le=599, examples=[409])
    detail: str = Field(
        description="What is wrong, and what to do, in one sentence",
        examples=["Action item inc-7f3a9c21d0b84e5fa612.1 is not blocked."],
    )
    error: str = Field(
        description="The same as `detail`", examples=["Action item inc-7f3a9c21d0b84e5fa612.1 is not blocked."]
    )


def problem(status: int, sentence: str, headers: Any = None, **more: Any) -> JSONResponse:
    """The answer. ``more`` are members beside the problem's own."""
    kind = KINDS.get(status)
    said = {
        **more,
        "type": f"urn:followthrough:problem:{kind.name}" if kind else "about:blank",
        "title": kind.title if kind else "That did not work",
        "status": status,
        "detail": sentence,
        "error": sentence,
    }
    return JSONResponse(said, status, headers, media_type=MEDIA_TYPE)
