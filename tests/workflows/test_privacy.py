"""An incident becomes private, or open, and its action items and their tickets follow."""

from sqlmodel import Session, select

from followthrough.domain.replayed.incident.commands import ProposeItem
from followthrough.domain.replayed.incident.privacy import Admit, ChangePrivacy
from followthrough.domain.replayed.item.commands import Accept
from followthrough.domain.replayed.values import Severity
from followthrough.store.privacy import sees
from followthrough.store.tables import LocalTicketRow
from tests.waiting import eventually
from tests.workflows.conftest import Play

WHY = "It is about one of us"


async def test_an_item_and_its_ticket_hear_that_their_incident_is_private_or_open(play: Play) -> None:
    incident = await play.declare(severity=Severity.SEV4)
    item = incident.item(1)
    await incident.give(ProposeItem(by="ines", title="Alert on Zanzibar depth", owner="lucia"))
    await item.give(Accept(by="lucia"))

    async def summary() -> str | None:
        with Session(play.database) as session:
            return session.exec(select(LocalTicketRow.summary).where(LocalTicketRow.item_id == item.handle.id)).first()

    def seen(record_id: str, eyes: str) -> bool:
        with Session(play.database) as session:
            return sees(session, record_id, eyes)

    await eventually(summary, lambda said: said == "Alert on Zanzibar depth")
    await incident.give(ChangePrivacy(by="ines", private=True, reason=WHY))
    assert [seen(one, "wei") for one in (incident.handle.id, item.handle.id)] == [False, False]
    assert [seen(one, "ines") for one in (incident.handle.id, item.handle.id)] == [True, True]
    await item.until(lambda it: it.private)
    await eventually(summary, lambda said: said == "Follow-up of a private incident")
    await incident.give(Admit(by="ines", person="wei"))
    assert seen(incident.handle.id, "wei")
    await incident.give(ProposeItem(by="ines", title="Alert on its age", owner="lucia"))
    assert (await incident.item(2).state()).private
    await incident.give(ChangePrivacy(by="ines", private=False, reason="A script did it"))
    for one in (item, incident.item(2)):
        await one.until(lambda it: not it.private)
    await eventually(summary, lambda said: said == "Alert on Zanzibar depth")


async def test_a_private_incident_owes_nobody_updates(play: Play) -> None:
    incident = await play.declare(severity=Severity.SEV1)
    before = await incident.until(lambda it: it.plan and it.plan.next)
    assert before.plan
    after = await incident.give(ChangePrivacy(by="ines", private=True, reason=WHY))
    assert after.plan
    assert "update" not in str(after.plan.next and after.plan.next.kind)
