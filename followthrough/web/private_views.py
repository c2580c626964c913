"""Lists and mails that show something of a private incident: whoever sees it is in the audit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends
from sqlmodel import Session

from followthrough.audit import Audit
from followthrough.domain.answered.access.actor import Actor
from followthrough.domain.answered.access.audit import Act
from followthrough.noting import happened
from followthrough.store.privacy import private_among
from followthrough.store.tables import MailRow
from followthrough.web.dependencies import ActorDep, AuditDep, Reading


@dataclass(frozen=True)
class Views:
    """Of who asks."""

    actor: Actor
    audit: Audit
    session: Session

    def note(self, shown: Iterable[str | None]) -> None:
        """Incidents and action items, by their ids, before they are shown; those that are private are noted."""
        private, now = private_among(self.session, (one for one in shown if one)), datetime.now(UTC)
        if private:
            self.audit.note(*(happened(self.actor, Act.PRIVATE_VIEW, "look", now, record=one) for one in private))

    def note_mails(self, mails: Iterable[MailRow]) -> None:
        """What they are about, before they are shown."""
        self.note(mail.item_id or mail.incident_id for mail in mails)


async def _views(actor: ActorDep, audit: AuditDep, reading: Reading) -> Views:
    return Views(actor, audit, reading)


ViewsDep = Annotated[Views, Depends(_views)]
