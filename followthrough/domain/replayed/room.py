"""How large a record may grow, so that it fits into one message together with all that goes along with it.

Who is asked to take in another record decides by this, too, so ``ROOM`` may grow and never shrink.
"""

from pydantic_core import to_json

from followthrough.domain.replayed.text import POSTMORTEM
from followthrough.domain.replayed.values import ENTRIES_FULL, ENTRIES_LONG, Record, Refusal

ROOM = 160_000 + POSTMORTEM
"""Bytes of JSON. A postmortem's text has its part of it, whether there is one yet or not."""
RESERVE = 40_000
"""More, for what brings a record nearer to its end."""
NEARER = frozenset(
    {
        "acknowledge",
        "mitigate",
        "resolve",
        "cancel",
        "submit postmortem",
        "review postmortem",
        "publish postmortem",
        "accept",
        "done",
        "verify",
        "waive",
        "unblock",
    }
)
"""Commands that are possible in a record that takes no others."""


def require_room(before: Record, after: Record, queued: int, command: str = "") -> None:
    """Raises Refusal when what came in between is too much; ``queued`` is the size of the mails that wait."""
    nearer = command in NEARER
    if after.unwritten_size > max(before.unwritten_size, ENTRIES_FULL if nearer else ENTRIES_LONG):
        raise Refusal(f"The timeline of {after.id} is still being written; try again in a moment.")
    room, size = ROOM + (RESERVE if nearer else 0), _taken(after)
    if size + queued > room and size > _taken(before):
        if size <= room:
            raise Refusal(f"Many mails about {after.id} wait to be sent; try again later, or say it shorter.")
        raise Refusal(
            f"There is no room for this in {after.id}: say it shorter and link to more, or go on in a new incident; "
            "what ends it is still possible in a few words."
        )


def _taken(record: Record) -> int:
    lean = len(to_json(record.lean())) + record.unwritten_size
    return lean + max(POSTMORTEM, len(to_json(record, exclude={"written"})) - lean)
