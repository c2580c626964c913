"""Whether everything ended, in sentences about what did not."""

from collections.abc import Iterator

from sqlalchemy import Engine
from sqlmodel import Session, col, select
from temporalio.client import Client

from bench.year.keep import Kept
from bench.year.plan import Lane
from followthrough.domain.replayed.incident.incident import IncidentStatus
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.store.tables import ActionItemRow, IncidentRow, MailRow, MailState, TroubleRow

ENDED = (IncidentStatus.CLOSED, IncidentStatus.CANCELLED, IncidentStatus.MERGED)
STANDING = ("webhooks/",)
"""Workflows that run for as long as there is something for them."""
BADLY = ("FAILED", "TERMINATED", "TIMED_OUT")


async def left_open(client: Client, database: Engine, kept: Kept, lanes: list[Lane]) -> list[str]:
    """One sentence each."""
    running = [one.id async for one in client.list_workflows("ExecutionStatus = 'Running'")]
    wrong = [f"{one} runs although nothing is left to do." for one in running if not one.startswith(STANDING)]
    began = kept.lanes()
    wrong += [f"Incident {lane.number} of the plan never began." for lane in lanes if lane.number not in began]
    wrong += [
        f"{run.kind} {run.workflow_id} ended as {run.status.lower()}." for run in kept.runs() if run.status in BADLY
    ]
    with Session(database) as session:
        return [*wrong, *_in_database(session)]


def _in_database(session: Session) -> Iterator[str]:
    for incident in session.exec(select(IncidentRow).where(col(IncidentRow.status).not_in(ENDED))):
        yield f"Incident {incident.id} is {incident.status}."
    settled = (ItemStatus.CLOSED, ItemStatus.WAIVED, ItemStatus.MERGED)
    for item in session.exec(select(ActionItemRow).where(col(ActionItemRow.status).not_in(settled))):
        yield f"Action item {item.id} is {item.status}."
    for item in session.exec(select(ActionItemRow).where(col(ActionItemRow.status) == ItemStatus.WAIVED)):
        if not item.drill and item.document["waiver"]["by"] is None:
            yield f"Action item {item.id} was waived by nobody."
    sent = (MailState.SENT, MailState.GATHERED, MailState.UNNEEDED)
    for mail in session.exec(select(MailRow).where(col(MailRow.state).in_([MailState.QUEUED, MailState.SET_ASIDE]))):
        yield f"The mail {mail.key} is {mail.state}, not one of {', '.join(sent)}."
    for trouble in session.exec(select(TroubleRow)):
        yield f"A trouble is left: {trouble.sentence}"
