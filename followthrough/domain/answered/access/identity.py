"""Which person of the organisation signs in, by what the provider says of them."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from followthrough.domain.answered.organisation.departures import is_here
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.values import PersonId


class PersonField(StrEnum):
    """What a claim can be compared with: the key of a person in the organisation file, or a field."""

    KEY = "key"
    EMAIL = "email"
    JIRA = "jira"
    PAGERDUTY = "pagerduty"


class Stranger(Exception):
    """Whom the provider knows and the organisation does not; the message is one sentence for them."""


def person_of(claims: Mapping[str, object], rule: str, organisation: Organisation, day: date) -> PersonId:
    """Who is there on that day. ``rule`` is ``email``, or like ``preferred_username=key``. Raises Stranger."""
    claim, _, written = rule.partition("=")
    field = PersonField(written or "email")
    said = claims.get(claim)
    if not isinstance(said, str) or not said:
        raise Stranger(f"The sign-in provider did not say your {claim}.")
    if claim == "email" and claims.get("email_verified", rule != "email") is not True:
        raise Stranger(f"The sign-in provider has not verified that {said} is yours.")
    people = [person for person in organisation.people if _has(organisation, person, field, said)]
    found = [person for person in people if is_here(organisation, person, day)]
    if len(found) > 1:
        raise Stranger(f"More than one person in the organisation has the {field} {said}.")
    if not found:
        raise Stranger(f"You are signed in as {said}, and nobody in the organisation has that {field}.")
    return found[0]


def whom_to_ask(organisation: Organisation) -> str:
    """A sentence with the administrators."""
    people = [organisation.people[person] for person in organisation.administrators]
    asked = " or ".join(f"{person.name} ({person.email})" for person in people)
    return f"Ask {asked or 'whoever runs Followthrough'} about it."


def _has(organisation: Organisation, person: PersonId, field: PersonField, said: str) -> bool:
    known = organisation.people[person]
    match field:
        case PersonField.KEY:
            return person == said
        case PersonField.EMAIL:
            return known.email.casefold() == said.casefold()
        case PersonField.JIRA:
            return known.jira == said
        case PersonField.PAGERDUTY:
            return known.pagerduty == said
