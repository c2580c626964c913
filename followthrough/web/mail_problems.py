"""Addresses that take no mail, for whoever corrects the organisation file; the dashboard has them, too."""

from fastapi import APIRouter

from followthrough.store.mail_problems import ProblemAddress, problem_addresses
from followthrough.web.dependencies import Authorised, OrganisationDep, Reading
from followthrough.web.shapes.service import ShownAddress

router = APIRouter(prefix="/api", tags=["api"], dependencies=[Authorised])


@router.get("/mails/unreachable", operation_id="list_unreachable", response_model=list[ShownAddress])
def list_problem_addresses(reading: Reading, organisation: OrganisationDep) -> list[ProblemAddress]:
    """Oldest first; once the organisation file has another address, it is not listed any more."""
    return problem_addresses(reading, organisation)
