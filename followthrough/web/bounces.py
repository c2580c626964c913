"""Addresses that take no mail, for whoever corrects the organisation file; the dashboard has them, too."""

from fastapi import APIRouter

from followthrough.store.bounces import Unreachable, unreachable
from followthrough.web.dependencies import Authorised, OrganisationDep, Reading

router = APIRouter(prefix="/api", tags=["api"], dependencies=[Authorised])


@router.get("/mails/unreachable")
def list_unreachable(reading: Reading, organisation: OrganisationDep) -> list[Unreachable]:
    """Oldest first; once the organisation file has another address, it is not listed any more."""
    return unreachable(reading, organisation)
