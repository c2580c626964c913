"""Pages on which somebody acts: they have to know as whom."""

from urllib.parse import urlencode

from fastapi import HTTPException, Request

from followthrough.domain.answered.access.actor import Actor, Door
from followthrough.domain.replayed.values import PersonId
from followthrough.web.returning import page_asked

NOT_A_PERSON = "This is for people who are signed in, not for tokens."


class NobodyYet(Exception):
    """Whoever sits at this machine has to say first who they are; the message is the page to do so."""


def person_of(request: Request, actor: Actor) -> PersonId:
    """Who acts. Raises NobodyYet, and HTTPException 403 for a service's token."""
    if actor.person is not None:
        return actor.person
    if actor.door is Door.THIS_MACHINE:
        raise NobodyYet(f"/you?{urlencode({'to': page_asked(request)})}")
    raise HTTPException(403, NOT_A_PERSON)
