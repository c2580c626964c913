"""Half a year of an organisation that gets better at what it promised, the same in every run: for a picture of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from activities.read_model import ReadModel
from followthrough.domain.answered.report.digest import Month
from followthrough.domain.replayed.incident.incident import Role
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.domain.replayed.values import Severity
from tests import records
from tests.browser.sample import DAY, MINUTE, NOW, a_role

CLOSED = {"2025-10": (11, 5), "2025-11": (9, 5), "2025-12": (8, 5), "2026-01": (14, 10), "2026-02": (13, 11)}
"""How many were closed in a month, and how many of them on time."""
CLOSED_NOW = (6, 6)
OPEN = {
    Severity.SEV1: (4, 12, 20),
    Severity.SEV2: (3, 9, 15, 26, 41, 58),
    Severity.SEV3: (5, 18, 33, 47, 64, 88, 110, 150, 205),
}
"""How many days ago what is open was proposed."""
FIRST = Month.parse("2025-10").start
RESPONSE = ((14, 75, 160), (12, 70, 150), (13, 52, 130), (9, 48, 110), (7, 40, 90), (6, 32, 75))
"""In minutes, in each month: until a role was acknowledged, until it was mitigated, and resolved."""
INCIDENTS = 6


def write_months(database: Engine) -> None:
    """Action items that were closed in each month, those that are open now, and incidents."""
    model, number = ReadModel(database), 0

    def write(proposed_at: datetime, due: datetime, severity: Severity, **changes: Any) -> None:
        nonlocal number
        number += 1
        item = records.item(number, owner="tomas", severity=severity, proposed_at=proposed_at, **changes)
        assert item.plan is not None
        item.plan = item.plan.model_copy(update={"due": due})
        model.project_item(item)

    def close(ended_at: datetime, *, on_time: bool) -> None:
        due = ended_at + DAY if on_time else ended_at - 4 * DAY
        severity = list(Severity)[number % 3]
        proposed_at = ended_at - (34 - 4 * (ended_at - FIRST).days // 30) * DAY
        steps = {"accepted_at": proposed_at + 2 * DAY, "planned_at": proposed_at + 9 * DAY}
        write(proposed_at, due, severity, status=ItemStatus.CLOSED, ended_at=ended_at, **steps)

    for month, (closed, on_time) in CLOSED.items():
        for index in range(closed):
            close(Month.parse(month).start + (2 + index) * DAY, on_time=index < on_time)
    for index in range(CLOSED_NOW[0]):
        close(NOW - (index + 1) * DAY / 8, on_time=True)
    for severity, ages in OPEN.items():
        for days in ages:
            write(NOW - days * DAY - DAY / 2, NOW + 9 * DAY, severity)
    _write_incidents(model)


def _write_incidents(model: ReadModel) -> None:
    for index, (acknowledged, mitigated, resolved) in enumerate(RESPONSE):
        for one in range(INCIDENTS):
            at = min(FIRST + (30 * index + 4 * one + 1) * DAY, NOW - (one + 1) * DAY / 3)
            said = {"acknowledged_at": at + acknowledged * MINUTE}
            commander = a_role(Role.INCIDENT_COMMANDER, "ines", at).model_copy(update=said)
            ended = {"mitigated_at": at + mitigated * MINUTE, "resolved_at": at + resolved * MINUTE}
            model.project_incident(records.incident(10 * index + one, declared_at=at, roles=[commander], **ended))
