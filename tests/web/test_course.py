"""The picture of what comes to an action item."""

from datetime import timedelta

from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.web.course import EDGE, WIDTH, picture, steps
from tests.domain.item.test_course import planned
from tests.example import EXAMPLE
from tests.records import NOW


def test_the_picture_has_each_step_and_now_in_their_order_and_apart() -> None:
    shown = steps(planned(status=ItemStatus.PROPOSED), EXAMPLE, NOW)
    marks = picture(shown, NOW + timedelta(days=1))
    assert {mark.number for mark in marks} == {0, *range(1, len(shown) + 1)}
    assert [mark.number for mark in marks if mark.kind != "now"] == [*range(1, len(shown) + 1)]
    places = [mark.x for mark in marks]
    assert places == sorted(set(places))
    assert EDGE <= places[0] < places[-1] <= WIDTH - EDGE
    assert picture(shown[:1], NOW) == []
