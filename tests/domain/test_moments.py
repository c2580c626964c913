"""What a plan and its moment change in a record, and who is told."""

from datetime import timedelta
from typing import Any

import pytest

from followthrough.domain.replayed.incident import moments as incident_moments
from followthrough.domain.replayed.incident.incident import (
    Incident,
    IncidentMoment,
    IncidentMomentKind,
    IncidentPlan,
    IncidentStatus,
    Role,
    RoleHolder,
)
from followthrough.domain.replayed.item import moments as item_moments
from followthrough.domain.replayed.item.action_item import (
    ActionItem,
    Block,
    ItemStatus,
    Moment,
    MomentKind,
    OwnerWanted,
    Waiver,
)
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind, ToTell
from followthrough.domain.replayed.postmortem.postmortem import FormatName, PostmortemAssignment
from followthrough.domain.replayed.values import EntryKind
from tests.domain.changes import LATER, did
from tests.records import NOW, incident, item

DAY = timedelta(days=1)
REMINDER, ESCALATION, LINE = EntryKind.REMINDER, EntryKind.ESCALATION, EntryKind.ACTION_ITEM
WAITS = Block(reason="The new API", until=LATER, by="ana", at=NOW)
EXPIRES = Waiver(reason="Later", by="carla", at=NOW, until=LATER)
COMMANDS = RoleHolder(role=Role.INCIDENT_COMMANDER, person="ana", at=NOW, before=("dora",))


def passing(record: ActionItem, kind: MomentKind, at: Any = LATER, **moment: Any) -> tuple[Any, Any, list[ToTell]]:
    """What the moment changes besides the plan, what is said, and who is told."""
    told: list[ToTell] = []
    plan = record.planned.model_copy(update={"next": Moment.model_validate({"at": at, "kind": kind, **moment})})
    changed, said = did(record, lambda one: told.extend(item_moments.take(one, plan, LATER)))
    assert changed.pop("plan") == plan
    return changed, said, told


@pytest.mark.parametrize(
    ("kind", "notice", "text"),
    [
        (MomentKind.REMIND_TO_ACCEPT, NoticeKind.ITEM_REMINDER, "Remind to accept: ana, ben"),
        (MomentKind.REMIND_BEFORE_DEADLINE, NoticeKind.ITEM_REMINDER, "Remind before the deadline: ana, ben"),
        (MomentKind.REMIND_AT_DEADLINE, NoticeKind.ITEM_REMINDER, "Remind at the deadline: ana, ben"),
        (MomentKind.REMIND_AFTER_DEADLINE, NoticeKind.ITEM_REMINDER, "Remind after the deadline: ana, ben"),
        (MomentKind.REMIND_TO_PLAN, NoticeKind.ITEM_TO_PLAN, "Remind to plan: ana, ben"),
        (MomentKind.REVIEW_BLOCK, NoticeKind.ITEM_BLOCKED, "Review the block: ana, ben"),
        (MomentKind.WAIVER_EXPIRES_SOON, NoticeKind.ITEM_WAIVER_ENDS, "Waiver expires soon: ana, ben"),
        (MomentKind.REMIND_TO_VERIFY, NoticeKind.ITEM_TO_VERIFY, "Remind to verify: ana, ben"),
    ],
)
def test_an_item_reminds_people_once(kind: MomentKind, notice: NoticeKind, text: str) -> None:
    to = ("ana", "ben")
    assert passing(item(), kind, to=to) == (
        {"reminders": [Moment(at=LATER, kind=kind, to=to)]},
        ((REMINDER, text, None),),
        [ToTell(notice, to)],
    )


def test_an_item_escalates_level_by_level() -> None:
    moment = Moment(at=LATER, kind=MomentKind.ESCALATE, level=2, to=("carla",))
    assert passing(item(), MomentKind.ESCALATE, level=2, to=("carla",)) == (
        {"reminders": [moment]},
        ((ESCALATION, "Escalated, level 2, to carla", None),),
        [ToTell(NoticeKind.ITEM_ESCALATION, ("carla",), level=2)],
    )


def test_an_owner_is_wanted_from_the_first_moment_that_says_so() -> None:
    wanted = {"because": "ana is away", "level": 1, "to": ("carla",)}
    kept = Moment(at=LATER, kind=MomentKind.OWNER_WANTED, level=1, to=("carla",))
    said = ((REMINDER, "Owner wanted (ana is away), level 1: carla", None),)
    told = [ToTell(NoticeKind.ITEM_OWNER_WANTED, ("carla",), "ana is away", 1)]
    since = {"owner_wanted": OwnerWanted(because="ana is away", since=LATER)}
    assert passing(item(), MomentKind.OWNER_WANTED, **wanted) == ({"reminders": [kept], **since}, said, told)
    before = item(owner_wanted=OwnerWanted(because="ana declined", since=NOW))
    assert passing(before, MomentKind.OWNER_WANTED, **wanted) == ({"reminders": [kept]}, said, told)


