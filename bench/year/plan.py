"""Which incidents the year has, drawn from a seed before anything starts."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bench.year.firm import Firm

SEVERITIES = ("SEV1", "SEV2", "SEV3", "SEV4")
SHARES = (5, 30, 45, 20)
CANCELLED, MERGED, REPEATED = 0.04, 0.03, 0.12
AFTER_ITS_TWIN = timedelta(minutes=6)


class Fate(StrEnum):
    """How an incident ends; only the usual ones have action items."""

    USUAL = "usual"
    CANCELLED = "cancelled"
    MERGED = "merged"
    """Into the one before it, which is of the same service and minutes old."""


@dataclass(frozen=True)
class Lane:
    """One incident."""

    number: int
    at: datetime
    service: str
    severity: str
    key: str
    """Of its alert; the same as that of an earlier incident it repeats."""
    declared: bool
    """By a person, not by an alert."""
    fate: Fate
    items: int


def lanes(seed: int, firm: Firm, incidents: int, items: int) -> list[Lane]:
    """In the order in which they begin; the same for the same arguments."""
    draw = random.Random(f"{seed}/{incidents}/{items}/{firm.teams}")
    times = sorted(firm.begins + timedelta(days=firm.days - 2) * draw.random() for _ in range(incidents))
    fates = [_fate(draw, number) for number in range(incidents)]
    usual = [number for number, fate in enumerate(fates) if fate is Fate.USUAL]
    wanted = dict.fromkeys(usual, 0)
    for _ in range(items):
        wanted[draw.choice(usual)] += 1
    found: list[Lane] = []
    for number, (at, fate) in enumerate(zip(times, fates, strict=True)):
        team = firm.team(draw.randrange(firm.teams))
        service, key = draw.choice(firm.services(team)), f"alert-{number}"
        if fate is Fate.MERGED:
            at, service = found[-1].at + AFTER_ITS_TWIN, found[-1].service
        elif fate is Fate.USUAL and found and draw.random() < REPEATED:
            earlier = draw.choice(found)
            service, key = earlier.service, earlier.key
        [severity] = draw.choices(SEVERITIES, SHARES)
        declared = draw.random() < 0.15
        found.append(Lane(number, at, service, severity, key, declared, fate, wanted.get(number, 0)))
    return found


def _fate(draw: random.Random, number: int) -> Fate:
    [fate] = draw.choices([*Fate], [1 - CANCELLED - MERGED, CANCELLED, MERGED])
    return fate if number else Fate.USUAL
