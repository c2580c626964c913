"""Where routing keys of PagerDuty's Events API v2 are: in the environment or in files."""

import os
from pathlib import Path

from pydantic import SecretStr


class NoRoutingKey(Exception):
    """There is none; the message is a sentence that says where it was looked for, and what to do."""


def routing_key(place: str | None, for_all: SecretStr | None) -> str:
    """What is in ``place``, which a service or team names, or else the one for all. Raises NoRoutingKey.

    It is read each time, so that a new one counts at once.
    """
    if place is None:
        if for_all is None:
            raise NoRoutingKey("There is no routing key; set FOLLOWTHROUGH_PAGERDUTY_ROUTING_KEY.")
        return for_all.get_secret_value().strip()
    if "/" not in place:
        if key := os.environ.get(place, "").strip():
            return key
        raise NoRoutingKey(f"The environment variable {place} has no routing key; set it where workers run.")
    try:
        key = Path(place).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NoRoutingKey(
            f"The routing key in {place} can't be read ({type(error).__name__}); put it there."
        ) from None
    if not key:
        raise NoRoutingKey(f"The file {place} has no routing key; put it there.")
    return key
