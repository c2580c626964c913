"""Ids of incidents and action items: how they are made and told apart."""

import hashlib
import re
from typing import Annotated

from pydantic import Field

from followthrough.domain.text import Key

INCIDENT_ID = r"inc-([0-9a-f]{20}|[0-9a-f]{10})(-[0-9]+)?"
"""The shorter ones are older: keys can be found that share one."""
ITEM_ID = INCIDENT_ID + r"(\.[0-9]+)+"
"""The parts of ``inc-7f3a9c21d0.2`` are ``inc-7f3a9c21d0.2.1`` and so on, whatever else its incident has."""
IncidentId = Annotated[Key, Field(pattern=f"^{INCIDENT_ID}$")]
ItemId = Annotated[Key, Field(pattern=f"^{ITEM_ID}$")]


def incident_id(dedup_key: str, generation: int = 1) -> str:
    """The same key always gives the same id; generations count the incidents that one key started."""
    digest = hashlib.sha256(dedup_key.encode()).hexdigest()[:20]
    return f"inc-{digest}" if generation == 1 else f"inc-{digest}-{generation}"


def generation_of(record_id: str) -> int:
    """How many incidents one key had started with it."""
    return int(record_id.removeprefix("inc-").partition("-")[2] or 1)


def item_id(of: str, number: int) -> str:
    """Of an incident's action item, or of a part of an action item; counted from 1."""
    return f"{of}.{number}"


def is_item(record_id: str) -> bool:
    """Whether it is an action item's."""
    return re.fullmatch(ITEM_ID, record_id) is not None
