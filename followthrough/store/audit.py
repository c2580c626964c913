"""Keeps the audit's chain: one, however many processes write it."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache, partial
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import ColumnElement, Engine, delete, func, or_, text, union
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from followthrough.domain.answered.access.actor import Door
from followthrough.domain.answered.access.audit import (
    BEGINNING,
    Act,
    Broken,
    Entry,
    Happened,
    Link,
    Outcome,
    Pseudonyms,
    chained,
    verify,
)
from followthrough.domain.replayed.values import PersonId
from followthrough.store.audit_tables import AuditAnchorRow, AuditEntryRow, PseudonymRow

CHAIN_LOCK = 0x41756469
"""Any number, the same in every process: who holds it on PostgreSQL writes the chain."""

AT_ONCE = 1_000
"""Entries that are read into memory."""


class Kind(StrEnum):
    """What a pseudonym stands for."""

    PERSON = "person"
    TOKEN = "token"  # noqa: S105 -- no secret
    ADDRESS = "address"


@contextmanager
def _locked(database: Engine) -> Iterator[Session]:
    """A transaction that sees all of the chain, in which nobody else writes it."""
    with database.begin() as connection:
        if database.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CHAIN_LOCK})
        else:
            connection.execute(text("BEGIN IMMEDIATE"))
        with Session(connection) as session:
            yield session
            session.flush()


def record(database: Engine, said: Sequence[Happened]) -> None:
    """Adds what is not there yet, in this order."""
    with _locked(database) as session:
        known = col(AuditEntryRow.id).in_([one.id for one in said])
        there = set(session.exec(select(AuditEntryRow.id).where(known)))
        _add(session, [one for one in said if one.id not in there])


def record_file(database: Engine, fingerprint: str, now: datetime) -> None:
    """That a process took this organisation file over, unless another one said so before."""
    with _locked(database) as session:
        anchor = _anchor(session)
        if anchor.organisation_file == fingerprint:
            return
        _add(
            session,
            [
                Happened(
                    id=uuid4().hex,
                    at=now,
                    act=Act.ORGANISATION_FILE,
                    what="taken over",
                    outcome=Outcome.DONE,
                    details={"before": anchor.organisation_file, "after": fingerprint},
                )
            ],
        )
        anchor.organisation_file = fingerprint


def erase(database: Engine, person: PersonId, erasure: Happened) -> int:
    """Nothing leads from the chain to the person any more; how many pseudonyms went, of the person and what was theirs.

    That it was done is an entry of its own. What the person does later is as if a stranger did it.
    """
    with _locked(database) as session:
        theirs = session.exec(select(PseudonymRow).where(PseudonymRow.person == person)).all()
        if theirs:
            stood_for = ", ".join(row.pseudonym for row in theirs if row.kind == Kind.PERSON)
            _add(session, [erasure.model_copy(update={"details": {"pseudonyms": stood_for}})])
        for row in theirs:
            session.delete(row)
        return len(theirs)


def prune(database: Engine, before: datetime, now: datetime) -> int:
    """Takes out the oldest entries, up to the first that is not older than that; how many."""
    with _locked(database) as session:
        kept = session.exec(select(func.min(AuditEntryRow.number)).where(col(AuditEntryRow.at) >= before)).one()
        last = _last(session, before=kept)
        anchor = _anchor(session)
        if last.number == anchor.number:
            return 0
        pruned = last.number - anchor.number
        details = {"entries": str(pruned), "last": str(last)}
        pruning = Happened(
            id=uuid4().hex, at=now, act=Act.PRUNING, what="pruned", outcome=Outcome.DONE, details=details
        )
        _add(session, [pruning])
        anchor.number, anchor.digest = last
        session.execute(delete(AuditEntryRow).where(col(AuditEntryRow.number) <= last.number))
        for row in session.exec(select(PseudonymRow).where(_unused())):
            session.delete(row)
        return pruned


class Verdict(NamedTuple):
    """What the chain follows on, and its last place, or where it is broken."""

    follows: Link
    last: Link | None = None
    broken: Broken | None = None


def verified(session: Session, known: Link | None = None) -> Verdict:
    """Of the whole chain; where it was pruned meanwhile, of what is left."""
    follows = _beginning(session)
    try:
        return Verdict(follows, verify(_entries(session, follows), follows, known))
    except Broken as broken:
        if _beginning(session) != follows:
            return verified(session, known)
        return Verdict(follows, broken=broken)


@dataclass(frozen=True)
class Wanted:
    """Which entries; what is left out lets all pass."""

    who: PersonId = ""
    """Who did it, or to whom it was done."""
    what: str = ""
    """An ``Act``, or the name of a command."""
    record: str = ""
    """An incident is asked for with its action items."""
    since: datetime | None = None
    until: datetime | None = None


class Line(Entry):
    """An entry, with what its pseudonyms stand for; None where that was erased, or there is none."""

    person: PersonId | None
    token_name: str | None
    from_address: str | None
    to_person: PersonId | None


def newest(session: Session, wanted: Wanted, limit: int, before: int | None = None) -> list[Line]:
    """The newest first, of those with a number below ``before``."""
    query = _filtered(session, wanted).order_by(col(AuditEntryRow.number).desc())
    if before is not None:
        query = query.where(col(AuditEntryRow.number) < before)
    return _lines(session, session.exec(query.limit(limit)).all())


def following(session: Session, wanted: Wanted, limit: int, after: int) -> list[Line]:
    """The oldest first, of those with a number above ``after``."""
    query = _filtered(session, wanted).where(col(AuditEntryRow.number) > after).order_by(col(AuditEntryRow.number))
    return _lines(session, session.exec(query.limit(limit)).all())


def _filtered(session: Session, wanted: Wanted) -> SelectOfScalar[AuditEntryRow]:
    query = select(AuditEntryRow)
    if wanted.who:
        theirs = _pseudonyms_of(session, wanted.who)
        query = query.where(or_(col(AuditEntryRow.who).in_(theirs), col(AuditEntryRow.whom).in_(theirs)))
    if wanted.what:
        query = query.where(or_(col(AuditEntryRow.act) == wanted.what, col(AuditEntryRow.what) == wanted.what))
    if wanted.record:
        within = col(AuditEntryRow.record).startswith(f"{wanted.record}.", autoescape=True)
        query = query.where(or_(col(AuditEntryRow.record) == wanted.record, within))
    if wanted.since:
        query = query.where(col(AuditEntryRow.at) >= wanted.since)
    if wanted.until:
        query = query.where(col(AuditEntryRow.at) < wanted.until)
    return query


def _lines(session: Session, rows: Sequence[AuditEntryRow]) -> list[Line]:
    hidden = {pseudonym for row in rows for pseudonym in (row.who, row.token, row.address, row.whom)}
    known = session.exec(select(PseudonymRow).where(col(PseudonymRow.pseudonym).in_(hidden)))
    values = {row.pseudonym: row.value for row in known}
    return [
        Line(
            **row.model_dump(),
            person=values.get(row.who),
            token_name=values.get(row.token),
            from_address=values.get(row.address),
            to_person=values.get(row.whom),
        )
        for row in rows
    ]


def _pseudonyms_of(session: Session, person: PersonId) -> Sequence[str]:
    query = select(PseudonymRow.pseudonym).where(PseudonymRow.person == person, PseudonymRow.kind == Kind.PERSON)
    return session.exec(query).all()


def _unused() -> ColumnElement[bool]:
    """Pseudonyms of which no entry is left."""
    columns = (AuditEntryRow.who, AuditEntryRow.token, AuditEntryRow.address, AuditEntryRow.whom)
    used = union(*(select(column) for column in columns))
    return col(PseudonymRow.pseudonym).not_in(used)


def _entries(session: Session, after: Link) -> Iterator[Entry]:
    query = select(AuditEntryRow).where(col(AuditEntryRow.number) > after.number).order_by(col(AuditEntryRow.number))
    for row in session.exec(query.execution_options(yield_per=AT_ONCE)):
        yield Entry.model_validate(row.model_dump())


def _add(session: Session, said: Sequence[Happened]) -> None:
    last, pseudonym = _last(session), cache(partial(_pseudonym, session))
    for one in said:
        person = one.person or ""
        whose = "" if one.through is Door.SERVICE_TOKEN else person  # a service's token and address are nobody's
        pseudonyms = Pseudonyms(
            who=pseudonym(person, Kind.PERSON, person),
            token=pseudonym(whose, Kind.TOKEN, one.token),
            address=pseudonym(whose, Kind.ADDRESS, one.address),
            whom=pseudonym(one.whom or "", Kind.PERSON, one.whom or ""),
        )
        entry = chained(one, pseudonyms, last)
        session.add(AuditEntryRow.model_validate(entry.model_dump()))
        last = Link(entry.number, entry.digest)
    session.flush()


def _pseudonym(session: Session, person: PersonId, kind: Kind, value: str) -> str:
    """For what is theirs; made when it is needed first."""
    if not value:
        return ""
    known = select(PseudonymRow.pseudonym).where(
        PseudonymRow.person == person, PseudonymRow.kind == kind, PseudonymRow.value == value
    )
    if found := session.exec(known).first():
        return found
    made = secrets.token_hex(8)
    session.add(PseudonymRow(pseudonym=made, person=person, kind=kind, value=value))
    session.flush()
    return made


def _last(session: Session, before: int | None = None) -> Link:
    """The last place in the chain, or the last below a number."""
    query = select(AuditEntryRow).order_by(col(AuditEntryRow.number).desc()).limit(1)
    row = session.exec(query if before is None else query.where(col(AuditEntryRow.number) < before)).first()
    return Link(row.number, row.digest) if row else _beginning(session)


def _beginning(session: Session) -> Link:
    row = session.exec(select(AuditAnchorRow).execution_options(populate_existing=True)).first()
    return Link(row.number, row.digest) if row else BEGINNING


def _anchor(session: Session) -> AuditAnchorRow:
    """To be changed."""
    row = session.get(AuditAnchorRow, 1)
    if row is None:
        row = AuditAnchorRow(number=BEGINNING.number, digest=BEGINNING.digest, organisation_file="")
        session.add(row)
    return row
