"""Writes down who did what: first in a file beside the process, and from there in the chain.

Why it is so: ``docs/decisions/0009-audit-beside-commands.md``.
"""

import asyncio
import contextlib
import itertools
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from temporalio.exceptions import WorkflowAlreadyStartedError

from followthrough.beside import beside
from followthrough.checks import NotCarriedOut
from followthrough.directory_import import ManyLeave, WrongLines
from followthrough.domain.answered.access.audit import Happened, Outcome
from followthrough.domain.replayed.values import PersonId, Refusal
from followthrough.noting import Noted
from followthrough.oidc import ProviderDown
from followthrough.organisation_file import OrganisationFile
from followthrough.permission import Forbidden
from followthrough.records import EndedMeanwhile, NotYet, Unknown
from followthrough.store import audit as chain
from followthrough.store.audit_journal import Journal, NotKept

logger = logging.getLogger(__name__)

JOURNAL_FILE = "audit-waiting.db"
BROKEN_OFF_AFTER = timedelta(minutes=5)
"""No command takes so long; whoever carried it out is gone."""
LOOK_EVERY = 1
"""Seconds between two looks for what is to be chained."""
LOOKS_AT_FILE, LOOKS_AT_AGE = 5, 3_600
"""After so many looks the organisation file is looked at, and what is older than the policy says is pruned."""


OUTCOMES: tuple[tuple[type[Exception], Outcome], ...] = (
    (NotYet, Outcome.ACCEPTED),
    (Forbidden, Outcome.FORBIDDEN),
    (EndedMeanwhile, Outcome.UNKNOWN),
    (NotCarriedOut, Outcome.REFUSED),
    (Refusal, Outcome.REFUSED),
    (Unknown, Outcome.REFUSED),
    (WorkflowAlreadyStartedError, Outcome.REFUSED),
    (ProviderDown, Outcome.REFUSED),
    (HTTPException, Outcome.REFUSED),
    (WrongLines, Outcome.REFUSED),
    (ManyLeave, Outcome.REFUSED),
)
"""Of what ends with such an error; the first that fits. Nobody knows what became of what ends with another."""


class Audit:
    """Of one process. Nothing waits for the database, and nothing is done that is not written down before."""

    def __init__(self, data_dir: Path, database: Engine) -> None:
        self._journal = Journal(data_dir / JOURNAL_FILE)
        self._database = database
        self._settling = threading.Lock()
        self._file_seen = ""

    def note(self, *said: Happened) -> None:
        """What is over, or is done if nobody says else. Raises NotKept."""
        self._journal.put(*(one if one.outcome else one.model_copy(update={"outcome": Outcome.DONE}) for one in said))

    @contextlib.contextmanager
    def doing(self, said: Happened) -> Iterator[Noted]:
        """Around what is done: written down before it begins, and again with what became of it. Raises NotKept."""
        self._journal.put(said)
        noted = Noted.of(said)
        try:
            with _judging(noted):
                yield noted
        finally:
            self._end(said, noted)

    @contextlib.asynccontextmanager
    async def noting(self, said: Happened) -> AsyncIterator[Noted]:
        """The same, without the loop waiting for the disk. Raises NotKept."""
        await asyncio.to_thread(self._journal.put, said)
        noted = Noted.of(said)
        try:
            with _judging(noted):
                yield noted
        finally:
            await asyncio.to_thread(self._end, said, noted)

    def _end(self, said: Happened, noted: Noted) -> None:
        try:
            self._journal.put(said.model_copy(update=vars(noted)))
        except NotKept as error:
            logger.error("The audit has to say that it does not know what became of something: %s", error)

    def settle(self, now: datetime) -> None:
        """Chains what has ended. Raises NotKept, or what the database says."""
        with self._settling:
            while said := self._journal.ended(now - BROKEN_OFF_AFTER):
                chain.record(self._database, said)
                self._journal.remove(said)

    def settle_if_possible(self) -> None:
        """Before somebody reads; what can't be chained yet is told of by whoever keeps the audit."""
        with contextlib.suppress(NotKept, SQLAlchemyError):
            self.settle(datetime.now(UTC))

    def watch(self, file: OrganisationFile, now: datetime) -> None:
        """Chains that this process took another organisation file over, unless another process did before."""
        file()
        if file.fingerprint != self._file_seen:
            chain.record_file(self._database, file.fingerprint, now)
            self._file_seen = file.fingerprint

    def prune(self, keep: timedelta, now: datetime) -> int:
        """Takes out what is older; how many entries."""
        return chain.prune(self._database, now - keep, now)

    def erase(self, person: PersonId, erasure: Happened) -> int:
        """Nothing leads from the chain to the person any more; how many pseudonyms went. Raises NotKept."""
        self.settle(erasure.at)
        return chain.erase(self._database, person, erasure)


@contextlib.contextmanager
def _judging(noted: Noted) -> Iterator[None]:
    """Notes the outcome of what is within."""
    try:
        yield
    except Exception as error:
        noted.outcome = next((fits for kind, fits in OUTCOMES if isinstance(error, kind)), Outcome.UNKNOWN)
        raise
    noted.outcome = Outcome.DONE


@contextlib.asynccontextmanager
async def audit_kept(audit: Audit, organisation: OrganisationFile) -> AsyncIterator[None]:
    """Chains what waits, watches the organisation file, and prunes old entries, until the context is left."""
    async with beside(_keep(audit, organisation)):
        yield
    await asyncio.to_thread(audit.settle_if_possible)


async def _keep(audit: Audit, organisation: OrganisationFile) -> None:
    trouble = ""
    for look in itertools.count():
        try:
            await asyncio.to_thread(_look, audit, organisation, look)
            trouble = ""
        except Exception as error:  # whatever it is, a later look may find it over
            before, trouble = trouble, f"{type(error).__name__}: {error}"
            if trouble != before:
                logger.warning("The audit waits in %s until it can be chained: %s", JOURNAL_FILE, trouble)
        await asyncio.sleep(LOOK_EVERY)


def _look(audit: Audit, organisation: OrganisationFile, look: int) -> None:
    now = datetime.now(UTC)
    audit.settle(now)
    if look % LOOKS_AT_FILE == 0:
        audit.watch(organisation, now)
    if look % LOOKS_AT_AGE == 0:
        audit.prune(organisation().policies.audit.keep, now)
