"""How long one incident took: until somebody had it, until users were no longer hurt, and until it was over.

Of many incidents their means are MTTA, MTTM and MTTR. Each counts from when it was declared, by the corrected times.

>>> from datetime import UTC, datetime
>>> from followthrough.domain.replayed.incident.incident import Incident, Role, RoleHolder
>>> def at(hour, minute):
...     return datetime(2026, 3, 2, hour, minute, tzinfo=UTC)
>>> facts = {"title": "Payments fail", "service": "checkout", "team": "payments", "severity": "SEV2"}
>>> incident = Incident(id="inc-0000000001", dedup_key="one", declared_at=at(2, 13), **facts)
>>> durations(incident).in_words()
{}

Ana acknowledged four minutes after the alert, refunds went through again at 2:53, and it was over at 4:18.

>>> incident.roles = [
...     RoleHolder(role=Role.INCIDENT_COMMANDER, person="ana", at=at(2, 13), acknowledged_at=at(2, 17))
... ]
>>> incident.mitigated_at, incident.resolved_at = at(2, 53), at(4, 18)
>>> durations(incident).in_words()
{'acknowledged': '4 min', 'mitigated': '40 min', 'resolved': '2 h 5 min'}

Later somebody found that it had begun at 1:58; and had it begun after Ana said that she had it, she needed no time.

>>> incident.declared_at = at(1, 58)
>>> durations(incident).in_words()
{'acknowledged': '19 min', 'mitigated': '55 min', 'resolved': '2 h 20 min'}
>>> incident.declared_at = at(2, 20)
>>> durations(incident).acknowledged_after
datetime.timedelta(0)
"""

from datetime import datetime, timedelta

from followthrough.domain.answered.wording import span_to_the_minute
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.values import Message


class Durations(Message):
    """From when it was declared, in whole seconds; None for what has not happened."""

    acknowledged_after: timedelta | None
    mitigated_after: timedelta | None
    resolved_after: timedelta | None

    def in_words(self) -> dict[str, str]:
        """Those that there are, as ``{"acknowledged": "4 min"}``."""
        said = {
            "acknowledged": self.acknowledged_after,
            "mitigated": self.mitigated_after,
            "resolved": self.resolved_after,
        }
        return {word: span_to_the_minute(after) for word, after in said.items() if after is not None}


def durations(incident: Incident) -> Durations:
    """Of one that was reopened, until it was over for good; that somebody had acknowledged before counts."""

    def after(at: datetime | None) -> timedelta | None:
        if at is None:
            return None
        return timedelta(seconds=max(at - incident.declared_at, timedelta(0)) // timedelta(seconds=1))

    return Durations(
        acknowledged_after=after(incident.acknowledged_at),
        mitigated_after=after(incident.mitigated_at),
        resolved_after=after(incident.resolved_at),
    )
