"""What people say of postmortems beside their texts: comments, corrections of what is published, pages in Confluence.

They are in the database and in no workflow: an incident may have closed long before somebody corrects what was learned
from it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import Engine
from sqlmodel import Session
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from followthrough.checks import checked_correction, require_people
from followthrough.domain.answered.access.actor import Actor
from followthrough.domain.answered.access.audit import Act
from followthrough.domain.answered.access.relations import About
from followthrough.domain.answered.access.rights import Right
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.postmortem.notes import (
    CorrectPostmortem,
    NewComment,
    SettleComment,
    why_no_comment,
    why_no_correction,
    why_not_in_confluence,
)
from followthrough.domain.replayed.ids import confluence_id
from followthrough.domain.replayed.incident.commands import IncidentCommand
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.values import PersonId, Refusal
from followthrough.noting import Noting, happened
from followthrough.permission import require
from followthrough.queues import TASK_QUEUE
from followthrough.records import Records, Unknown, in_time
from followthrough.store import postmortems as store
from followthrough.store.postmortem_tables import ConfluencePageRow, PostmortemCommentRow, PostmortemCorrectionRow
from workflows.confluence import ConfluencePageWorkflow
from workflows.messages.confluence import WritePage
from workflows.signals import ToConfluencePage, saying


class PostmortemNotes:
    """Raises Unknown, Forbidden, NotCarriedOut and Refusal. What has the same ``key`` is done once."""

    def __init__(
        self,
        incidents: Records[Incident, IncidentCommand],
        client: Client,
        organisation: Callable[[], Organisation],
        database: Engine,
        noting: Noting,
    ) -> None:
        self._incidents = incidents
        self._client = client
        self._organisation = organisation
        self._database = database
        self._noting = noting

    async def comment(
        self, incident_id: str, new: NewComment, by: PersonId, actor: Actor, key: str | None = None
    ) -> str:
        """The id of the comment."""
        async with self._giving(incident_id, Right.COMMENT_ON_POSTMORTEM, by, actor) as incident:
            return await asyncio.to_thread(self._comment, incident, new, by, key or uuid4().hex)

    async def settle(self, incident_id: str, comment_id: str, said: SettleComment, by: PersonId, actor: Actor) -> None:
        """One that is settled stays as it was settled."""
        incident = await self._incidents.seen(incident_id, actor)
        written_by = await asyncio.to_thread(self._author_of, incident.id, comment_id)
        right = Right.COMMENT_ON_POSTMORTEM if written_by == by else Right.SETTLE_COMMENT
        async with self._giving(incident, right, by, actor, Right.SETTLE_COMMENT):
            await asyncio.to_thread(self._settle, comment_id, said, by)

    async def correct(
        self, incident_id: str, command: CorrectPostmortem, by: PersonId, actor: Actor, key: str | None = None
    ) -> None:
        """Whatever its incident has come to since it was published."""
        async with self._giving(incident_id, Right.CORRECT_POSTMORTEM, by, actor) as incident:
            await asyncio.to_thread(checked_correction, command, self._organisation())
            await asyncio.to_thread(self._correct, incident, command, by, key or uuid4().hex)

    async def to_confluence(self, incident_id: str, by: PersonId, actor: Actor) -> None:
        """It is written there, or brought to what it says here, as soon as Confluence takes it."""
        async with self._giving(incident_id, Right.TO_CONFLUENCE, by, actor) as incident, in_time():
            if (sentence := why_not_in_confluence(incident)) is not None:
                raise Refusal(sentence)
            await asyncio.to_thread(self._ask_for_page, incident.id, by)
            await self._client.start_workflow(
                ConfluencePageWorkflow.run,
                id=confluence_id(incident.id),
                task_queue=TASK_QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                **saying(ToConfluencePage.write, WritePage(incident_id=incident.id)),
            )

    @asynccontextmanager
    async def _giving(
        self, of: str | Incident, right: Right, by: PersonId, actor: Actor, what: Right | None = None
    ) -> AsyncIterator[Incident]:
        """Audited, and only for who may."""
        incident = of if isinstance(of, Incident) else await self._incidents.seen(of, actor)
        now = datetime.now(UTC)
        said = happened(actor, Act.COMMAND, (what or right).value, now, by=by, record=incident.id)
        async with self._noting(said):
            require_people([by], self._organisation())
            require(right, actor, by, About.of_record(incident, as_of(self._organisation(), now.date()), None))
            yield incident

    def _comment(self, incident: Incident, new: NewComment, by: PersonId, key: str) -> str:
        with Session(self._database) as session:
            if session.get(PostmortemCommentRow, key) is not None:
                return key
            if (sentence := why_no_comment(incident, len(store.comments(session, incident.id)))) is not None:
                raise Refusal(sentence)
            row = PostmortemCommentRow(
                id=key, incident_id=incident.id, at=datetime.now(UTC), by=by, quote=new.quote, text=new.text
            )
            session.add(row)
            session.commit()
            return key

    def _author_of(self, incident_id: str, comment_id: str) -> PersonId:
        with Session(self._database) as session:
            row = session.get(PostmortemCommentRow, comment_id)
            if row is None or row.incident_id != incident_id:
                raise Unknown(f"The postmortem of {incident_id} has no such comment; its page has all of them.")
            return row.by

    def _settle(self, comment_id: str, said: SettleComment, by: PersonId) -> None:
        with Session(self._database) as session:
            row = session.get_one(PostmortemCommentRow, comment_id)
            if row.settled_at is None:
                row.settled_at, row.settled_by, row.answer = datetime.now(UTC), by, said.answer
                session.add(row)
                session.commit()

    def _correct(self, incident: Incident, command: CorrectPostmortem, by: PersonId, key: str) -> None:
        with Session(self._database) as session:
            if store.is_corrected(session, key):
                return
            number = store.last_correction(session, incident.id) + 1
            sentence = why_no_correction(store.corrected(session, incident).incident, command)
            row = PostmortemCorrectionRow(
                incident_id=incident.id,
                number=number,
                id=key,
                at=datetime.now(UTC),
                by=by,
                reason=command.reason,
                text=command.text,
                override=command.override or "",
            )
            if sentence is None and not store.correct(session, row):
                sentence = f"Somebody else corrects the postmortem of {incident.id} just now; look, and try again."
            if sentence is not None:
                raise Refusal(sentence)

    def _ask_for_page(self, incident_id: str, by: PersonId) -> None:
        with Session(self._database) as session:
            now = datetime.now(UTC)
            row = session.get(ConfluencePageRow, incident_id)
            row = row or ConfluencePageRow(incident_id=incident_id, asked_by=by, asked_at=now)
            row.asked_by, row.asked_at, row.problem = by, now, ""
            session.add(row)
            session.commit()
