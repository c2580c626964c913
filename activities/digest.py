"""The monthly digest: read and sent in one step."""

from collections.abc import Callable

from sqlalchemy import Engine
from sqlmodel import Session
from temporalio import activity

from activities.email import Email
from followthrough.domain.departures import as_of
from followthrough.domain.digest import Month
from followthrough.mail.render import render_digest
from followthrough.organisation import Organisation
from followthrough.store.reports import read_digest
from followthrough.store.tables import MailRow
from workflows.messages import SendDigest

NOBODY = "The digest is for nobody: name recipients under policies.digest in the organisation file."


class Digests:
    """An activity that may be repeated: a month has one mail."""

    def __init__(
        self, database: Engine, organisation: Callable[[], Organisation], email: Email, public_url: str
    ) -> None:
        self._database = database
        self._organisation = organisation
        self._email = email
        self._public_url = public_url

    @activity.defn
    def send_digest(self, request: SendDigest) -> None:
        """To those whom the organisation file names, or else to those without a manager."""
        organisation = self._organisation()
        with Session(self._database) as session:
            digest = read_digest(session, Month.parse(request.month), organisation, request.at)
        people = as_of(organisation, request.at.date()).people
        to = organisation.policies.digest.recipients or [key for key in people if people[key].manager is None]
        mail = MailRow(
            key=f"digest/{digest.month}",
            kind="digest",
            recipients=[people[key].email for key in to if key in people],
            at=request.at,
            **render_digest(digest, organisation, self._public_url)._asdict(),
        )
        self._email.send(mail, NOBODY)
