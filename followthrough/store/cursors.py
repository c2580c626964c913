"""Where a page of a list begins, as programs and addresses pass it on: they read nothing in it."""

import base64
import json
from typing import Any


class NoSuchPlace(Exception):
    """A page can't begin there; the message says so."""

    def __init__(self) -> None:
        super().__init__("This list can't go on there; begin with its first page.")


def written(place: list[Any] | int) -> str:
    """The cursor of what JSON can have."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def place_in(cursor: str) -> Any:
    """What was written, or whatever somebody made of it. Raises NoSuchPlace."""
    try:
        return json.loads(base64.urlsafe_b64decode(f"{cursor}==").decode())
    except (ValueError, RecursionError):
        raise NoSuchPlace from None
