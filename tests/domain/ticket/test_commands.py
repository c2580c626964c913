import pytest

from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.domain.replayed.ticket.commands import Adopt
from followthrough.domain.replayed.ticket.ticket import Ticket, TicketReport, TicketState
from followthrough.domain.replayed.values import Refusal
from tests.records import NOW, item

ADOPT = Adopt(by="ben", ticket="PAY-12")


@pytest.mark.parametrize("status", [ItemStatus.PROPOSED, ItemStatus.ACCEPTED, ItemStatus.DONE])
def test_an_open_item_without_a_ticket_can_adopt_one(status: ItemStatus) -> None:
    ADOPT.apply(item(status=status), NOW)


def test_an_item_has_one_ticket() -> None:
    with pytest.raises(Refusal, match="has ticket PAY-3 already"):
        ADOPT.apply(item(ticket=Ticket(key="PAY-3", url="")), NOW)


def test_an_item_whose_ticket_was_deleted_can_adopt_another() -> None:
    ticket = Ticket(key="PAY-3", url="")
    ADOPT.apply(item(ticket=ticket, ticket_seen=TicketReport(ticket=ticket, state=TicketState.GONE, lead="carla")), NOW)


@pytest.mark.parametrize("status", [ItemStatus.CLOSED, ItemStatus.WAIVED])
def test_a_settled_item_adopts_nothing(status: ItemStatus) -> None:
    with pytest.raises(Refusal, match="only one that is open"):
        ADOPT.apply(item(status=status), NOW)
