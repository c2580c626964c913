"""People who left: who stands in for them."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from followthrough.domain.answered.organisation.organisation import Organisation, Service, Team
from followthrough.domain.replayed.values import PersonId


def is_here(organisation: Organisation, person: PersonId, day: date) -> bool:
    """Whether the organisation has them, and they have not left by ``day``."""
    known = organisation.people.get(person)
    return known is not None and (known.left is None or known.left > day)


@lru_cache(maxsize=8)
def as_of(organisation: Organisation, day: date) -> Organisation:
    """The organisation without those who left by ``day``.

    Their manager manages who reported to them and leads their team, or else one of its members, or anybody. Their
    turns on call go to the next in the list, or else to the escalation path or the lead.
    """
    here = {key: person for key, person in organisation.people.items() if is_here(organisation, key, day)}
    if not here or len(here) == len(organisation.people):
        return organisation

    def staying(people: Iterable[PersonId]) -> tuple[PersonId, ...]:
        return tuple(person for person in people if person in here)

    def lead(team: Team) -> PersonId:
        return staying((team.lead, *organisation.managers(team.lead), *team.members, *here))[0]

    def on_call(service: Service) -> tuple[PersonId, ...]:
        """As long as before, so that nobody else's turn moves."""
        after = [service.on_call[number:] + service.on_call[:number] for number in range(len(service.on_call))]
        instead = (*service.escalation_path, lead(organisation.teams[service.team]))
        return tuple(staying((*turn, *instead))[0] for turn in after)

    return organisation.model_copy(
        update={
            "people": {
                key: person.model_copy(update={"manager": next(iter(staying(organisation.managers(key))), None)})
                for key, person in here.items()
            },
            "teams": {
                key: team.model_copy(update={"lead": lead(team), "members": staying(team.members)})
                for key, team in organisation.teams.items()
            },
            "services": {
                key: service.model_copy(
                    update={"on_call": on_call(service), "escalation_path": staying(service.escalation_path)}
                )
                for key, service in organisation.services.items()
            },
        }
    )
