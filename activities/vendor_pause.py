"""What a vendor asks of one worker counts for all of an instance."""

import contextlib
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from followthrough.store.tables import VendorPauseRow

LONGEST = timedelta(hours=1)
"""Asked for more than this, the vendor is tried again all the same."""

READ_EVERY = 1
"""Seconds for which a process remembers what the database says."""


class VendorPause:
    """For how long a vendor wants to be left alone. One instance serves all threads."""

    def __init__(self, database: Engine, vendor: str) -> None:
        self._database = database
        self._vendor = vendor
        self._read = (float("-inf"), datetime.min.replace(tzinfo=UTC))

    def start(self, length: timedelta) -> None:
        """From now on; a longer pause that has begun stays."""
        now = datetime.now(UTC)
        until = now + max(min(length, LONGEST), self._left(now))
        with contextlib.suppress(IntegrityError), Session(self._database) as session:  # another worker was told, too
            session.merge(VendorPauseRow(vendor=self._vendor, until=until))
            session.commit()
        self._read = (time.monotonic(), until)

    def left(self) -> timedelta | None:
        """None when the vendor may be asked."""
        left = self._left(datetime.now(UTC))
        return left if left > timedelta(0) else None

    def _left(self, now: datetime) -> timedelta:
        read_at, until = self._read
        if time.monotonic() - read_at > READ_EVERY:
            with Session(self._database) as session:
                row = session.get(VendorPauseRow, self._vendor)
            until = row.until if row else now
            self._read = (time.monotonic(), until)
        return until - now
