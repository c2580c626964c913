"""Pages, mails, calendars and tickets say the same deadline, also before an action item has a plan."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from icalendar import Calendar

from activities.tickets.tracker import due_day
from followthrough.deadline_calendar import deadline_calendar
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.web.act_facts import facts, state
from tests.notices import PUBLIC_URL
from tests.records import NOW, item

SET = NOW + timedelta(days=5)
ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    "record", [item(plan=None, due=SET), item(due_in_days=5)], ids=["a part of a split", "planned"]
)
def test_everything_that_shows_a_deadline_shows_what_was_set(record: ActionItem, organisation: Organisation) -> None:
    record = record.model_copy(update={"owner": "ines", "team": "payments"})
    assert record.due_at == SET
    (fact,) = (fact for fact in facts(record, "ines", organisation, NOW) if fact.label == "Deadline")
    assert "07 Mar 2026" in fact.text
    assert f"due {SET:%Y-%m-%d}" in state(record, organisation)
    (entry,) = Calendar.from_ical(deadline_calendar("ines", "Deadlines", [record], PUBLIC_URL, NOW)).walk("VEVENT")
    assert entry.decoded("DTSTART") == SET
    assert due_day(record, organisation) == SET.date()


def test_nothing_that_shows_a_deadline_looks_for_it_in_the_plan() -> None:
    shown = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in ("followthrough", "activities")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".j2", ".html") and "domain" not in path.parts
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"\bplan\.due\b", line)
    ]
    assert shown == []
