"""Addresses that take no mail, for whoever corrects the organisation file."""

from collections.abc import Callable

from fastapi import APIRouter

from followthrough.organisation import Organisation
from followthrough.settings import Settings
from followthrough.store.bounces import Unreachable, unreachable
from followthrough.web.reading import Reading
from followthrough.web.security import authorised


def bounces(settings: Settings, organisation: Callable[[], Organisation]) -> APIRouter:
    """For programs; the dashboard has them on its page of mails."""
    router = APIRouter(prefix="/api", tags=["api"], dependencies=[authorised(settings)])

    @router.get("/mails/unreachable")
    def list_unreachable(reading: Reading) -> list[Unreachable]:
        """Oldest first; once the organisation file has another address, it is not listed any more."""
        return unreachable(reading, organisation())

    return router
