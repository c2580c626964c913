"""What pages and mails sum up in SQL is what its definition says, whatever the records."""

from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import Session

from followthrough.domain.answered.report.digest import Month, digest
from followthrough.domain.answered.report.load import cases
from followthrough.domain.answered.report.weekly import weekly_digest
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.report.mails import WeeklyMail
from followthrough.store import load
from followthrough.store.monthly import read_digest
from followthrough.store.privacy import marked
from followthrough.store.weekly import read_weekly_digest
from tests.notices import ORGANISATION
from tests.store.some_records import NOW, answers, some_records, written

ANY = settings(max_examples=25, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck))
FEW = st.sampled_from([1, 50])


@ANY
@given(records=some_records(), weeks=st.integers(0, 20), at_most=FEW)
def test_sums_are_what_their_definitions_say(
    database: Engine, records: tuple[list[Incident], list[ActionItem]], weeks: int, at_most: int
) -> None:
    incidents, items = records
    at, said = NOW - timedelta(weeks=weeks), answers(items)
    with Session(database) as session:
        written(session, database, incidents, items)
        known = marked(session, [one.lean() for one in items])
        recent = [one for one in incidents if at <= one.declared_at <= NOW]
        assert load.cases(session, at, NOW, ORGANISATION) == cases(recent, items, ORGANISATION)
        for person in ORGANISATION.people:
            mail = WeeklyMail(person=person, week="2026-W10", at=at)
            week = weekly_digest(mail, known, said, ORGANISATION, at_most)
            assert read_weekly_digest(session, mail, ORGANISATION, at_most) == week
        month = Month.before(at)
        found = read_digest(session, month, ORGANISATION, NOW, at_most)
        found = found.model_copy(update={"drawn": ()})  # told by insights, whose sums have a test of their own
        assert found == digest(month, incidents, known, [], {}, said, ORGANISATION, NOW, at_most)
