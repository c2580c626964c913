"""Who may make and revoke which tokens."""

from collections.abc import Container

from followthrough.domain.answered.access.actor import Actor, Door, Scope
from followthrough.domain.replayed.values import PersonId

PERSONAL_SCOPES = frozenset({Scope.READ, Scope.COMMAND, Scope.ADMINISTER})


def why_no_token(
    actor: Actor, scopes: frozenset[Scope], administrators: Container[PersonId], *, service: bool
) -> str | None:
    """A sentence for who may not make such a token; None for who may."""
    if wrong := _why_not_here(actor, administrators, service=service):
        return wrong
    if not service and (too_much := scopes - PERSONAL_SCOPES):
        return f"A person's token can't {min(too_much)}; make one for a service."
    if missing := scopes - actor.scopes:
        return f"This token may not {min(missing)}, so what it makes may not either."
    return None


def why_not_revoke(actor: Actor, person: PersonId | None, administrators: Container[PersonId]) -> str | None:
    """A sentence for who may not revoke a token of ``person``, None for a service's; None for who may."""
    of_another = person is not None and actor.person != person
    if of_another and actor.person in administrators and Scope.ADMINISTER in actor.scopes:
        return None
    wrong = _why_not_here(actor, administrators, service=person is None)
    if wrong is None and of_another and actor.door is not Door.THIS_MACHINE:
        return "This is somebody else's token; they revoke it, or an administrator does."
    return wrong


def _why_not_here(actor: Actor, administrators: Container[PersonId], *, service: bool) -> str | None:
    if Scope.ADMINISTER not in actor.scopes:
        return "This token may not manage tokens; sign in in a browser, or use one with the scope administer."
    if actor.door is Door.BREAK_GLASS:
        return "Who signed in by a break-glass code is here for an hour, and makes no tokens that last longer."
    if service:
        if actor.door is Door.THIS_MACHINE or actor.person in administrators:
            return None
        return "Tokens of services are for the administrators in the organisation file."
    if actor.person is None:
        return "A token is of a person: say who you are, or make one for a service."
    return None
