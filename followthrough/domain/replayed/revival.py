"""What a record has to put right when its workflow goes on in a new run, after its last one ended badly.

It runs inside workflows.
"""

from datetime import datetime

from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.incident.lifecycle import end_merge
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.item.lifecycle import end_block
from followthrough.domain.replayed.values import EntryKind

UNANSWERED = "its workflow ended before that was answered; say it again"


def incident_goes_on(incident: Incident, because: str, now: datetime) -> None:
    """What another incident was being asked for is not waited for any more."""
    incident.note(now, EntryKind.NOTE, because)
    if incident.merging_into is not None:
        end_merge(incident, UNANSWERED, now)


def item_goes_on(item: ActionItem, because: str, now: datetime) -> None:
    """What others were being asked for is not waited for any more."""
    item.note(now, EntryKind.NOTE, because)
    if item.under_way is None:
        return
    if item.block is not None:
        end_block(item, UNANSWERED, now)
    else:
        item.note(now, EntryKind.ACTION_ITEM, f"Not {item.under_way}: {UNANSWERED}")
        item.under_way = None
