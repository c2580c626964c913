from datetime import UTC, datetime, timedelta

import pytest

from followthrough.domain.answered.incident.schedule import plan_incident
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.ids import incident_id
from followthrough.domain.replayed.incident import alerts as incident_alerts
from followthrough.domain.replayed.incident.commands import Acknowledge, AssignRole, Cancel, IncidentCommand, Resolve
from followthrough.domain.replayed.incident.incident import (
    Alert,
    AlertState,
    Audience,
    Incident,
    IncidentStatus,
    ItemSummary,
    Role,
)
from followthrough.domain.replayed.incident.lifecycle import (
    Continued,
    Merge,
    Reopen,
    Split,
    end_merge,
    give_back,
    take_in,
)
from followthrough.domain.replayed.incident.moments import pass_moment
from followthrough.domain.replayed.incident.subscriptions import Subscribe
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.domain.replayed.postmortem.commands import Publish
from followthrough.domain.replayed.values import Refusal, Severity
from tests.domain.incident.test_schedule import MONDAY, declared, minutes

FIRST, SECOND, THIRD = (f"inc-000000000{number}" for number in (1, 2, 3))


def incident(record_id: str, severity: Severity = Severity.SEV2) -> Incident:
    return declared(severity).model_copy(update={"id": record_id, "dedup_key": f"alert/{record_id}"})


def receive(record: Incident, key: str, state: AlertState) -> bool:
    alert = Alert(dedup_key=f"alert/{key}", source="Pager", state=state, title="Cards are declined", at=MONDAY)
    return incident_alerts.receive(record, alert, MONDAY)


def merge(one: Incident, into: Incident) -> None:
    Merge(by="ines", into=into.id).apply(one, MONDAY)
    take_in(into, Continued.of(one), MONDAY)
    end_merge(one, None, MONDAY)


def texts(record: Incident) -> str:
    return "\n".join(entry.text for entry in record.unwritten)


def test_a_merge_that_is_taken_back_leaves_no_trace_but_on_the_timeline() -> None:
    changing = {"version", "entries", "unwritten"}
    first, second = incident(FIRST, Severity.SEV1), incident(SECOND, Severity.SEV3)
    first.items = [ItemSummary(id=f"{FIRST}.1", title="Open", owner="tomas")]
    receive(first, FIRST, AlertState.FIRING)
    for one, person in ((first, "ines"), (first, "tomas"), (second, "tomas")):
        Subscribe(by=person, audience=Audience.INTERNAL).apply(one, MONDAY)
    before = second.model_dump(exclude=changing)
    take_in(second, Continued.of(first), MONDAY)
    assert (second.severity, len(second.items), len(second.subscriptions)) == (Severity.SEV1, 1, 2)
    give_back(second, Continued.of(first), MONDAY)
    assert second.model_dump(exclude=changing) == before
    assert f"Does not continue {FIRST} after all" in texts(second)
    entries = second.entries
    give_back(second, Continued.of(first), MONDAY)
    assert second.entries == entries


def test_a_reopened_incident_does_not_close_before_its_items_have_told_their_state() -> None:
    record = incident(FIRST)
    record.items = [
        ItemSummary(id=f"{FIRST}.{number}", title="Done", owner="ines", ended_at=MONDAY) for number in (1, 2)
    ]
    record.status = IncidentStatus.PUBLISHED
    record.ask_items()
    record.item_ended(MONDAY, f"{FIRST}.1", MONDAY, ItemStatus.CLOSED)
    assert not record.ended
    record.item_asked_again(MONDAY, f"{FIRST}.2", "It was wrong")
    assert (record.ended, record.unheard) == (False, [])
    record.item_ended(MONDAY, f"{FIRST}.2", MONDAY, ItemStatus.CLOSED)
    assert record.status is IncidentStatus.CLOSED


