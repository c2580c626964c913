"""Thanks on an incident, also for admitting a mistake: what is said early is what everybody learns from."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from followthrough.domain.replayed.incident.incident import Incident, Kudos
from followthrough.domain.replayed.limits import KUDOS
from followthrough.domain.replayed.text import Reason
from followthrough.domain.replayed.values import EntryKind, PersonId, Refusal, Request


class GiveKudos(Request):
    """Thank people for what they did in an incident."""

    command: Literal["give kudos"] = "give kudos"
    by: PersonId
    to: tuple[PersonId, ...] = Field(min_length=1, max_length=50)
    text: Reason
    for_openness: bool = Field(False, description="For admitting a mistake, or saying early what was not known")

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal once the incident has ended, and for thanks to oneself."""
        if incident.ended:
            raise Refusal(
                f"Incident {incident.id} is {incident.status.value}; kudos can be given until an incident is closed."
            )
        if self.by in self.to:
            raise Refusal(f"Kudos are for others; leave {self.by} out.")
        if len(incident.kudos) == KUDOS:
            raise Refusal(f"Incident {incident.id} has {KUDOS} kudos already; say more of them in a note.")
        to = tuple(dict.fromkeys(self.to))
        incident.kudos.append(Kudos(by=self.by, to=to, text=self.text, for_openness=self.for_openness, at=now))
        why = " for openness" if self.for_openness else ""
        incident.note(now, EntryKind.KUDOS, f"Kudos to {', '.join(to)}{why}: {self.text}", self.by)
