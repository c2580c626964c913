"""What people do next with an incident or an action item: told by its state, drawn at random."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bench.year.firm import Firm

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass
class Scene:
    """What somebody who acts knows; ``rushing`` is after the year: nobody puts off or begins anything more."""

    firm: Firm
    draw: random.Random
    now: datetime
    rushing: bool
    times: int
    """How often somebody did something with this record."""

    def maybe(self, share: float) -> bool:
        """Not while everybody hurries."""
        return not self.rushing and self.draw.random() < share

    def days(self, least: float, most: float) -> timedelta:
        """Some, at a quarter of an hour, as appointments are."""
        if self.rushing:
            least, most = 0.1, 1
        return self.draw.uniform(least, most) * DAY // (15 * MINUTE) * (15 * MINUTE)

    def minutes(self, least: float, most: float) -> timedelta:
        """Some."""
        return self.draw.uniform(least, most) * MINUTE


@dataclass
class Then:
    """What is done now, ``what`` is intended next, and after how long; nothing more without an intention."""

    commands: list[dict[str, Any]] = field(default_factory=list)
    what: str = ""
    wait: timedelta = timedelta(0)
    moves: tuple[str, str] | None = None
    """Account and status: somebody moves its ticket."""
    items: int = 0
    """So many action items are proposed before the last command."""
