"""Who signs in, by what the provider says of them."""

from datetime import date

import pytest

from followthrough.domain.answered.access.identity import Stranger, person_of, whom_to_ask
from followthrough.domain.answered.organisation.organisation import Organisation

DAY = date(2026, 11, 26)
VERIFIED = {"email": "ines@example.com", "email_verified": True}


@pytest.fixture
def people(organisation: Organisation) -> Organisation:
    ines = organisation.people["ines"].model_copy(update={"email": "Ines@Example.com", "jira": "jira-ines"})
    return organisation.model_copy(update={"people": {**organisation.people, "ines": ines}})


@pytest.mark.parametrize(
    ("claims", "rule"),
    [
        (VERIFIED, "email"),
        ({"email": "INES@EXAMPLE.COM", "email_verified": True}, "email"),
        ({"preferred_username": "ines"}, "preferred_username=key"),
        ({"upn": "ines@example.com"}, "upn=email"),
        ({"email": "ines@example.com"}, "email=email"),
        ({"account": "jira-ines"}, "account=jira"),
    ],
)
def test_a_person_is_found_by_a_verified_address_or_by_the_claim_that_is_mapped(
    people: Organisation, claims: dict[str, object], rule: str
) -> None:
    assert person_of(claims, rule, people, DAY) == "ines"


@pytest.mark.parametrize(
    ("claims", "rule", "sentence"),
    [
        ({}, "email", "did not say your email"),
        ({"email": ["ines@example.com"], "email_verified": True}, "email", "did not say your email"),
        ({"email": "ines@example.com"}, "email", "has not verified that ines@example.com is yours"),
        ({**VERIFIED, "email_verified": False}, "email", "has not verified"),
        ({**VERIFIED, "email_verified": "false"}, "email", "has not verified"),
        ({**VERIFIED, "email_verified": False}, "email=email", "has not verified"),
        ({**VERIFIED, "email_verified": "false"}, "email=email", "has not verified"),
        ({**VERIFIED, "email": "eve@example.com"}, "email", "as eve@example.com, and nobody in the organisation has"),
        ({"preferred_username": "Ines"}, "preferred_username=key", "nobody in the organisation has that key"),
        (VERIFIED, "preferred_username=key", "did not say your preferred_username"),
    ],
)
def test_who_is_not_known_is_told_why(
    people: Organisation, claims: dict[str, object], rule: str, sentence: str
) -> None:
    with pytest.raises(Stranger, match=sentence):
        person_of(claims, rule, people, DAY)


def test_who_has_left_is_not_known(people: Organisation) -> None:
    gone = people.people["ines"].model_copy(update={"left": DAY})
    left = people.model_copy(update={"people": {**people.people, "ines": gone}})
    with pytest.raises(Stranger, match="nobody in the organisation has that email"):
        person_of(VERIFIED, "email", left, DAY)
    assert person_of(VERIFIED, "email", left, date(2026, 11, 25)) == "ines"


def test_an_address_of_two_people_signs_in_neither(people: Organisation) -> None:
    twin = people.model_copy(update={"people": {**people.people, "ines-too": people.people["ines"]}})
    with pytest.raises(Stranger, match="More than one person"):
        person_of(VERIFIED, "email", twin, DAY)


def test_strangers_are_told_whom_to_ask(people: Organisation) -> None:
    asked = people.model_copy(update={"administrators": ("nora", "ines")})
    assert whom_to_ask(asked) == "Ask Nora Lindqvist (nora@example.com) or Inés Robles (Ines@Example.com) about it."
    assert whom_to_ask(people.model_copy(update={"administrators": ()})) == "Ask whoever runs Followthrough about it."
