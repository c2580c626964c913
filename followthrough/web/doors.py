"""Whether who asks may come to an address: one table for all of them (``domain/answered/access/routes.py``)."""

from datetime import UTC, datetime

from fastapi import Depends, Request

from followthrough.domain.answered.access.relations import About
from followthrough.domain.answered.access.rights import Right
from followthrough.domain.answered.access.routes import ASKS_NOBODY, DECIDED_HERE, ROUTES
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.replayed.proof import Relation
from followthrough.permission import Forbidden, require
from followthrough.web.dependencies import actor_of, served


async def _allowed(request: Request) -> None:
    """Raises Forbidden. Where nobody has to say who they are, it is not looked at."""
    method = "GET" if request.method == "HEAD" else request.method
    asks = ROUTES.get(f"{method} {request.scope['route'].path}")
    if asks in ASKS_NOBODY:
        return
    if asks is None:
        raise Forbidden("Nobody may come here: the address is in no table of rights.")
    actor = await actor_of(request)
    if isinstance(asks, Right) and asks in DECIDED_HERE:
        here = as_of(served(request).organisation_file(), datetime.now(UTC).date())
        itself = [Relation.THEMSELVES] if request.path_params.get("person", "") == actor.person else []
        require(asks, actor, None, About.service_itself(here), itself)


Allowed = Depends(_allowed)
"""Of every route."""
