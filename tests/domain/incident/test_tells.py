"""Who hears of what people do with an incident, and which mails wait until everybody can see it."""

import pytest

from followthrough.domain.replayed.incident import tells as incident_tells
from followthrough.domain.replayed.incident.commands import (
    Acknowledge,
    AddNote,
    AssignRole,
    IncidentCommand,
    Mitigate,
    ProposeItem,
    Resolve,
    SendUpdate,
)
from followthrough.domain.replayed.incident.found_repeats import counts_against, take_found
from followthrough.domain.replayed.incident.incident import (
    Audience,
    Incident,
    IncidentPlan,
    Repeat,
    Role,
    RoleHolder,
    Subscription,
    UpdateStage,
)
from followthrough.domain.replayed.incident.lifecycle import Continued, HandOver, Reopen
from followthrough.domain.replayed.incident.repeats import FollowUp, RepeatsFound
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind, ToTell
from followthrough.domain.replayed.postmortem.commands import (
    AssignPostmortem,
    Publish,
    ReviewPostmortem,
    SubmitPostmortem,
)
from tests.records import NOW, incident

ON_CALL = IncidentPlan(postmortem_due=NOW, auto_resolve=False, next=None, on_call=("nora", "marcos"))


def responded() -> Incident:
    """Ana commands, and ben resolves."""
    record = incident()
    for person, role in (("ana", Role.INCIDENT_COMMANDER), ("ben", Role.RESOLVER)):
        AssignRole(by="ana", person=person, role=role).apply(record, NOW)
    return record


def told(record: Incident, *commands: IncidentCommand) -> tuple[list[ToTell], list[ToTell]]:
    """At once, and once shown, of the last command."""
    for command in commands:
        command.apply(record, NOW)
    return incident_tells.at_once(commands[-1], record), incident_tells.once_shown(commands[-1], record)


def test_an_update_reaches_who_wants_those_to_its_audience_without_waiting() -> None:
    record = incident(
        subscriptions=[
            Subscription(person="eva", audience=Audience.EXECUTIVES),
            Subscription(person="carla", audience=Audience.CUSTOMERS),
        ]
    )
    sent = SendUpdate(by="ana", stage=UpdateStage.IDENTIFIED, audience=Audience.CUSTOMERS, text="Found")
    mail = ToTell(NoticeKind.STAKEHOLDER_UPDATE, ("carla",), "Found", audience=Audience.CUSTOMERS)
    assert told(record, sent) == ([mail], [])


def test_whoever_gets_a_role_hears_of_it_unless_they_took_it() -> None:
    assigned = AssignRole(by="ana", person="eva", role=Role.COMMS_LEAD, note="You know them")
    assert told(responded(), assigned) == ([], [ToTell(NoticeKind.ROLE_ASSIGNED, ("eva",), "You know them")])
    assert told(responded(), AssignRole(by="eva", person="eva", role=Role.COMMS_LEAD)) == ([], [])


def test_both_hear_of_a_role_that_moves_but_not_who_moved_it() -> None:
    by_other = AssignRole(by="ben", person="eva", role=Role.INCIDENT_COMMANDER)
    assert told(responded(), by_other)[1] == [ToTell(NoticeKind.ROLE_HANDED_OVER, ("eva", "ana"))]
    handed = HandOver(by="ana", person="eva", note="Look at the queue")
    assert told(responded(), handed)[1] == [ToTell(NoticeKind.ROLE_HANDED_OVER, ("eva",), "Look at the queue")]


def test_a_postmortem_is_told_to_who_has_to_do_something_with_it() -> None:
    record, over = responded(), Resolve(by="ana", summary="Rolled back")
    record.postmortem_owner = "ana"
    assign = AssignPostmortem(by="ana", to="ben", reason="Knows the cause")
    assert told(record, over, assign)[1] == [ToTell(NoticeKind.POSTMORTEM_ASSIGNED, ("ben",), "Knows the cause")]
    submit = SubmitPostmortem(by="ben", text="# What broke")
    assert told(record, submit)[1] == [ToTell(NoticeKind.POSTMORTEM_TO_REVIEW, ("ana",))]
    review = ReviewPostmortem(by="ana", note="Clear")
    assert told(record, review)[1] == [ToTell(NoticeKind.POSTMORTEM_REVIEWED, ("ben",), "Clear")]
    published = ToTell(NoticeKind.POSTMORTEM_PUBLISHED, ("ana", "ben"), audience=Audience.INTERNAL)
    assert told(record, Publish(by="ben")) == ([published], [])