def test_a_block_whose_time_is_over_ends_and_the_owner_hears_of_it() -> None:
    kept = Moment(at=LATER, kind=MomentKind.REVIEW_BLOCK)
    over = "The time to wait is over: The new API"
    assert passing(item(block=WAITS), MomentKind.REVIEW_BLOCK) == (
        {"reminders": [kept], "block": None, "working_since": LATER},
        ((LINE, over, None),),
        [ToTell(NoticeKind.ITEM_UNBLOCKED, ("ana",), over)],
    )
    longer = WAITS.model_copy(update={"until": LATER + DAY})
    changed, said, told = passing(item(block=longer), MomentKind.REVIEW_BLOCK, to=("ana",))
    assert (changed, said, told[0].kind) == (
        {"reminders": [kept.model_copy(update={"to": ("ana",)})]},
        ((REMINDER, "Review the block: ana", None),),
        NoticeKind.ITEM_BLOCKED,
    )


def test_a_waiver_that_has_expired_is_asked_again_and_one_of_a_drill_is_for_good() -> None:
    changed, said, told = passing(item(status=ItemStatus.WAIVED, waiver=EXPIRES), MomentKind.WAIVER_EXPIRES)
    assert (changed["status"], changed["asked_at"], changed["waiver"]) == (ItemStatus.PROPOSED, LATER, None)
    assert (said, told) == (((LINE, "The waiver has expired: Later", None),), [])
    changed, said, told = passing(item(), MomentKind.DRILL_OVER)
    assert (changed["status"], changed["waiver"]) == (
        ItemStatus.WAIVED,
        Waiver(reason="The drill is over", by=None, at=LATER),
    )
    assert (said, told) == (((EntryKind.DECISION, "Waived: The drill is over", None),), [])


def test_a_moment_to_come_changes_nothing_yet() -> None:
    assert passing(item(), MomentKind.ESCALATE, at=LATER + DAY, to=("carla",)) == ({}, (), [])


@pytest.mark.parametrize(
    ("changes", "days", "said"),
    [
        ({}, 12, ((LINE, "Due 2026-03-14 now, by the policies", None),)),
        ({}, 10, ()),
        ({"due": NOW}, 12, ()),
        ({"plan": None}, 12, ()),
    ],
)
def test_another_deadline_by_the_policies_is_said(changes: dict[str, Any], days: int, said: Any) -> None:
    plan = item(due_in_days=days).planned.model_copy(update={"next": None})
    record = item(due_in_days=10, **changes)
    assert did(record, lambda one: item_moments.take(one, plan, LATER)) == ({"plan": plan}, said)


def planned(record: Incident, **plan: Any) -> tuple[Any, Any, list[ToTell]]:
    """What taking the plan changes besides it, what is said, and who is told."""
    told: list[ToTell] = []
    taken = IncidentPlan(**{"postmortem_due": None, "auto_resolve": False, "next": None, **plan})
    changed, said = did(record, lambda one: told.extend(incident_moments.take(one, taken, LATER)))
    assert changed.pop("plan") == taken
    return changed, said, told


def moment(kind: IncidentMomentKind, **changes: Any) -> IncidentMoment:
    return IncidentMoment.model_validate({"at": LATER, "kind": kind, **changes})


def test_who_is_on_call_is_asked_to_command_and_then_another_to_inform() -> None:
    commander = RoleHolder(role=Role.INCIDENT_COMMANDER, person="ana", at=LATER)
    assert planned(incident(), on_call=("ana", "ben"), comms_lead="ben") == (
        {"roles": [commander]},
        ((EntryKind.ROLE, "Incident Commander: ana is asked", None),),
        [ToTell(NoticeKind.INCIDENT_DECLARED, ("ana",))],
    )
    assert planned(incident(roles=[commander]), on_call=("ben",), comms_lead="ben") == (
        {"roles": [commander, RoleHolder(role=Role.COMMS_LEAD, person="ben", at=LATER)]},
        ((EntryKind.ROLE, "Comms Lead: ben is asked", None),),
        [ToTell(NoticeKind.ROLE_ASSIGNED, ("ben",))],
    )
    assert planned(incident()) == ({}, (), [])
    assert planned(incident(status=IncidentStatus.RESOLVED), on_call=("ana",), comms_lead="ben") == ({}, (), [])


