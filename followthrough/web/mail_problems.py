"""Addresses that take no mail, for whoever corrects the organisation file; the dashboard has them, too."""

from fastapi import APIRouter

from followthrough.store.mail_problems import ProblemAddress, problem_addresses
from followthrough.web.dependencies import Authorised, OrganisationDep, Reading
from followthrough.web.paging import LINKED, PagingDep, in_time
from followthrough.web.shapes.service import ShownAddress

router = APIRouter(prefix="/api", tags=["api"], dependencies=[Authorised])


@router.get("/mails/unreachable", operation_id="list_unreachable", response_model=list[ShownAddress], responses=LINKED)
def list_problem_addresses(reading: Reading, organisation: OrganisationDep, paging: PagingDep) -> list[ProblemAddress]:
    """Oldest first; once the organisation file has another address, it is not listed any more."""
    found = problem_addresses(reading, organisation)
    return paging.of(found, lambda problem: (in_time(problem.at), problem.address))
