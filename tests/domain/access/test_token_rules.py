"""Who may make and revoke which tokens."""

import pytest

from followthrough.domain.answered.access.actor import AT_THIS_MACHINE, Actor, Door, Scope
from followthrough.domain.answered.access.token_rules import why_no_token, why_not_revoke

USUAL = frozenset({Scope.READ, Scope.COMMAND})
ADMINISTRATORS = ("tomas",)
INES, TOMAS = (Actor(person=person, door=Door.SESSION) for person in ("ines", "tomas"))
GLASS = Actor(person="tomas", door=Door.BREAK_GLASS)
LAPTOP = Actor(person="ines", door=Door.TOKEN, scopes=frozenset({*USUAL, Scope.ADMINISTER}))
READER = Actor(person="ines", door=Door.TOKEN, scopes=frozenset({Scope.READ}))
REPORTS = Actor(person="tomas", door=Door.TOKEN, scopes=USUAL)
CI = Actor(person=None, door=Door.SERVICE_TOKEN, scopes=USUAL)
MANAGER = Actor(person=None, door=Door.SERVICE_TOKEN, scopes=frozenset(Scope))


@pytest.mark.parametrize(
    ("actor", "service", "scopes", "sentence"),
    [
        (INES, False, USUAL, None),
        (INES, False, USUAL | {Scope.ADMINISTER}, None),
        (INES, False, frozenset(Scope), "A person's token can't act for others; make one for a service."),
        (INES, True, USUAL, "Tokens of services are for the administrators in the organisation file."),
        (TOMAS, True, frozenset(Scope), None),
        (GLASS, False, USUAL, "makes no tokens that last longer"),
        (GLASS, True, USUAL, "makes no tokens that last longer"),
        (LAPTOP, False, USUAL, None),
        (READER, False, frozenset({Scope.READ}), "This token may not manage tokens"),
        (CI, True, USUAL, "This token may not manage tokens"),
        (MANAGER, True, USUAL, "Tokens of services are for the administrators"),
        (MANAGER, False, USUAL, "A token is of a person"),
        (AT_THIS_MACHINE, True, frozenset(Scope), None),
        (AT_THIS_MACHINE, False, USUAL, "say who you are"),
        (AT_THIS_MACHINE.model_copy(update={"person": "ines"}), False, USUAL, None),
    ],
)
def test_nobody_gets_more_by_a_token_than_they_have(
    actor: Actor, service: bool, scopes: frozenset[Scope], sentence: str | None
) -> None:
    wrong = why_no_token(actor, scopes, ADMINISTRATORS, service=service)
    assert (wrong is None) == (sentence is None), wrong
    assert (sentence or "") in (wrong or "")


def test_a_token_makes_none_that_may_more_than_itself() -> None:
    narrow = Actor(person="ines", door=Door.TOKEN, scopes=frozenset({Scope.READ, Scope.ADMINISTER}))
    assert why_no_token(narrow, USUAL, ADMINISTRATORS, service=False) == (
        "This token may not command, so what it makes may not either."
    )
    assert why_no_token(narrow, frozenset({Scope.READ}), ADMINISTRATORS, service=False) is None


@pytest.mark.parametrize(
    ("actor", "person", "may"),
    [
        (INES, "ines", True),
        (INES, "tomas", False),
        (INES, None, False),
        (TOMAS, "ines", True),
        (TOMAS, None, True),
        (GLASS, "ines", True),
        (GLASS, "tomas", False),
        (LAPTOP, "ines", True),
        (READER, "ines", False),
        (REPORTS, "ines", False),
        (REPORTS, None, False),
        (AT_THIS_MACHINE, None, True),
    ],
)
def test_people_revoke_their_own_and_administrators_all(actor: Actor, person: str | None, may: bool) -> None:
    assert (why_not_revoke(actor, person, ADMINISTRATORS) is None) == may
