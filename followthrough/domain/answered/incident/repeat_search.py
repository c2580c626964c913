"""Which earlier incidents one looks like."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from rapidfuzz import fuzz, process, utils

from followthrough.domain.answered.organisation.policies import RepeatPolicies
from followthrough.domain.replayed.incident.incident import Incident, Repeat

_ROUNDED = 0.001


class Earlier(NamedTuple):
    """What comparing needs of an incident that was resolved before."""

    id: str
    dedup_key: str
    title: str
    service: str
    resolved_at: datetime


def find_repeats(incident: Incident, earlier: Iterable[Earlier], policies: RepeatPolicies) -> tuple[Repeat, ...]:
    """The same alert on the same service, which is linked, then by how alike the titles are, which is proposed."""
    others, found = list(earlier), []
    alike_to = _alike(incident.title, {other.title for other in others}, min(policies.alike, policies.alike_elsewhere))
    for other in others:
        here = other.service == incident.service
        alike = alike_to.get(other.title, 0)
        if here and other.dedup_key == incident.dedup_key:
            found.append((1.1, other, "the same alert on the same service"))
        elif alike >= (policies.alike if here else policies.alike_elsewhere):
            where = "the same service" if here else f"service {other.service}"
            found.append((alike, other, f"a title that is {alike:.0%} alike, on {where}"))
    found.sort(key=lambda match: (match[0], match[1].resolved_at), reverse=True)
    return tuple(
        Repeat(incident_id=other.id, because=why, proposed=alike <= 1)
        for alike, other, why in found[: policies.at_most]
    )


def _alike(title: str, others: Iterable[str], least: float) -> dict[str, float]:
    """How much each is like it, from 0 to 1, of those that are at least so much."""
    found = process.extract(
        title,
        list(others),
        scorer=fuzz.token_set_ratio,
        processor=utils.default_process,
        score_cutoff=least * 100 - _ROUNDED,
        limit=None,
    )
    return {other: score / 100 for other, score, _ in found}
