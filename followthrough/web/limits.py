"""How often somebody may try."""

from collections import deque
from datetime import timedelta
from time import monotonic

from fastapi import HTTPException, Request

MOST_ADDRESSES = 10_000


class Often:
    """At most so many times in a time, from one address. Each process counts for itself."""

    def __init__(self, most: int, within: timedelta) -> None:
        self._most, self._within = most, within.total_seconds()
        self._tries: dict[str, deque[float]] = {}

    def count(self, request: Request) -> None:
        """Raises HTTPException 429."""
        now, address = monotonic(), request.client.host if request.client else ""
        tries = self._tries.setdefault(address, deque(maxlen=self._most))
        if len(tries) == self._most and tries[0] + self._within > now:
            wait = int(tries[0] + self._within - now) + 1
            raise HTTPException(
                429, f"That was tried too often; try again in {wait} seconds.", {"Retry-After": str(wait)}
            )
        tries.append(now)
        if len(self._tries) > MOST_ADDRESSES:
            self._tries = {one: of_it for one, of_it in self._tries.items() if of_it[-1] + self._within > now}
