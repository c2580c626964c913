"""Looks for troubles, and tells those who run the service."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlmodel import Session
from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from activities.mails.mailer import Envelope, Mailer
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.mail.render import render_troubles
from followthrough.store.tables import TroubleRow
from followthrough.store.troubles import note_troubles, noted, told
from followthrough.troubles import LISTED, OF_ENGINE, SETTLES_WITHIN, Trouble, in_database, in_engine, in_files
from workflows.messages.mail import TellTroubles

logger = logging.getLogger(__name__)
TOLD_EVERY = timedelta(days=1)
BEAT = 10
"""Seconds."""
NOBODY = "None of the organisation file's administrators is there any more."


class Troubles:
    """Activities that may be repeated."""

    def __init__(self, client: Client, mailer: Mailer, schedules: Callable[[Organisation], set[str]]) -> None:
        self._client = client
        self._mailer = mailer
        self._schedules = schedules

    @activity.defn
    async def look_for_troubles(self) -> int:
        """How many there are; each is noted for as long as it lasts."""
        now, organisation = datetime.now(UTC), self._mailer.organisation()
        beating = asyncio.create_task(_beat())
        try:
            found = await in_engine(self._client, self._mailer.database, self._schedules(organisation))
        finally:
            beating.cancel()
        found = [*found[:LISTED], *await asyncio.to_thread(self._found_here, organisation, now)]
        rows = {
            one.key: TroubleRow(
                key=one.key, kind=one.kind, sentence=one.sentence, what_to_do=one.what_to_do, since=one.since or now
            )
            for one in found
        }
        await asyncio.to_thread(note_troubles, self._mailer.database, rows)
        return len(rows)

    @activity.defn
    def tell_troubles(self, tell: TellTroubles) -> None:
        """A mail to each administrator, when there is something new or a day has passed."""
        rows = [
            row
            for row in noted(self._mailer.database)
            if row.kind not in OF_ENGINE or row.since <= tell.at - SETTLES_WITHIN
        ]
        if not any(row.told_at is None or row.told_at <= tell.at - TOLD_EVERY for row in rows):
            return
        organisation = as_of(self._mailer.organisation(), tell.at.date())
        for row in rows:
            logger.warning("Trouble: %s %s", row.sentence, row.what_to_do, extra={"kind": row.kind})
        lines = [(row.sentence, row.what_to_do) for row in rows]
        told_somebody = not organisation.administrators
        for person in organisation.administrators:
            key = f"trouble/{tell.at:%Y-%m-%dT%H:%M:%S}/{person}"
            envelope = Envelope(key, "trouble", person, tell.at)
            with self._mailer.making(tell, envelope):
                rendered = render_troubles(lines, key, organisation, self._mailer.public_url)
            try:
                self._mailer.send(envelope.to_person(rendered, organisation), NOBODY)
                told_somebody = True
            except ApplicationError as error:
                if not error.non_retryable:
                    raise
        if told_somebody:
            told(self._mailer.database, [row.key for row in rows], tell.at)

    def _found_here(self, organisation: Organisation, now: datetime) -> list[Trouble]:
        with Session(self._mailer.database) as session:
            return [*in_database(session, organisation, now), *in_files(self._mailer.organisation)]


async def _beat() -> None:
    """So that a worker that is lost is missed at once, and not when the longest look would be over."""
    while True:
        activity.heartbeat()
        await asyncio.sleep(BEAT)
