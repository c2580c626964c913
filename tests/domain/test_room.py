"""Whatever people and machines say, and in any number, a record stays small enough, and what ends it possible."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pydantic_core import to_json

from followthrough.domain.replayed.incident.alerts import receive
from followthrough.domain.replayed.incident.commands import AddNote, IncidentCommand, Mitigate, ProposeItem, Resolve
from followthrough.domain.replayed.incident.incident import (
    Alert,
    AlertState,
    Incident,
    IncidentMoment,
    IncidentMomentKind,
    IncidentStatus,
    ItemSummary,
    Role,
)
from followthrough.domain.replayed.incident.kudos import GiveKudos
from followthrough.domain.replayed.incident.lifecycle import Continued, LinkRepeat, Split, take_in
from followthrough.domain.replayed.incident.repeats import RepeatSeen, repeated
from followthrough.domain.replayed.incident.roles import pass_on
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus, Moment, MomentKind
from followthrough.domain.replayed.item.commands import Accept, Finish, ItemCommand, Verify
from followthrough.domain.replayed.limits import ACTION_ITEMS, KUDOS, LINKS, PARTS, PASSED
from followthrough.domain.replayed.postmortem.commands import Publish
from followthrough.domain.replayed.room import NEARER, RESERVE, ROOM, require_room
from followthrough.domain.replayed.text import NOTE, POSTMORTEM, REASON
from followthrough.domain.replayed.values import ENTRIES_LONG, EntryKind, Refusal
from tests.full import CHARACTERS, EVIDENCE, incident_command, item_command
from tests.records import NOW, incident, item

MESSAGE = 512 * 1024
MAILS = 60_000
"""That wait, at their most."""
PEOPLE = ["ana", "ben", "carla", "\U0001f525" * 50]
FIRE = "\U0001f525"


def give(record: Incident | ActionItem, command: IncidentCommand | ItemCommand) -> str | None:
    """Why it is refused; None when it was carried out."""
    after = record.model_copy(deep=True)
    try:
        command.apply(after, NOW)  # type: ignore[arg-type]
        require_room(record, after, MAILS, command.command)
    except Refusal as refusal:
        return str(refusal)
    command.apply(record, NOW)  # type: ignore[arg-type]
    return None


def happen_to_incident(random: Random, record: Incident) -> None:
    """What machines and other workflows say, which nobody can refuse."""
    happening = random.randrange(6)
    if happening == 0:
        state, title = random.choice(list(AlertState)), FIRE * 250
        key = random.choice([record.dedup_key, *record.inherited_keys])
        receive(record, Alert(dedup_key=key, source="Pager", state=state, title=title, at=NOW), NOW)
    elif happening == 1 and record.items:
        record.item_ended(NOW, random.choice(record.items).id, NOW, random.choice(list(ItemStatus)))
    elif happening == 2 and record.items:
        record.item_asked_again(NOW, random.choice(record.items).id, FIRE * REASON)
    elif happening == 3:
        moment = IncidentMoment(at=NOW, kind=IncidentMomentKind.UPDATE_DUE, subject="internal", to=tuple(PEOPLE))
        record.passed(moment)
        record.note(NOW, EntryKind.NOTE, FIRE * REASON)
    elif happening == 4 and record.roles:
        holder = random.choice(record.roles)
        offer = random.choice(PEOPLE)
        moment = IncidentMoment(
            at=NOW,
            kind=IncidentMomentKind.ROLE_NOT_ACKNOWLEDGED,
            subject=holder.role,
            holder=holder.person,
            offer=offer,
        )
        pass_on(record, moment, NOW)
    elif happening == 5 and random.random() < 0.1:
        other = incident(random.randrange(2, 10**4), dedup_key=FIRE * 200)
        for _ in range(40):
            give(other, ProposeItem(by="ana", owner="ana", title=FIRE * 200))
        after = record.model_copy(deep=True)
        try:
            take_in(after, Continued.of(other), NOW)
            require_room(record, after, MAILS)
        except Refusal:
            return
        take_in(record, Continued.of(other), NOW)


def happen_to_item(random: Random, record: ActionItem) -> None:
    happening = random.randrange(3)
    if happening == 0:
        record.passed(
            Moment(at=NOW, kind=MomentKind.OWNER_WANTED, level=3, to=tuple(PEOPLE), because=FIRE * (REASON + 50))
        )
    elif happening == 1:
        repeated(record, RepeatSeen(incident_id=f"inc-{random.randrange(10**9):010d}", at=NOW), NOW)
    elif record.under_way is not None:
        record.under_way = None


@settings(max_examples=settings().max_examples // 20, phases=(Phase.explicit, Phase.generate))
@given(seed=st.integers(0), written=st.sampled_from([0.0, 0.1, 0.9]))
def test_any_sequence_keeps_an_incident_small_enough(seed: int, written: float) -> None:
    random, record = Random(seed), incident()
    for _ in range(200):
        give(record, incident_command(random, PEOPLE))
        happen_to_incident(random, record)
        if random.random() < written:
            record.wrote(record.entries, same_task=random.random() < 0.5)
        assert len(to_json(record)) < MESSAGE - MAILS


@settings(max_examples=settings().max_examples // 20, phases=(Phase.explicit, Phase.generate))
@given(seed=st.integers(0), written=st.sampled_from([0.0, 0.1, 0.9]))
def test_any_sequence_keeps_an_action_item_small_enough(seed: int, written: float) -> None:
    random, record = Random(seed), item()
    for _ in range(200):
        give(record, item_command(random, ["ana", "ben", "carla"], NOW))
        happen_to_item(random, record)
        if random.random() < written:
            record.wrote(record.entries, same_task=random.random() < 0.5)
        assert len(to_json(record)) < MESSAGE - MAILS


@pytest.mark.parametrize("character", CHARACTERS)
def test_what_ends_an_incident_that_takes_no_more_is_possible(character: str) -> None:
    record = incident()
    while give(record, ProposeItem(by="ana", owner="ana", title=character * 200)) is None:
        record.unwritten = []
    while give(record, GiveKudos(by="ana", to=("ben",), text=character * 1000)) is None:
        record.unwritten = []
    for command in (
        Mitigate(by="ana", summary=character * REASON),
        Resolve(by="ana", summary=character * REASON),
        Publish(by="ana", text=character * (POSTMORTEM // len(to_json(character)))),
    ):
        record.unwritten = []
        assert give(record, command) is None
    for one in list(record.items):
        record.item_ended(NOW, one.id, NOW, ItemStatus.CLOSED)
    assert record.status is IncidentStatus.CLOSED


def numbers() -> Iterator[tuple[int, IncidentCommand, str]]:
    title = "Alert on queue depth"
    yield ACTION_ITEMS, ProposeItem(by="ana", owner="ana", title=title), f"has {ACTION_ITEMS} action items"
    yield KUDOS, GiveKudos(by="ana", to=("ben",), text="Thanks"), f"has {KUDOS} kudos already"
    yield PARTS, Split(by="ana", title=title, reason="Another cause"), f"was split {PARTS} times already"


@pytest.mark.parametrize(("number", "command", "words"), [*numbers()])
def test_there_may_be_so_many_and_no_more(number: int, command: IncidentCommand, words: str) -> None:
    record = incident()
    for _ in range(number):
        assert give(record, command) is None
        record.unwritten = []
    assert words in (give(record, command) or "")


def test_links_and_parts_of_items_have_a_number_too() -> None:
    record = incident()
    for number in range(LINKS):
        assert give(record, LinkRepeat(by="ana", of=f"inc-{number + 5:010d}", reason="Again")) is None
        record.unwritten = []
    assert "unlink one" in (give(record, LinkRepeat(by="ana", of="inc-00000000ff", reason="Again")) or "")
    parts = [ItemSummary(id=f"{record.id}.1.{number}", title="Part", owner="ana") for number in range(ACTION_ITEMS)]
    record.item_split(NOW, f"{record.id}.1", parts)
    record.item_split(NOW, f"{record.id}.1", parts)
    with pytest.raises(Refusal, match="make fewer parts"):
        record.item_split(NOW, f"{record.id}.1", [ItemSummary(id=f"{record.id}.2.1", title="Part", owner="ana")])


def test_two_that_would_be_too_large_together_are_not_merged() -> None:
    one, other = incident(1), incident(2)
    for record in (one, other):
        for _ in range(ACTION_ITEMS // 2 + 1):
            give(record, ProposeItem(by="ana", owner="ana", title="Alert on queue depth"))
            record.unwritten = []
    before = one.model_copy(deep=True)
    with pytest.raises(Refusal, match="too large to be one"):
        take_in(one, Continued.of(other), NOW)
    assert one == before


def test_while_the_timeline_can_not_be_written_people_are_asked_to_wait_and_machines_are_counted() -> None:
    record = incident()
    while (refusal := give(record, AddNote(by="ana", text="a" * NOTE))) is None:
        pass
    assert "still being written; try again in a moment" in refusal
    assert give(record, Mitigate(by="ana", summary="Rolled back")) is None, "there is a reserve for it"
    for _ in range(500):
        record.note(NOW, EntryKind.NOTE, "A mail did not arrive. " * 90)
    assert record.unwritten[-1].text == f"{record.left_out} more, while the database did not answer"
    assert record.unwritten[-1].number == record.entries
    told = [entry for entry in record.unwritten if entry.text.startswith("A mail")]
    assert len(told) + record.left_out == 500
    record.unwritten = []
    record.note(NOW, EntryKind.NOTE, "It answers again.")
    assert (record.left_out, record.unwritten[-1].text) == (0, "It answers again.")


def test_what_passed_long_ago_gives_way() -> None:
    record = incident()
    for hour in range(PASSED + 10):
        at = NOW + timedelta(hours=hour)
        record.passed(IncidentMoment(at=at, kind=IncidentMomentKind.UPDATE_DUE, subject=Role.RESOLVER))
    assert len(record.moments) == PASSED
    assert record.moments[-1].at == at


def taking(size: int) -> Incident:
    """Takes exactly so many bytes of the room, with its timeline."""
    record = incident()
    free = size - POSTMORTEM - len(to_json(record.lean())) - record.unwritten_size
    record.mitigation = "a" * free
    return record


@pytest.mark.parametrize(("command", "room"), [("note", ROOM), ("", ROOM), ("resolve", ROOM + RESERVE)])
def test_the_room_is_there_to_its_last_byte_and_mails_that_wait_take_of_it(command: str, room: int) -> None:
    before = incident()
    require_room(before, taking(room), 0, command)
    require_room(before, taking(room - MAILS), MAILS, command)
    for record, queued, sentence in (
        (taking(room + 1), 0, "There is no room for this"),
        (taking(room), 1, "Many mails about"),
        (taking(room - MAILS), MAILS + 1, "Many mails about"),
    ):
        with pytest.raises(Refusal, match=sentence):
            require_room(before, record, queued, command)
        require_room(record, record, queued, command)  # what takes no more is no matter of room


def test_what_ends_an_incident_has_a_reserve_in_its_timeline_too() -> None:
    record = incident()
    while record.unwritten_size <= ENTRIES_LONG:
        record.note(NOW, EntryKind.NOTE, "a" * NOTE)
    require_room(incident(), record, 0, "resolve")
    with pytest.raises(Refusal, match="still being written"):
        require_room(incident(), record, 0, "note")


def test_evidence_that_did_not_hold_stays_in_few_words() -> None:
    record = item()
    for number in range(30):
        assert give(record, Finish(by="ana", evidence=EVIDENCE, note=f"{number:02}" * (REASON // 2))) is None
        assert give(record, Verify(by="ben", holds=False, note="No")) is None
        record.unwritten = []
    assert [shown.note[:2] for shown in record.evidence] == [f"{number:02}" for number in range(20, 30)]
    assert len(record.evidence[-1].note) == REASON


def test_commands_for_which_room_is_kept_exist() -> None:
    random = Random(0)
    names: set[str] = {incident_command(random, PEOPLE).command for _ in range(500)}
    names.update(item_command(random, PEOPLE, NOW).command for _ in range(500))
    assert names | {"cancel"} >= NEARER
    assert Accept(by="ana").command in NEARER
