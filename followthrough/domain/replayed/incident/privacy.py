"""Who is on a private incident, and the commands by which it becomes one and somebody is let in."""

from datetime import datetime
from typing import Literal

from followthrough.domain.replayed.incident.incident import ONGOING, Incident, IncidentStatus
from followthrough.domain.replayed.limits import ADMITTED
from followthrough.domain.replayed.text import Reason
from followthrough.domain.replayed.values import EntryKind, PersonId, Refusal, Request

UNCLOSED = (*ONGOING, IncidentStatus.RESOLVED, IncidentStatus.PUBLISHED)


def people_on(incident: Incident) -> list[PersonId]:
    """Who has a part in it, each once: declared it, has or had a role, owns its postmortem or a follow-up; and who was
    admitted.
    """
    holders = (*incident.roles, *incident.past_roles)
    people = (
        incident.declared_by,
        *(person for holder in holders for person in (holder.person, *holder.before)),
        incident.postmortem_owner,
        *(item.owner for item in incident.items),
        *incident.admitted,
    )
    return [person for person in dict.fromkeys(people) if person is not None]


class ChangePrivacy(Request):
    """It concerns security or a person, so only who is on it may see it; or everybody may, after all."""

    command: Literal["change privacy"] = "change privacy"
    by: PersonId
    private: bool
    reason: Reason

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal for a drill, when nothing would change, and once the incident has ended.

        Whoever makes it private goes on seeing it.
        """
        incident.require(*UNCLOSED, to="made private or open")
        if incident.drill:
            raise Refusal(f"Incident {incident.id} is a drill, which is for everybody to learn from.")
        if incident.private is self.private:
            raise Refusal(f"Incident {incident.id} is {'private' if self.private else 'open to everybody'} already.")
        incident.private = self.private
        incident.was_private = True
        if self.private and self.by not in people_on(incident):
            incident.admitted.append(self.by)
        text = "Private from now on" if self.private else "Open to everybody from now on"
        incident.note(now, EntryKind.DECISION, f"{text}: {self.reason}", self.by)


class Admit(Request):
    """Somebody may see a private incident, although they have no part in it."""

    command: Literal["admit"] = "admit"
    by: PersonId
    person: PersonId

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal when they see it anyway, and once the incident has ended."""
        incident.require(*UNCLOSED, to="shown to somebody else")
        if not incident.private:
            raise Refusal(f"Incident {incident.id} is not private; {self.person} can see it.")
        if self.person in people_on(incident):
            raise Refusal(f"{self.person} is on incident {incident.id} already.")
        if len(incident.admitted) >= ADMITTED:
            raise Refusal(
                f"Incident {incident.id} has {ADMITTED} people admitted already; open it to everybody instead."
            )
        incident.admitted.append(self.person)
        incident.note(now, EntryKind.DECISION, f"{self.person} may see it", self.by)
