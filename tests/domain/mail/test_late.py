"""What could not be sent for a while is sent if it still asks for something, and nobody is asked twice."""

from datetime import timedelta
from typing import Any

import pytest

from followthrough.domain.answered.mail.late import outlived
from followthrough.domain.replayed.incident.incident import (
    Audience,
    IncidentMoment,
    IncidentMomentKind,
    IncidentStatus,
    Role,
    RoleHolder,
    SentUpdate,
    UpdateStage,
)
from followthrough.domain.replayed.item.action_item import ItemStatus, Moment, MomentKind, OwnerWanted
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.domain.replayed.mail.shown import TO_HOLDERS
from followthrough.domain.replayed.mail.waiting import WaitingMail
from tests.records import NOW, incident, item

HOUR = timedelta(hours=1)
ASKED = RoleHolder(role=Role.INCIDENT_COMMANDER, person="ana", at=NOW)


def waiting(kind: NoticeKind, status: str = "accepted") -> WaitingMail:
    return WaitingMail(
        key=f"1/{kind}",
        kind=kind,
        subject="",
        incident_id="inc-0000000001",
        item_id=None,
        status=status,
        owner="ana",
        deadline=None,
        at=NOW,
    )


def moment(kind: IncidentMomentKind, after: timedelta, subject: str = "", *to: str) -> IncidentMoment:
    return IncidentMoment(at=NOW + after, kind=kind, subject=subject, to=to or ("ana",))


@pytest.mark.parametrize("kind", TO_HOLDERS)
@pytest.mark.parametrize(
    ("now", "over"),
    [
        ({"roles": [ASKED]}, False),
        ({"roles": [ASKED], "status": IncidentStatus.MITIGATED}, False),
        ({"roles": [ASKED.model_copy(update={"acknowledged_at": NOW + HOUR})]}, True),
        ({"roles": [ASKED.model_copy(update={"at": NOW + HOUR})]}, True),
        ({"roles": [ASKED.model_copy(update={"person": "ben"})]}, True),
        ({"roles": [ASKED], "status": IncidentStatus.RESOLVED}, True),
    ],
    ids=["still asked", "mitigated", "acknowledged", "asked again", "somebody else's", "resolved"],
)
def test_a_role_is_asked_for_until_somebody_has_it_or_is_asked_anew(
    kind: NoticeKind, now: dict[str, Any], over: bool
) -> None:
    assert outlived(waiting(kind), ("ana",), "", ASKED, incident(**now)) is over


def told(after: timedelta, audience: Audience = Audience.CUSTOMERS) -> SentUpdate:
    return SentUpdate(stage=UpdateStage.IDENTIFIED, audience=audience, text="A queue.", by="ana", at=NOW + after)


DUE = IncidentMomentKind.UPDATE_DUE


@pytest.mark.parametrize(
    ("now", "over"),
    [
        ({"moments": [moment(DUE, -HOUR / 60, "customers")], "updates": [told(-HOUR)]}, False),
        ({"moments": [moment(DUE, HOUR, "internal")], "updates": [told(HOUR, Audience.INTERNAL)]}, False),
        ({"moments": [moment(IncidentMomentKind.UPDATE_MISSED, HOUR, "customers")]}, False),
        ({"moments": [moment(DUE, HOUR, "customers", "ben")]}, True),
        ({"updates": [told(HOUR)]}, True),
        ({"status": IncidentStatus.RESOLVED, "resolved_at": NOW + HOUR}, True),
        ({"status": IncidentStatus.RESOLVED, "resolved_at": NOW - HOUR}, False),
        ({"status": IncidentStatus.CANCELLED}, True),
    ],
    ids=["last", "of others", "missed since", "due again", "sent since", "resolved", "of the resolution", "cancelled"],
)
def test_an_update_is_asked_for_once_and_until_it_is_sent(now: dict[str, Any], over: bool) -> None:
    assert outlived(waiting(NoticeKind.UPDATE_DUE), ("ana",), "customers", None, incident(**now)) is over


@pytest.mark.parametrize(
    ("now", "over"),
    [
        ({}, False),
        ({"moments": [moment(IncidentMomentKind.POSTMORTEM_OVERDUE, HOUR, "", "carla")]}, False),
        ({"moments": [moment(IncidentMomentKind.POSTMORTEM_OVERDUE, HOUR, "", "carla", "ana")]}, True),
        ({"published_at": NOW + HOUR}, True),
    ],
    ids=["nobody else", "others", "again", "published"],
)
def test_a_postmortem_is_escalated_once_to_each(now: dict[str, Any], over: bool) -> None:
    assert outlived(waiting(NoticeKind.POSTMORTEM_ESCALATION), ("ana",), "", None, incident(**now)) is over


def escalated(after: timedelta, *to: str) -> list[Moment]:
    return [Moment(at=NOW + after, kind=MomentKind.ESCALATE, level=2, to=to)]


@pytest.mark.parametrize(
    ("now", "over"),
    [
        ({}, False),
        ({"reminders": escalated(timedelta(0), "ana", "carla")}, False),
        ({"reminders": escalated(HOUR, "carla")}, False),
        ({"reminders": escalated(HOUR, "carla", "ana")}, True),
        ({"status": ItemStatus.DONE}, True),
        ({"owner": "ben"}, True),
        ({"due_in_days": 3}, True),
    ],
    ids=["late", "this one", "to others", "again", "done", "passed on", "has more time"],
)
def test_an_action_item_is_escalated_once_to_each_and_while_it_is_late(now: dict[str, Any], over: bool) -> None:
    late = item(**{"due_in_days": -3, **now})
    assert outlived(waiting(NoticeKind.ITEM_ESCALATION), ("ana", "carla"), "", None, late) is over


def test_an_owner_is_wanted_until_there_is_one() -> None:
    wanted = OwnerWanted(because="ana declined", since=NOW)
    about = waiting(NoticeKind.ITEM_OWNER_WANTED, "proposed")
    assert not outlived(about, ("carla",), "", None, item(owner_wanted=wanted))
    assert outlived(about, ("carla",), "", None, item())


@pytest.mark.parametrize("kind", [NoticeKind.STAKEHOLDER_UPDATE, NoticeKind.INCIDENT_MERGED, NoticeKind.UNDELIVERED])
def test_what_somebody_wrote_and_what_is_news_is_sent_however_late(kind: NoticeKind) -> None:
    over = incident(status=IncidentStatus.CLOSED)
    assert not outlived(waiting(kind), ("ana",), "We make room.", None, over)
