"""A mail that can't be made, on the real server."""

from typing import Any
from uuid import uuid4

import pytest
from jinja2 import UndefinedError
from sqlmodel import Session, col, select

from followthrough.domain.replayed.incident.commands import ProposeItem
from followthrough.domain.replayed.item.commands import Accept, Reassign
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.mail.render import Rendered, render
from followthrough.queues import TASK_QUEUE
from followthrough.store.tables import MailRow, MailState, TimelineRow
from tests.waiting import eventually, found_rows
from tests.workflows.conftest import Play
from workflows.messages.mail import Notice
from workflows.upkeep import SendAgainWorkflow


async def test_one_mail_that_can_not_be_made_keeps_no_other_and_is_sent_again_once_it_can(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    title = f"Alert on declined cards {uuid4()}"

    def broken(notice: Notice, *given: Any, **named: Any) -> Rendered:
        if notice.record.title == title and notice.kind is NoticeKind.ITEM_PROPOSED and given[-1] == "lucia":
            raise UndefinedError("'owner' is undefined")
        return render(notice, *given, **named)

    incident = await play.declare()
    with monkeypatch.context() as patched:
        patched.setattr("activities.mails.email.render", broken)
        await incident.give(ProposeItem(by="ines", title=title, owner="lucia"))
        item = incident.item(1)
        await item.give(Reassign(by="marcos", to="tomas", reason="Lucia has enough to do"))
        query = select(MailRow).where(MailRow.item_id == item.handle.id, col(MailRow.state) != MailState.QUEUED)
        (aside,) = await found_rows(play.database, query.where(MailRow.state == MailState.SET_ASIDE))
        told = await found_rows(play.database, query.where(MailRow.kind == NoticeKind.UNDELIVERED))
        assert [mail.person for mail in told] == ["marcos"]
        later = query.where(MailRow.kind == NoticeKind.ITEM_PROPOSED, MailRow.person == "tomas")
        assert await found_rows(play.database, later)
    await item.give(Accept(by="tomas"))

    def story() -> list[str]:
        with Session(play.database) as session:
            return list(session.exec(select(TimelineRow.text).where(TimelineRow.record_id == item.handle.id)))

    assert await eventually(story, lambda lines: any("could not be sent: It can't be made" in line for line in lines))
    again = await play.client.execute_workflow(
        SendAgainWorkflow.run, aside.key, id=f"send-again/{uuid4()}", task_queue=TASK_QUEUE
    )
    assert again == ""
    with Session(play.database) as session:
        sent = session.get_one(MailRow, aside.key)
        assert (sent.state, sent.recipients) == (MailState.SENT, ["lucia@example.com"])
