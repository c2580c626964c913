"""The page that a service's people pin to the wall: who does what, by when, and who is next; and what is missing."""

from collections.abc import Iterator
from datetime import datetime

from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.organisation.rota import on_call
from followthrough.domain.answered.wording import exact_span
from followthrough.domain.replayed.incident.incident import Audience, Role, UpdateStage
from followthrough.domain.replayed.values import Message, PersonId, ServiceId, Severity

ROLES = {
    Role.INCIDENT_COMMANDER: "decides, and keeps everybody working on the same thing. Fixes nothing.",
    Role.COMMS_LEAD: "tells customers, executives and colleagues what is known, before they ask.",
    Role.RESOLVER: "finds what broke and makes it stop. There can be several.",
}
"""What each does, in a line; nobody holds two."""

VALUES = (
    "What broke, and not who. A person is never the cause.",
    "No heroes: hand over before you are tired. What only one person can do is a gap.",
    "Say it early, also anonymously: every incident has a page for that.",
    "Thank who admits a mistake; it is how everybody learns of it.",
)


class Contact(Message):
    """Somebody on the path, in the order they are asked."""

    person: PersonId
    name: str
    part: str
    email: str
    phone: str | None


class SeverityLine(Message):
    """What a severity asks for, in words."""

    severity: Severity
    means: str
    acknowledge: str
    updates: str
    postmortem: str


class Playbook(Message):
    """Of one service, on one day. ``gaps`` are sentences that say what is missing and what to do."""

    organisation: str
    service: ServiceId
    name: str
    team: str
    lead: str
    turns: str
    """How the order on call changes; empty when it does not."""
    path: tuple[Contact, ...]
    severities: tuple[SeverityLine, ...]
    call: str | None = None
    links: dict[str, str]
    roles: dict[str, str]
    stages: tuple[str, ...]
    audiences: tuple[str, ...]
    declare: str
    values: tuple[str, ...]
    gaps: tuple[str, ...]


def playbook(service_id: ServiceId, organisation: Organisation, now: datetime) -> Playbook:
    """The playbook of a service that the organisation has, as of ``now``: without people who left by then."""
    present = as_of(organisation, now.date())
    service = present.services[service_id]
    team = present.teams[service.team]
    turns = ""
    if service.rota is not None:
        turns = f"On call takes turns of {service.rota.days} days; this is the order on {now:%Y-%m-%d}."
    return Playbook(
        organisation=organisation.name,
        service=service_id,
        name=service.name,
        team=team.name,
        lead=present.name_of(team.lead),
        turns=turns,
        path=tuple(_path(service_id, present, now)),
        severities=tuple(_severities(present)),
        call=str(service.call) if service.call else None,
        links={name: str(url) for name, url in service.links.items()},
        roles={role.value: line for role, line in ROLES.items()},
        stages=tuple(stage.value for stage in UpdateStage),
        audiences=tuple(audience.value for audience in Audience),
        declare=f'followthrough declare "What is broken" --service {service_id} --severity SEV2',
        values=VALUES,
        gaps=tuple(gaps(service_id, organisation, present)),
    )


def _path(service_id: ServiceId, organisation: Organisation, now: datetime) -> Iterator[Contact]:
    service = organisation.services[service_id]
    first = on_call(service, organisation.teams[service.team], now)
    parts: dict[PersonId, str] = {}
    for people, part in (
        (first, "on call"),
        (service.escalation_path, "escalation"),
        (organisation.managers(first[0]), "manager"),
    ):
        for person in people:
            parts.setdefault(person, part)
    for person, part in parts.items():
        known = organisation.people[person]
        yield Contact(person=person, name=known.name, part=part, email=known.email, phone=known.phone)


def _severities(organisation: Organisation) -> Iterator[SeverityLine]:
    for severity in Severity:
        policy = organisation.severities[severity]
        updates = [f"{audience.value} every {exact_span(cadence)}" for audience, cadence in policy.updates.items()]
        days = policy.postmortem_within
        yield SeverityLine(
            severity=severity,
            means=policy.description,
            acknowledge="within " + exact_span(policy.acknowledge_within),
            updates=", ".join(updates) or "none",
            postmortem="none" if days is None else f"within {days} working days",
        )


def gaps(service_id: ServiceId, organisation: Organisation, present: Organisation) -> Iterator[str]:
    """What is missing in its playbook; ``present`` is the organisation without those who left."""
    listed, service = organisation.services[service_id], present.services[service_id]
    team, name = organisation.teams[listed.team], present.name_of
    for person in dict.fromkeys((*listed.on_call, *listed.escalation_path, team.lead, *team.members)):
        if person not in present.people:
            left = organisation.people[person].left
            yield f"{organisation.name_of(person)} left on {left} and is still named; name somebody else."
    if len(set(service.on_call)) == 1:
        yield f"Only {name(service.on_call[0])} is on call; add a second person."
    last = (*service.on_call, *service.escalation_path)[-1]
    if not any(person.manager == last for person in present.people.values()):
        yield f"The path ends with {name(last)}, who manages nobody; let it end with a manager."
    lead = present.teams[service.team].lead
    if not present.managers(lead):
        yield f"Nobody is above {name(lead)}, who leads {team.name}: what is late escalates no further."
    for audience in Audience:
        asking = [severity for severity in Severity if audience in present.severities[severity].updates]
        if asking and not service.subscribers.get(audience):
            yield f"No subscriber gets the {audience.value} updates due at {', '.join(asking)}; add an address."


def markdown(playbook: Playbook) -> str:
    """The playbook as a document."""

    def row(*cells: str | None) -> str:
        return f"| {' | '.join((cell or '').replace('|', chr(92) + '|') for cell in cells)} |"

    def table(*header: str) -> list[str]:
        return [row(*header), row(*("---" for _ in header))]

    lines = [
        f"# Playbook: {playbook.name}",
        "",
        f"{playbook.organisation}, team {playbook.team}, led by {playbook.lead}",
    ]
    lines += ["", f"**Join the call:** <{playbook.call}>"] if playbook.call else []
    if playbook.gaps:
        lines += ["", "## Gaps", "", *(f"- {gap}" for gap in playbook.gaps)]
    lines += ["", "## Who is asked, in this order", "", *table("", "Who", "", "Phone", "E-mail")]
    lines += [
        row(f"{number}", contact.name, contact.part, contact.phone, contact.email)
        for number, contact in enumerate(playbook.path, 1)
    ]
    lines += ["", playbook.turns] if playbook.turns else []
    lines += ["", "## Who does what", "", *(f"- **{role}** {line}" for role, line in playbook.roles.items())]
    lines += ["", "## How bad is it", "", *table("Severity", "Means", "Acknowledge", "Updates", "Postmortem")]
    lines += [
        row(line.severity, line.means, line.acknowledge, line.updates, line.postmortem) for line in playbook.severities
    ]
    lines += ["", "## Declare", "", "An alert does it by itself. By hand:", "", f"    {playbook.declare}"]
    stages, audiences = ", ".join(playbook.stages), ", ".join(playbook.audiences)
    lines += ["", "## Updates", "", f"Templates: {stages}; each for {audiences}."]
    if playbook.links:
        lines += ["", "## Links", "", *(f"- [{name}]({url})" for name, url in playbook.links.items())]
    lines += ["", "## What we hold to", "", *(f"- {value}" for value in playbook.values)]
    return "\n".join(lines) + "\n"
