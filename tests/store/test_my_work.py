"""What concerns one person, on both databases."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from activities.read_model import ReadModel
from followthrough.domain.replayed.incident.incident import IncidentStatus, Role, RoleHolder
from followthrough.domain.replayed.item.action_item import ExtensionWanted, ItemStatus, OwnerWanted
from followthrough.domain.replayed.postmortem.postmortem import Postmortem
from followthrough.store.my_work import concerns
from followthrough.store.postmortem_tables import PostmortemCommentRow
from tests.records import NOW, incident, item

HOLDS = [RoleHolder(role=Role.RESOLVER, person="hugo", at=NOW)]
WRITTEN = Postmortem(by="erin", at=NOW, text="We learned")
ASKED = ExtensionWanted(until=NOW, reason="It is hard", by="ana", at=NOW)
INCIDENTS = (
    incident(1, private=True, declared_by="dora"),
    incident(2, roles=HOLDS),
    incident(3, roles=HOLDS, status=IncidentStatus.MITIGATED),
    incident(4, roles=HOLDS, status=IncidentStatus.RESOLVED, postmortem_owner="fred", postmortem=WRITTEN),
    incident(5, roles=HOLDS, status=IncidentStatus.CLOSED, postmortem_owner="fred", postmortem=WRITTEN),
    incident(6, roles=HOLDS, private=True, declared_by="dora"),
    incident(7, postmortem_owner="fred"),
    incident(8, private=True, declared_by="dora", status=IncidentStatus.CLOSED, postmortem_owner="zed"),
)
ITEMS = (
    item(1, owner="zoe", status=ItemStatus.DONE, incident_id=INCIDENTS[0].id),
    item(2, owner="ana", due_in_days=3),
    item(3, owner="ana", due_in_days=2, extension_wanted=ASKED, incident_id=INCIDENTS[1].id),
    item(4, owner="ana", due_in_days=1, status=ItemStatus.PROPOSED, incident_id=INCIDENTS[1].id),
    item(5, owner="ana", incident_id=INCIDENTS[1].id, status=ItemStatus.CLOSED, ended_at=NOW),
    item(6, owner="gus", team="platform", owner_wanted=OwnerWanted(because="Gus left", since=NOW)),
    item(7, owner="gus", team="platform", due_in_days=-2, incident_id=INCIDENTS[1].id),
)
COMMENTS = (
    (4, "hugo", None),
    (4, "erin", None),
    (4, "hugo", NOW),
    (5, "hugo", None),
    (5, "ana", None),
    (7, "fred", None),
    (8, "hugo", None),
)
"""On the incident of that number, by whom, and when it was settled."""


@pytest.fixture
def session(database: Engine) -> Iterator[Session]:
    model = ReadModel(database)
    for record in INCIDENTS:
        model.project_incident(record)
    for one in ITEMS:
        model.project_item(one)
    with Session(database) as found:
        for number, (of, by, settled_at) in enumerate(COMMENTS):
            row = PostmortemCommentRow(
                id=str(number), incident_id=incident(of).id, at=NOW, by=by, quote="", text="Why?"
            )
            row.settled_at = settled_at
            found.add(row)
        found.commit()
        yield found


@pytest.mark.parametrize(
    ("person", "led", "items", "incidents", "late"),
    [
        ("ana", [], [4, 3, 2], [], []),
        ("carla", [], [3, 1], [], []),
        ("carl", [], [], [], []),
        ("ben", [], [4], [], []),
        ("hugo", [], [], [6, 4, 3, 2], []),
        ("erin", [], [], [5, 4], []),
        ("fred", [], [], [5, 4], []),
        ("lead", ["platform"], [], [], [7]),
        ("dora", ["platform"], [6], [], [7]),
        ("nobody", [], [], [], []),
    ],
)
def test_each_sees_what_they_own_decide_find_an_owner_for_or_have_a_role_in(
    session: Session, person: str, led: list[str], items: list[int], incidents: list[int], late: list[int]
) -> None:
    found = concerns(session, person, led, NOW, person)
    assert [int(one.id[-1]) for one in found.items] == items
    assert [int(one.id[-1]) for one in found.incidents] == incidents
    assert [int(one.item.id[-1]) for one in found.late] == late
    assert {*found.of_items} == {one.incident_id for one in found.items}
    assert all(one.private for one in found.items if one.incident_id == INCIDENTS[0].id)


@pytest.mark.parametrize(
    ("person", "unanswered"),
    [("erin", {4: 1, 5: 2}), ("fred", {4: 2, 5: 2}), ("hugo", {}), ("dora", {})],
)
def test_who_wrote_a_postmortem_or_owes_it_sees_how_many_comments_of_others_wait(
    session: Session, person: str, unanswered: dict[int, int]
) -> None:
    found = concerns(session, person, [], NOW, person).unanswered
    assert found == {incident(number).id: waiting for number, waiting in unanswered.items()}


def test_comments_on_what_is_private_are_for_who_may_see_it(session: Session) -> None:
    for eyes, seen in (("dora", [8]), ("zoe", [])):
        assert [int(one.id[-1]) for one in concerns(session, "zed", [], NOW, eyes).incidents] == seen


def test_what_is_private_is_there_for_those_alone_who_are_on_it(session: Session) -> None:
    for eyes, seen in (("hugo", True), ("zoe", False)):
        found = concerns(session, "hugo", [], NOW, eyes).incidents
        assert (INCIDENTS[5].id in {one.id for one in found}) is seen
