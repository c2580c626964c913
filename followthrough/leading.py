"""Work of one process of several: another one takes it over when that ends."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from sqlalchemy import Engine

from followthrough.beside import beside
from followthrough.store.lead import Lead, lead_of

logger = logging.getLogger(__name__)

LOOK_EVERY = 5
"""Seconds between two looks for whether another process leads no more, or this one does not."""


def while_leading(
    database: Engine, work: Callable[[], AbstractAsyncContextManager[None]]
) -> AbstractAsyncContextManager[None]:
    """Does ``work`` whenever this process leads those that have this database, until the context is left."""
    return beside(_lead(lead_of(database), work))


async def _lead(lead: Lead, work: Callable[[], AbstractAsyncContextManager[None]]) -> None:
    try:
        while True:
            if await _taken(lead):
                async with work():
                    while await _taken(lead):  # noqa: ASYNC110 - nobody says when it is lost
                        await asyncio.sleep(LOOK_EVERY)
            await asyncio.sleep(LOOK_EVERY)
    finally:
        await asyncio.to_thread(lead.give_up)


async def _taken(lead: Lead) -> bool:
    try:
        return await asyncio.to_thread(lead.taken)
    except OSError as error:
        logger.warning("Which process leads can't be found out yet: %s", error)
        return False