def test_a_postmortem_of_the_only_one_who_took_part_is_reviewed_by_the_next_on_call() -> None:
    record = incident(plan=ON_CALL)
    over, submit = Resolve(by="ana", summary="Rolled back"), SubmitPostmortem(by="ana", text="# What broke")
    assert told(record, over, submit)[1] == [ToTell(NoticeKind.POSTMORTEM_TO_REVIEW, ("nora",))]


def test_all_who_took_part_hear_that_it_goes_on_after_all_and_that_it_has_ended() -> None:
    record = responded()
    reopened = told(record, Resolve(by="ana", summary="Rolled back"), Reopen(by="eva", reason="It is back"))
    assert reopened == ([], [ToTell(NoticeKind.INCIDENT_REOPENED, ("ana", "ben"), "It is back")])
    assert incident_tells.of_end(record) == ToTell(NoticeKind.INCIDENT_CLOSED, ("ana", "ben"))


def test_who_took_part_in_either_hears_of_a_merge_once() -> None:
    other = incident(2, roles=[RoleHolder(role=Role.RESOLVER, person=one, at=NOW) for one in ("ben", "eva")])
    merged = ToTell(NoticeKind.INCIDENT_MERGED, ("ana", "ben", "eva"), other.id)
    assert incident_tells.of_merge(responded(), Continued.of(other)) == merged


@pytest.mark.parametrize(
    "command",
    [
        Acknowledge(by="eva"),
        AddNote(by="ana", text="The queue grows"),
        Mitigate(by="ana", summary="Traffic moved"),
        Resolve(by="ana", summary="Rolled back"),
        ProposeItem(by="ana", title="Alert on queue depth", owner="ben"),
    ],
)
def test_nobody_hears_of_what_only_the_timeline_has(command: IncidentCommand) -> None:
    record = responded()
    AssignRole(by="ana", person="eva", role=Role.COMMS_LEAD).apply(record, NOW)
    assert told(record, command) == ([], [])


def test_the_incident_commander_hears_of_earlier_ones_which_are_linked_or_proposed_once() -> None:
    record = responded()
    same, alike = (
        Repeat(incident_id="inc-1", because="the same alert"),
        Repeat(incident_id="inc-2", because="a title", proposed=True),
    )
    found = RepeatsFound(repeats=(same, alike))
    tells = take_found(record, found, NOW)
    assert [(one.kind, one.to) for one in tells] == [(NoticeKind.INCIDENT_REPEATS, ("ana",))]
    assert (record.repeats, record.proposed_repeats, record.compared) == ([same], [alike], True)
    assert take_found(record, found, NOW) == tells
    assert (record.repeats, record.proposed_repeats) == ([same], [alike])
    assert take_found(incident(), found, NOW) == [], "nobody commands"
    assert take_found(record, RepeatsFound(), NOW) == []


@pytest.mark.parametrize(
    ("of", "status", "counts"),
    [
        ("inc-1", ItemStatus.ACCEPTED, True),
        ("inc-1", ItemStatus.WAIVED, True),
        ("inc-1", ItemStatus.CLOSED, False),
        ("inc-2", ItemStatus.ACCEPTED, False),
        ("", ItemStatus.ACCEPTED, True),
    ],
)
def test_a_repeat_counts_against_open_and_waived_follow_ups_of_what_is_linked(
    of: str, status: ItemStatus, counts: bool
) -> None:
    record = incident(
        repeats=[Repeat(incident_id="inc-1", because="the same alert")],
        proposed_repeats=[Repeat(incident_id="inc-2", because="a title", proposed=True)],
    )
    follow_up = FollowUp(id="inc-1.1", incident_id=of, title="Alert on queue depth", owner="ana", status=status)
    assert counts_against(record, follow_up) is counts
