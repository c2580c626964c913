"""The insights of a month as a file to print and pass on."""

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Path, Response

from followthrough.domain.answered.insights.insight import Name
from followthrough.domain.answered.report.digest import Month
from followthrough.store.telling import tell
from followthrough.web.dependencies import Authorised, Exported, OrganisationDep, Reading
from followthrough.web.insights import ScopeDep
from followthrough.web.postmortem_files import PdfResponse

router = APIRouter()
FILE = "/insights/{month}.pdf"
MonthName = Annotated[str, Path(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", description="The last of the months")]


@router.get(FILE, include_in_schema=False, dependencies=[Exported])
@router.get(
    f"/api{FILE}",
    operation_id="get_insights_pdf",
    tags=["api"],
    dependencies=[Exported, Authorised],
    response_class=PdfResponse,
)
def as_pdf(month: MonthName, chosen: ScopeDep, reading: Reading, organisation: OrganisationDep) -> Response:
    """All measures of the months up to one, as of its end or now. Private incidents are counted, and have no row."""
    from followthrough.insights_pdf import insights_pdf  # most processes make none

    last, now = Month.parse(month), datetime.now(UTC)
    if last.start > now:
        raise HTTPException(422, f"{month} has not begun yet; ask for this month or an earlier one.")
    scope = chosen.model_copy(update={"now": last.last_moment(now)})
    found = [tell(reading, organisation, name, scope) for name in Name]
    file = "-".join(filter(None, ("insights", month, scope.team)))
    headers = {"Content-Disposition": f'attachment; filename="{quote(file)}.pdf"'}
    return PdfResponse(insights_pdf(found, scope, organisation), headers=headers)
