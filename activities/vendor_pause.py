"""What a vendor asks of one worker counts for all of an instance; so does a login that it no longer knows."""

import contextlib
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from followthrough.store.tables import VendorPauseRow

LONGEST = timedelta(hours=1)
"""Asked for more than this, the vendor is tried again all the same."""

READ_EVERY = 1
"""Seconds for which a process remembers what the database says."""


class VendorPause:
    """For how long a vendor wants to be left alone, and whether it knows us. One instance serves all threads."""

    def __init__(self, database: Engine, vendor: str) -> None:
        self._database = database
        self._vendor = vendor
        self._read_at = float("-inf")
        self._row = self._none()

    def start(self, length: timedelta) -> None:
        """From now on; a longer pause that has begun stays."""
        with contextlib.suppress(IntegrityError), Session(self._database) as session:  # another worker was told, too
            row = session.get(VendorPauseRow, self._vendor) or self._none()
            row.until = max(row.until, datetime.now(UTC) + min(length, LONGEST))
            session.add(row)
            session.commit()
        self._read_at = float("-inf")

    def left(self) -> timedelta | None:
        """None when the vendor may be asked."""
        left = self._now().until - datetime.now(UTC)
        return left if left > timedelta(0) else None

    def login_lost_at(self) -> datetime | None:
        """Since when the vendor does not know us; None when it does."""
        return self._now().login_lost_at

    def login_is_lost(self, pause: timedelta) -> bool:
        """Leaves the vendor alone for a while; whether this is news."""
        self.start(pause)
        return self._note_login(lost_at=datetime.now(UTC))

    def login_is_known(self) -> bool:
        """Whether this is news."""
        return self.login_lost_at() is not None and self._note_login(lost_at=None)

    def _note_login(self, lost_at: datetime | None) -> bool:
        known = col(VendorPauseRow.login_lost_at).is_(None)
        change = update(VendorPauseRow).where(
            col(VendorPauseRow.vendor) == self._vendor, known if lost_at is not None else ~known
        )
        with self._database.begin() as connection:
            changed = connection.execute(change.values(login_lost_at=lost_at)).rowcount
        self._read_at = float("-inf")
        return changed == 1

    def _now(self) -> VendorPauseRow:
        if time.monotonic() - self._read_at > READ_EVERY:
            with Session(self._database) as session:
                self._row = session.get(VendorPauseRow, self._vendor) or self._none()
            self._read_at = time.monotonic()
        return self._row

    def _none(self) -> VendorPauseRow:
        return VendorPauseRow(vendor=self._vendor, until=datetime.min.replace(tzinfo=UTC))
