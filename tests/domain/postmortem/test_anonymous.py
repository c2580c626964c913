from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from followthrough.domain.answered.organisation.calendar import is_working_day
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.organisation.policies import AnonymousPolicies
from followthrough.domain.answered.postmortem.anonymous import Note, batch_of, shown

MONDAY_NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)
"""12:00 in Madrid."""
FAR = datetime(2100, 1, 1, tzinfo=UTC)
POLICIES = AnonymousPolicies()
DAY = timedelta(days=1)

moments = st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: MONDAY_NOON + timedelta(minutes=minutes))
policies = st.builds(
    AnonymousPolicies, at_least=st.integers(2, 5), alone_after=st.integers(1, 20).map(lambda days: timedelta(days=days))
)
batches = st.integers(0, 40).map(lambda days: MONDAY_NOON + days * DAY)
notes = st.lists(
    st.builds(Note, id=st.uuids().map(str), text=st.just("said"), batch=batches),
    max_size=12,
    unique_by=lambda note: note.id,
)


def note(number: int, batch: datetime) -> Note:
    return Note(id=f"{number}", text=f"note {number}", batch=batch)


@given(now=moments)
def test_a_note_waits_for_the_next_noon_of_a_working_day_like_every_other_since_the_last(
    organisation: Organisation, now: datetime
) -> None:
    team = organisation.teams["payments"]
    batch = batch_of(now, POLICIES, team)
    local = batch.astimezone(ZoneInfo(team.time_zone))
    assert batch > now
    assert (local.hour, local.minute) == (12, 0)
    assert is_working_day(local.date(), team)
    assert batch_of(batch - timedelta(seconds=1), POLICIES, team) == batch
    assert batch_of(batch, POLICIES, team) > batch


def test_two_notes_appear_together_in_the_order_of_their_random_ids() -> None:
    both = [note(2, MONDAY_NOON), note(1, MONDAY_NOON)]
    assert shown(both, POLICIES, MONDAY_NOON - timedelta(seconds=1)) == []
    (group,) = shown(both, POLICIES, MONDAY_NOON)
    assert (group.since, group.texts) == (MONDAY_NOON, ("note 1", "note 2"))


def test_a_single_note_waits_for_company_or_a_week() -> None:
    alone = [note(1, MONDAY_NOON)]
    assert shown(alone, POLICIES, MONDAY_NOON + 6.9 * DAY) == []
    assert [group.since for group in shown(alone, POLICIES, MONDAY_NOON + 7 * DAY)] == [MONDAY_NOON + 7 * DAY]
    in_company = [*alone, note(2, MONDAY_NOON + 2 * DAY)]
    (group,) = shown(in_company, POLICIES, FAR)
    assert (group.since, len(group.texts)) == (MONDAY_NOON + 2 * DAY, 2)


@given(notes=notes, policies=policies)
def test_every_note_is_shown_once_and_a_small_group_only_after_its_wait(
    notes: list[Note], policies: AnonymousPolicies
) -> None:
    groups = shown(notes, policies, FAR)
    assert sum(len(group.texts) for group in groups) == len(notes)
    assert [group.since for group in groups] == sorted({group.since for group in groups})
    for group in groups:
        waited = group.since - policies.alone_after
        assert len(group.texts) >= policies.at_least or any(note.batch == waited for note in notes)


@given(notes=notes, policies=policies, now=st.integers(0, 60).map(lambda days: MONDAY_NOON + days * DAY))
def test_what_was_shown_never_changes_and_nothing_is_shown_before_its_batch(
    notes: list[Note], policies: AnonymousPolicies, now: datetime
) -> None:
    known_by_then = [note for note in notes if note.batch <= now]
    groups = shown(known_by_then, policies, now)
    assert shown(notes, policies, now) == groups
    assert shown(notes, policies, FAR)[: len(groups)] == groups
    assert all(group.since <= now for group in groups)
