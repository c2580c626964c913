"""What becomes of an incident that was compared with earlier ones.

It runs inside workflows. ``repeats`` has what is found, and what that does to the follow-ups of the earlier ones.
"""

from datetime import datetime

from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.incident.repeats import FollowUp, RepeatsFound
from followthrough.domain.replayed.incident.tells import of_repeats
from followthrough.domain.replayed.item.action_item import OPEN, ItemStatus
from followthrough.domain.replayed.mail.notice_kinds import ToTell
from followthrough.domain.replayed.values import EntryKind


def take_found(incident: Incident, found: RepeatsFound, now: datetime) -> list[ToTell]:
    """Links or proposes those that were not known before."""
    incident.compared = True
    known = {repeat.incident_id for repeat in (*incident.repeats, *incident.proposed_repeats)}
    for repeat in found.repeats:
        if repeat.incident_id not in known:
            (incident.proposed_repeats if repeat.proposed else incident.repeats).append(repeat)
            text = f"{'Looks like' if repeat.proposed else 'Repeats'} {repeat.incident_id}: {repeat.because}"
            incident.note(now, EntryKind.NOTE, text)
    return of_repeats(incident, found)


def counts_against(incident: Incident, follow_up: FollowUp) -> bool:
    """Whether the repeat counts against it: its incident is linked, and it is open or waived."""
    linked = "", *(repeat.incident_id for repeat in incident.repeats)
    return follow_up.incident_id in linked and follow_up.status in (*OPEN, ItemStatus.WAIVED)
