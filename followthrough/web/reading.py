"""How a request reads the database."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Query, Request
from sqlmodel import Session


def _session(request: Request) -> Iterator[Session]:
    with Session(request.app.state.database) as session:
        yield session


Reading = Annotated[Session, Depends(_session)]
"""A session on ``app.state.database``; it connects when it is first used."""

Offset = Annotated[int, Query(ge=0, le=1_000_000_000)]
"""How many rows come before the page."""
