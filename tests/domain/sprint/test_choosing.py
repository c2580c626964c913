"""What somebody chooses from a proposal, and what they are told of what changed meanwhile."""

import pytest

from followthrough.domain.answered.sprint.choosing import chosen, meanwhile
from followthrough.domain.answered.sprint.proposal import Line, Place, Proposal
from followthrough.domain.replayed.item.action_item import Priority
from followthrough.domain.replayed.values import Severity


def line(item: str, *, place: Place = Place.DUE, estimate: float | None = 3, **changes: object) -> Line:
    return Line.model_validate(
        {
            "id": item,
            "title": f"Title of {item}",
            "owner": "ana",
            "severity": Severity.SEV2,
            "priority": Priority.HIGH,
            "due": None,
            "estimate": estimate or 1,
            "estimated": estimate is not None,
            "repeats": 0,
            "moved_on": 0,
            "ticket": "PAY-1",
            "place": place,
            **changes,
        }
    )


PROPOSAL = Proposal(
    lines=(
        line("a", proposed=True),
        line("b", proposed=True, estimate=None),
        line("c", why="Needs 3, and 1 of the share is left", ticket=None),
        line("d", place=Place.PLANNED, estimate=2),
        line("e", place=Place.BLOCKED),
    ),
    share=8,
    planned=2,
)
SHOWN = {"a": 3.0, "b": None, "c": 3.0}


def test_what_is_moved_in_and_out_and_estimated_counts_at_once() -> None:
    assert (PROPOSAL.takes, PROPOSAL.left, PROPOSAL.over) == (4, 2, 0)
    would = chosen(PROPOSAL, {"a", "c"}, {"c": 5.5})
    assert [one.id for one in would.proposed] == ["a", "c"]
    assert (would.takes, would.left, would.over) == (8.5, -2.5, 2.5)
    assert [one.why for one in would.lines[:3]] == ["", "Taken out", "Has no ticket yet"]
    assert would.lines[3:] == PROPOSAL.lines[3:]


def test_what_is_planned_already_or_blocked_can_not_be_chosen() -> None:
    assert chosen(PROPOSAL, {"d", "e"}, {"d": 9}).takes == 0


def test_without_a_share_nothing_is_too_much() -> None:
    free = PROPOSAL.model_copy(update={"share": None})
    assert (free.left, free.over) == (None, 0)


@pytest.mark.parametrize(
    ("shown", "typed", "sentences"),
    [
        (SHOWN, {}, []),
        ({"a": 3.0, "b": None}, {}, ["“Title of c” was not there before."]),
        (SHOWN | {"d": 2.0}, {}, ["“Title of d” is already planned."]),
        (SHOWN | {"z": 2.0}, {}, ["z is settled, or no longer the team's."]),
        (SHOWN | {"a": 2.0}, {"a": 5}, ["“Title of a” is estimated at 3 now, and not at 2 as before."]),
        (SHOWN | {"a": None}, {}, ["“Title of a” is estimated at 3 now."]),
        (SHOWN | {"a": 2.0}, {"a": 3}, []),
    ],
)
def test_what_changed_since_it_was_shown_is_said(
    shown: dict[str, float | None], typed: dict[str, float], sentences: list[str]
) -> None:
    assert list(meanwhile(shown, PROPOSAL, typed)) == sentences
