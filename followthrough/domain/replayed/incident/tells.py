"""Who hears of what happens to an incident. ``moments.py`` has who hears when a moment has come.

It runs inside workflows.
"""

from followthrough.domain.replayed.incident.commands import AssignRole, IncidentCommand, SendUpdate
from followthrough.domain.replayed.incident.incident import Audience, Incident, Role
from followthrough.domain.replayed.incident.lifecycle import Continued, HandOver, Reopen
from followthrough.domain.replayed.incident.repeats import RepeatsFound
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind, ToTell
from followthrough.domain.replayed.postmortem.commands import (
    AssignPostmortem,
    Publish,
    ReviewPostmortem,
    SubmitPostmortem,
)
from followthrough.domain.replayed.values import PersonId


def at_once(command: IncidentCommand, incident: Incident) -> list[ToTell]:
    """An audience, whose mail says it all and does not wait for the dashboard."""
    match command:
        case SendUpdate(audience=audience, text=text):
            to = tuple(wanted.person for wanted in incident.subscriptions if wanted.audience is audience)
            return [ToTell(NoticeKind.STAKEHOLDER_UPDATE, to, text, audience=audience)]
        case Publish():
            return [ToTell(NoticeKind.POSTMORTEM_PUBLISHED, participants(incident), audience=Audience.INTERNAL)]
    return []


def once_shown(command: IncidentCommand, incident: Incident) -> list[ToTell]:
    """Whoever has to do something next, and looks at the incident for it, which shows the command by then."""
    match command:
        case AssignRole(person=person, by=by, note=note) | HandOver(person=person, by=by, note=note):
            return _of_role(incident, person, by, note)
        case Reopen():
            return [of_reopening(incident, command)]
        case AssignPostmortem(to=owner, reason=reason):
            return [ToTell(NoticeKind.POSTMORTEM_ASSIGNED, (owner,), reason)]
        case SubmitPostmortem(by=author):
            return [ToTell(NoticeKind.POSTMORTEM_TO_REVIEW, _reviewers(incident, author))]
        case ReviewPostmortem(note=note) if incident.postmortem:
            return [ToTell(NoticeKind.POSTMORTEM_REVIEWED, (incident.postmortem.by,), note)]
    return []


def of_reopening(incident: Incident, command: Reopen) -> ToTell:
    """Who took part."""
    return ToTell(NoticeKind.INCIDENT_REOPENED, participants(incident), command.reason)


def of_merge(incident: Incident, other: Continued) -> ToTell:
    """Who took part in this one or in the other, which it continues."""
    people = (*participants(incident), *(holder.person for holder in other.roles))
    return ToTell(NoticeKind.INCIDENT_MERGED, tuple(dict.fromkeys(people)), other.id)


def of_repeats(incident: Incident, found: RepeatsFound) -> list[ToTell]:
    """The Incident Commander, who may know from the earlier ones what helps."""
    commander = incident.holder(Role.INCIDENT_COMMANDER)
    return [ToTell(NoticeKind.INCIDENT_REPEATS, (commander,), found.in_words())] if found.repeats and commander else []


def of_end(incident: Incident) -> ToTell:
    """Who took part."""
    return ToTell(NoticeKind.INCIDENT_CLOSED, participants(incident))


def participants(incident: Incident) -> tuple[PersonId, ...]:
    """Who has a role."""
    return tuple(dict.fromkeys(holder.person for holder in incident.roles))


def _of_role(incident: Incident, person: PersonId, by: PersonId | None, note: str) -> list[ToTell]:
    """Who has it now, and who had it before; not the one who did it."""
    before = next((holder.before for holder in incident.roles if holder.person == person), ())
    kind = NoticeKind.ROLE_HANDED_OVER if before else NoticeKind.ROLE_ASSIGNED
    to = tuple(told for told in (person, *before) if told != by)
    return [ToTell(kind, to, note)] if to else []


def _reviewers(incident: Incident, author: PersonId) -> tuple[PersonId, ...]:
    """Who took part, or else the next on call, without the author."""
    others = tuple(person for person in participants(incident) if person != author)
    return others or (incident.plan.on_call[:1] if incident.plan else ())