def test_a_postmortem_that_is_owed_gets_its_owner_and_its_moment_passes_too() -> None:
    assignment = PostmortemAssignment(owner="ana", format=FormatName.SHORT)
    due = moment(IncidentMomentKind.POSTMORTEM_DUE_SOON, to=("ana",))
    said = (EntryKind.POSTMORTEM, "Postmortem owed by ana, format: short", None)
    told = ToTell(NoticeKind.POSTMORTEM_ASSIGNED, ("ana",))
    resolved = incident(status=IncidentStatus.RESOLVED)
    given = {"postmortem_owner": "ana", "postmortem_format": FormatName.SHORT}
    assert planned(resolved, assignment=assignment) == (given, (said,), [told])
    assert planned(resolved, assignment=assignment, next=due) == (
        {**given, "moments": [due]},
        (said, (REMINDER, "Postmortem due soon: ana told", None)),
        [told, ToTell(NoticeKind.POSTMORTEM_REMINDER, ("ana",))],
    )
    assert planned(resolved, next=due.model_copy(update={"at": LATER + DAY})) == ({}, (), [])


@pytest.mark.parametrize(
    ("kind", "level", "notice", "said"),
    [
        (IncidentMomentKind.UPDATE_DUE, 0, NoticeKind.UPDATE_DUE, (REMINDER, "Update due customers: ana, ben told")),
        (
            IncidentMomentKind.UPDATE_MISSED,
            1,
            NoticeKind.UPDATE_MISSED,
            (ESCALATION, "Update missed customers: ana, ben told"),
        ),
        (
            IncidentMomentKind.POSTMORTEM_OVERDUE,
            2,
            NoticeKind.POSTMORTEM_ESCALATION,
            (ESCALATION, "Postmortem overdue customers: ana, ben told"),
        ),
    ],
)
def test_an_incident_reminds_and_escalates(
    kind: IncidentMomentKind, level: int, notice: NoticeKind, said: tuple[EntryKind, str]
) -> None:
    next_one = moment(kind, level=level, subject="customers", to=("ana", "ben"))
    assert planned(incident(), next=next_one) == (
        {"moments": [next_one]},
        ((*said, None),),
        [ToTell(notice, ("ana", "ben"), "customers", level)],
    )


def test_a_role_that_nobody_acknowledged_is_passed_on_and_all_who_had_it_hear() -> None:
    silent = moment(
        IncidentMomentKind.ROLE_NOT_ACKNOWLEDGED, subject=Role.INCIDENT_COMMANDER, holder="ana", offer="ben"
    )
    text = "Incident Commander not acknowledged by ana: ben is asked"
    assert planned(incident(roles=[COMMANDS]), next=silent) == (
        {
            "roles": [RoleHolder(role=Role.INCIDENT_COMMANDER, person="ben", at=LATER, before=("dora", "ana"))],
            "past_roles": [COMMANDS],
            "moments": [silent],
        },
        ((ESCALATION, text, None),),
        [ToTell(NoticeKind.ROLE_NOT_ACKNOWLEDGED, ("ben", "dora", "ana"), Role.INCIDENT_COMMANDER)],
    )
    again = silent.model_copy(update={"offer": "ana"})
    assert planned(incident(roles=[COMMANDS]), next=again)[1][0][1].endswith("by ana: ana is asked again")
    assert planned(incident(), next=silent) == ({}, (), [])
    for changes in ({"acknowledged_at": NOW}, {"person": "carla"}, {"role": Role.RESOLVER}):
        assert planned(incident(roles=[COMMANDS.model_copy(update=changes)]), next=silent) == ({}, (), [])
    busy = RoleHolder(role=Role.RESOLVER, person="ben", at=NOW)
    assert planned(incident(roles=[COMMANDS, busy]), next=silent) == ({}, (), [])


@pytest.mark.parametrize(("drill", "why"), [(False, "at this severity"), (True, "for a drill")])
def test_an_incident_that_owes_no_postmortem_closes(drill: bool, why: str) -> None:
    owes_none = moment(IncidentMomentKind.NO_POSTMORTEM_OWED)
    assert planned(incident(status=IncidentStatus.RESOLVED, drill=drill), next=owes_none) == (
        {"moments": [owes_none], "status": IncidentStatus.CLOSED, "ended_at": LATER},
        (
            (EntryKind.POSTMORTEM, f"No postmortem is owed {why}", None),
            (EntryKind.STATUS, "Closed: no action item is open", None),
        ),
        [],
    )


def test_a_drill_whose_time_is_over_is_resolved() -> None:
    over = moment(IncidentMomentKind.DRILL_TIME_OVER)
    changed, said, told = planned(incident(drill=True), next=over)
    assert (changed["status"], changed["resolved_at"], changed["moments"]) == (IncidentStatus.RESOLVED, LATER, [over])
    assert (said, told) == (((EntryKind.STATUS, "Resolved: The time of the drill is over", None),), [])