def test_what_is_merged_is_continued_and_nothing_is_lost() -> None:
    first, second, third = incident(FIRST, Severity.SEV1), incident(SECOND), incident(THIRD, Severity.SEV3)
    AssignRole(by="ines", role=Role.INCIDENT_COMMANDER, person="ines").apply(first, MONDAY)
    first.items = [
        ItemSummary(id=f"{FIRST}.1", title="Done", owner="ines", ended_at=MONDAY),
        ItemSummary(id=f"{FIRST}.2", title="Open", owner="tomas"),
    ]
    Subscribe(by="nora").apply(first, MONDAY)
    merge(first, second)
    assert [subscription.person for subscription in second.subscriptions] == ["nora"]
    assert (first.status, first.merged_into, first.ended) == (IncidentStatus.MERGED, SECOND, True)
    assert [item.id for item in second.items] == [f"{FIRST}.2"]
    assert f"Took in {FIRST}, SEV1 Cards are declined" in texts(second)
    assert "Incident Commander: ines" in texts(second)
    assert second.severity is Severity.SEV1, "the worse one counts"
    merge(second, third)
    assert third.took_in == [SECOND]
    assert [receive(third, key, AlertState.FIRING) for key in (FIRST, SECOND, THIRD, "other")] == [True] * 3 + [False]
    assert [item.id for item in third.items] == [f"{FIRST}.2"]
    third.item_ended(MONDAY, f"{FIRST}.2", MONDAY, ItemStatus.CLOSED)
    assert third.items[0].ended_at == MONDAY
    version = third.version
    assert not take_in(third, Continued.of(second), MONDAY)
    assert third.version == version


def test_the_pager_proposes_to_resolve_when_the_last_of_the_alerts_is_over() -> None:
    first, second = incident(FIRST), incident(SECOND)
    receive(first, FIRST, AlertState.FIRING)
    receive(second, SECOND, AlertState.FIRING)
    receive(second, SECOND, AlertState.RESOLVED)
    assert second.resolution_proposed_at
    merge(first, second)
    assert second.resolution_proposed_at is None, "an alert that it took in fires"
    receive(second, SECOND, AlertState.FIRING)
    receive(second, FIRST, AlertState.RESOLVED)
    assert second.resolution_proposed_at is None
    receive(second, SECOND, AlertState.RESOLVED)
    assert second.resolution_proposed_at


@pytest.mark.parametrize(
    ("one", "other", "sentence"),
    [
        ([], [Resolve(by="ines", summary="Rolled back")], "is resolved; only one that is declared or mitigated"),
        ([], [Cancel(by="ines", reason="False alarm")], "is cancelled; only one"),
        ([], [Merge(by="ines", into=THIRD)], f"is being merged into {THIRD}; try again in a moment"),
        ([], [Merge(by="ines", into=FIRST)], f"is being merged into {FIRST}; try again in a moment"),
    ],
)
def test_an_incident_that_does_not_go_on_continues_no_other(
    one: list[IncidentCommand], other: list[IncidentCommand], sentence: str
) -> None:
    first, second = incident(FIRST), incident(SECOND)
    for record, commands in ((first, one), (second, other)):
        for command in commands:
            command.apply(record, MONDAY)
    Merge(by="ines", into=SECOND).apply(first, MONDAY)
    before = second.model_copy(deep=True)
    with pytest.raises(Refusal, match=sentence) as refusal:
        take_in(second, Continued.of(first), MONDAY)
    assert second == before
    end_merge(first, str(refusal.value), MONDAY)
    assert (first.status, first.merging_into) == (IncidentStatus.DECLARED, None)
    assert "Not merged into" in texts(first)


def test_two_that_are_resolved_can_share_one_postmortem_but_a_drill_stays_a_drill() -> None:
    first, second = incident(FIRST), incident(SECOND)
    for record in (first, second):
        Resolve(by="ines", summary="Rolled back").apply(record, MONDAY)
    merge(first, second)
    assert second.status is IncidentStatus.RESOLVED
    third = incident(THIRD).model_copy(update={"drill": True})
    with pytest.raises(Refusal, match="a drill can't be merged with a real incident"):
        take_in(third, Continued.of(incident(FIRST)), MONDAY)


