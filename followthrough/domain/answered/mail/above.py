"""Who hears of a mail that did not reach somebody."""

from collections.abc import Collection

from followthrough.domain.answered.organisation.organisation import Organisation, Team
from followthrough.domain.replayed.values import PersonId


def next_above(
    person: PersonId | None, team: Team, organisation: Organisation, without_mail: Collection[PersonId] = ()
) -> PersonId | None:
    """The first of the person's managers, the team's lead and other leads whom mails reach; None when there is none.

    Without a person it is for whom a plain address stood.
    """
    managers = organisation.managers(person) if person else ()
    leads = (team.lead, *(other.lead for other in organisation.teams.values()))
    return next((above for above in (*managers, *leads) if above != person and above not in without_mail), None)
