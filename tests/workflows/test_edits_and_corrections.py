"""An action item is edited and commented on, an incident's times are corrected, on the real server."""

from datetime import timedelta

from sqlmodel import Session, col, select

from followthrough.domain.answered.incident.durations import durations
from followthrough.domain.replayed.incident.commands import ProposeItem, Resolve
from followthrough.domain.replayed.incident.correction import CorrectTimes
from followthrough.domain.replayed.item.action_item import ItemStatus, Priority
from followthrough.domain.replayed.item.commands import Accept
from followthrough.domain.replayed.item.editing import AddComment, Edit
from followthrough.domain.replayed.limits import COMMENTS
from followthrough.domain.replayed.values import Severity
from followthrough.store.tables import ActionItemRow, IncidentRow, LocalTicketRow, TimelineRow
from tests.waiting import eventually
from tests.workflows.conftest import Play
from tests.workflows.test_whole_life import refusal

TITLE = "Alert when the queue of refunds is older than 5 minutes"


async def test_an_edit_is_followed_by_the_ticket_the_read_model_and_the_incident(play: Play) -> None:
    incident = await play.declare(severity=Severity.SEV4)
    item = incident.item(1)
    await incident.give(ProposeItem(by="ines", title="Alert on queue depth", owner="lucia"))
    accepted = await item.give(Accept(by="lucia"))

    async def words() -> str:
        query = select(LocalTicketRow).where(LocalTicketRow.item_id == item.handle.id)
        with Session(play.database) as session:
            row = session.exec(query).first()
            return f"{row.summary}: {row.description}" if row else ""

    await eventually(words, lambda said: said.startswith("Alert on queue depth"))
    edit = Edit(by="lucia", title=TITLE, description="The runbook says how", priority=Priority.LOW)
    edited = await item.give(edit)
    assert (edited.title, edited.status, edited.planned.due) == (TITLE, ItemStatus.ACCEPTED, accepted.planned.due)
    await eventually(words, lambda said: said.startswith(TITLE) and "The runbook says how" in said)
    with Session(play.database) as session:
        assert session.get_one(ActionItemRow, item.handle.id).document["description"] == "The runbook says how"
    await incident.until(lambda it: it.items[0].title == TITLE)
    assert "like that already" in await refusal(item.give(edit))


async def test_comments_are_all_in_the_story_and_the_last_ones_in_the_item(play: Play) -> None:
    incident = await play.declare(severity=Severity.SEV4)
    item = incident.item(1)
    await incident.give(ProposeItem(by="ines", title="Alert on queue depth", owner="lucia"))
    said = [f"The vendor answered {number} times" for number in range(COMMENTS + 2)]
    for text in said:
        known = await item.give(AddComment(by="wei", text=text))
    assert [comment.text for comment in known.comments] == said[-COMMENTS:]
    with Session(play.database) as session:
        query = select(TimelineRow.text).where(
            col(TimelineRow.record_id) == item.handle.id, col(TimelineRow.author) == "wei"
        )
        assert [*session.exec(query.order_by(col(TimelineRow.number)))] == said


async def test_corrected_times_give_other_durations_and_leave_the_deadline(play: Play) -> None:
    incident = await play.declare(severity=Severity.SEV1)
    resolved = await incident.give(Resolve(by="ines", summary="Rolled back"))
    due = resolved.plan and resolved.plan.postmortem_due
    began = resolved.declared_at - timedelta(hours=2)
    wrong = CorrectTimes(by="ines", mitigated_at=began, reason="The graph shows it")
    assert "declared first, then mitigated" in await refusal(incident.give(wrong))
    corrected = await incident.give(
        CorrectTimes(by="ines", declared_at=began, mitigated_at=began + timedelta(hours=1), reason="The graph shows it")
    )
    assert durations(corrected).mitigated_after == timedelta(hours=1)
    assert corrected.plan
    assert corrected.plan.postmortem_due == due
    with Session(play.database) as session:
        assert session.get_one(IncidentRow, incident.handle.id).declared_at == began