def test_while_it_is_being_merged_and_after_an_incident_takes_no_commands() -> None:
    first = incident(FIRST)
    with pytest.raises(Refusal, match="can't be merged into itself"):
        Merge(by="ines", into=FIRST).apply(first, MONDAY)
    Merge(by="ines", into=SECOND).apply(first, MONDAY)
    with pytest.raises(Refusal, match=f"being merged into {SECOND}; try again in a moment"):
        Resolve(by="ines", summary="Rolled back").apply(first, MONDAY)
    end_merge(first, None, MONDAY)
    for command in (Reopen(by="ines", reason="No"), Merge(by="ines", into=THIRD)):
        with pytest.raises(Refusal, match=f"was merged into {SECOND}, which continues"):
            command.apply(first, MONDAY)


def test_a_part_is_split_off_with_its_own_service_and_severity() -> None:
    first = incident(FIRST, Severity.SEV1)
    command = Split(by="ines", title="The database is slow", reason="Another cause", service="database")
    command.apply(first, MONDAY)
    part = command.split_off(first, MONDAY)
    assert first.split_into == [part.id] == [incident_id(part.dedup_key)]
    assert (part.split_from, part.service, part.severity) == (FIRST, "database", Severity.SEV1)
    command.apply(first, MONDAY)
    assert len(set(first.split_into)) == 2


def closed(organisation: Organisation, severity: Severity) -> Incident:
    record = incident(FIRST, severity)
    AssignRole(by="ines", role=Role.INCIDENT_COMMANDER, person="ines").apply(record, MONDAY)
    AssignRole(by="ines", role=Role.COMMS_LEAD, person="tomas").apply(record, MONDAY)
    Acknowledge(by="tomas").apply(record, MONDAY)
    Resolve(by="ines", summary="Rolled back").apply(record, minutes(5))
    if severity is not Severity.SEV4:
        Publish(by="ines", text="# What broke").apply(record, minutes(6))
    now = minutes(6)
    while not record.ended and (moment := plan_incident(record, organisation, now).next):
        now = moment.at
        pass_moment(record, moment, now)
    return record


@pytest.mark.parametrize("severity", [Severity.SEV1, Severity.SEV4])
def test_a_closed_incident_is_reopened_as_if_it_had_not_been_over(
    organisation: Organisation, severity: Severity
) -> None:
    record, later = closed(organisation, severity), datetime(2026, 4, 1, 9, tzinfo=UTC)
    assert record.status is IncidentStatus.CLOSED
    Reopen(by="tomas", reason="Cards are declined again").apply(record, later)
    assert (record.status, record.ended_at, record.resolved_at, record.published_at) == ("declared", None, None, None)
    waits = {holder.person for holder in record.roles if holder.acknowledged_at is None}
    assert waits == {"ines"}, "who reopens it is there"
    moment = plan_incident(record, organisation, later).next
    assert moment is not None
    assert (moment.kind, moment.at) == (
        "role not acknowledged",
        later + organisation.severities[severity].acknowledge_within,
    ), "nothing that was due in between is made up for"
    Resolve(by="ines", summary="Rolled back again").apply(record, later)
    assert not record.reviewed
    plan = plan_incident(record, organisation, later)
    assert plan.next is not None, "it is asked for a postmortem again, or closes by itself"
    assert plan.next.at > later


def test_only_what_is_over_can_be_reopened() -> None:
    record = incident(FIRST)
    with pytest.raises(Refusal, match="is declared; only one that is resolved or"):
        Reopen(by="ines", reason="It is back").apply(record, MONDAY)
    Cancel(by="ines", reason="False alarm").apply(record, MONDAY)
    Reopen(by="ines", reason="It was none").apply(record, MONDAY + timedelta(hours=1))
    assert record.status is IncidentStatus.DECLARED
