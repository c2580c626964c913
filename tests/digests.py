"""A monthly digest, as little of it as a test needs."""

from typing import Any

from followthrough.domain.answered.insights.insight import TITLES, Drawing, Drawn, Name, Series
from followthrough.domain.answered.report.digest import Ages, Digest, ItemNumbers, Month, MonthNumbers
from followthrough.domain.replayed.values import Severity

TREND = [
    MonthNumbers(month=str(month), on_time=number, closed=6, declared=3, repeats=number % 2)
    for number, month in enumerate(Month.parse("2026-03").trend())
]
MONTHS = tuple(month.month for month in TREND)
DRAWN = (
    Drawn(
        name=Name.ON_TIME,
        summary="21 of 36 (58 %).",
        drawing=Drawing(
            title=TITLES[Name.ON_TIME],
            unit="percent",
            labels=MONTHS,
            series=(Series(name="on time", values=(40, None, 60, 0, 80, 100)),),
        ),
    ),
    Drawn(
        name=Name.REPEATS,
        summary="4 of 9 came before the follow-ups of the earlier incident were closed.",
        drawing=Drawing(
            title=TITLES[Name.REPEATS],
            unit="incidents",
            labels=MONTHS,
            series=(
                Series(name="before they were closed", values=(1, 0, 2, 0, 0, 1)),
                Series(name="after one was closed", values=(0, 3, 1, 0, 1, 0)),
            ),
            stacked=True,
        ),
    ),
)


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
        "drawn": DRAWN,
    }
    return Digest.model_validate(values | changes)
