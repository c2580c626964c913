"""A monthly digest, as little of it as a test needs."""

from typing import Any

from followthrough.domain.answered.report.digest import Ages, Digest, ItemNumbers, Month, MonthNumbers
from followthrough.domain.replayed.values import Severity

TREND = [
    MonthNumbers(month=str(month), on_time=number, closed=6, declared=3, repeats=number % 2)
    for number, month in enumerate(Month.parse("2026-03").trend())
]


def monthly(**changes: Any) -> Digest:
    """Of a quiet March."""
    values = {
        "month": "2026-03",
        "incidents": {Severity.SEV1: 1, Severity.SEV2: 0, Severity.SEV3: 4, Severity.SEV4: 0},
        "resolved": 5,
        "items": ItemNumbers(on_time=7, late=2, waived=1, open=10, overdue=0),
        "missed_drills": (),
        "drills": (),
        "kudos": (),
        "overloads": (),
        "trend": TREND,
        "ages": Ages(median=12, counts=(4, 3, 2, 1), oldest=None),
        "unanswered": (),
        "waived": (),
        "repeats": (),
    }
    return Digest.model_validate(values | changes)
