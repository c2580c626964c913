import re
from typing import Any

from followthrough.domain.digest import Digest, ItemNumbers, KudosLine
from followthrough.domain.drill import Practice, TeamPractice
from followthrough.domain.load import Duty, Overload
from followthrough.domain.values import Severity
from followthrough.mail.render import Rendered, render_digest
from tests.notices import DRILL, ORGANISATION, PUBLIC_URL
from tests.records import NOW

MISSED = TeamPractice(team="payments", quarter="2026 Q1", practice=Practice.MISSED, planned_at=NOW)


def mail(**changes: Any) -> Rendered:
    values = {
        "month": "2026-03",
        "incidents": {Severity.SEV1: 1, Severity.SEV2: 0, Severity.SEV3: 4, Severity.SEV4: 0},
        "resolved": 5,
        "items": ItemNumbers(on_time=7, late=2, waived=1, open=9, overdue=0),
        "missed_drills": (),
        "drills": (),
        "kudos": (),
        "overloads": (),
    }
    return render_digest(Digest.model_validate(values | changes), ORGANISATION, PUBLIC_URL)


def test_a_quiet_month_asks_for_nothing() -> None:
    rendered = mail()
    assert rendered.subject == "[digest/2026-03] Incident follow-up in March 2026"
    assert "You don't have to do anything" in rendered.text
    assert "**Incidents declared:** 1 SEV1, 4 SEV3" in rendered.text
    assert "7 on time, 2 late" in rendered.text
    assert "Teams" not in rendered.text
    assert "References" not in rendered.headers


def test_it_asks_to_decide_about_missed_drills_overload_and_late_items() -> None:
    overload = Overload(person="ana", duty=Duty.LED, count=4, total=5, others=("ben",))
    rendered = mail(
        missed_drills=(MISSED,),
        overloads=(overload,),
        items=ItemNumbers(on_time=0, late=0, waived=0, open=3, overdue=3),
    )
    assert "Please decide within a week" in rendered.text
    assert "not every team practised, a few people carry much, 3 action items are past" in rendered.text
    assert "- Payments\n" in rendered.text
    assert "- Ana Ruiz led: 4 of 5; who else could: Ben Lee\n" in rendered.text


def test_it_tells_of_drills_and_passes_thanks_on_without_their_markup() -> None:
    kudos = KudosLine(
        by="ben",
        to=("ana", "carla"),
        text="For <b>saying</b> it\r\n# early",
        for_openness=True,
        at=NOW,
        incident_id="inc-0000000001",
        title="Payments fail",
    )
    rendered = mail(drills=(DRILL,), kudos=(kudos,))
    assert "- Payments, Errors rise after a deploy: acknowledged after 4 min; 1 of 2 roles filled;" in rendered.text
    assert "To Ana Ruiz and Carla Diaz for openness, from Ben Lee: For <b>saying</b> it # early" in rendered.text
    assert not re.search(r"<b>|<h1", rendered.html)
