"""Mails about a private incident say little to who is not on it."""

from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select
from temporalio.testing import ActivityEnvironment

from activities.mails.daily import Daily
from activities.mails.problems import MailProblems
from activities.read_model import ReadModel
from followthrough.domain.answered.organisation.policies import Policies
from followthrough.domain.replayed.incident.alert import Alert, AlertState
from followthrough.domain.replayed.incident.incident import Audience, Incident, SentUpdate, UpdateStage
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.store.listing import page_of_mails
from followthrough.store.tables import MailRow, MailState
from tests.activities.mails.test_email import Post
from tests.notices import ORGANISATION, RECORDS, notice
from tests.records import NOW, incident, item
from workflows.messages.mail import DailyMail, MissedMail, Notice

SECRET = "Zanzibar"
SAYS_ITSELF = (NoticeKind.STAKEHOLDER_UPDATE, NoticeKind.UPDATE_DUE, NoticeKind.UPDATE_MISSED)
"""What is told is what somebody chose, or which audience."""
PRIVATE = {"title": f"{SECRET} is down", "private": True}


def secret(kind: NoticeKind, to: tuple[str, ...]) -> Notice:
    """Also in what the mail itself brings, for all that somebody wrote is in there."""
    if "item" in RECORDS[kind]:
        record: dict[str, Any] = PRIVATE | {"proposed_by": "ana"}
    else:
        said = SentUpdate(stage=UpdateStage.IDENTIFIED, audience=Audience.CUSTOMERS, text="We look", by="ana", at=NOW)
        alert = Alert(dedup_key="a", source="a", state=AlertState.FIRING, title=SECRET, summary=SECRET, at=NOW)
        record = PRIVATE | {"alert": alert, "mitigation": SECRET, "updates": [said]}
    text = {} if kind in (*SAYS_ITSELF, NoticeKind.ROLE_NOT_ACKNOWLEDGED) else {"text": f"{SECRET} again"}
    return notice(kind, record, to=to, **text)


def projected(database: Engine, about: Notice) -> None:
    record = about.record
    if isinstance(record, Incident):
        ReadModel(database).project_incident(record)
    else:
        ReadModel(database).project_incident(incident(private=True, title=SECRET))
        ReadModel(database).project_item(record)


def words(mail: MailRow) -> str:
    return f"{mail.subject} {mail.text} {mail.html} {mail.headers}"


@pytest.mark.parametrize("kind", [kind for kind in NoticeKind if kind is not NoticeKind.UNDELIVERED])
def test_who_is_not_on_it_hears_what_kind_of_mail_it_is_and_no_more(kind: NoticeKind, database: Engine) -> None:
    stranger = "ben" if "item" in RECORDS[kind] else "carla"
    about = secret(kind, (stranger,))
    projected(database, about)
    post = Post(database)
    post.send(about)
    mail = post.row(about, stranger)
    assert SECRET not in words(mail)
    if kind not in (NoticeKind.STAKEHOLDER_UPDATE,):
        assert f"private incident: {kind.replace('-', ' ')}" in mail.subject
        assert "/act/" not in mail.text


@pytest.mark.parametrize("kind", [NoticeKind.ROLE_ASSIGNED, NoticeKind.ITEM_REMINDER])
def test_who_is_on_it_is_told_all(kind: NoticeKind, database: Engine) -> None:
    about = secret(kind, ("ana",))
    projected(database, about)
    post = Post(database)
    post.send(about)
    assert SECRET in post.row(about, "ana").subject


def test_an_incidents_people_are_told_of_its_items_too(database: Engine) -> None:
    about = secret(NoticeKind.ITEM_TO_VERIFY, ("ben",))
    ReadModel(database).project_incident(incident(private=True, declared_by="ben"))
    ReadModel(database).project_item(about.record) if isinstance(about.record, ActionItem) else None
    post = Post(database)
    post.send(about)
    assert SECRET in post.row(about, "ben").subject


def test_plain_addresses_get_what_somebody_chose_to_tell_and_nothing_else(database: Engine) -> None:
    update, published = secret(NoticeKind.STAKEHOLDER_UPDATE, ()), secret(NoticeKind.POSTMORTEM_PUBLISHED, ("ana",))
    post = Post(database)
    for about in (update, published):
        projected(database, about)
        post.send(about)
    told = post.row(update, None)
    assert (told.recipients, SECRET in words(told)) == (["shop@customer.example", "press@example.com"], False)
    with Session(database) as session:
        assert session.get(MailRow, published.mail_key(None)) is None


def test_a_mail_that_did_not_arrive_is_told_of_without_its_subject(database: Engine) -> None:
    missed = MissedMail(key="m", kind="item-reminder", subject=SECRET, person="ana", reason="550", record_id=item().id)
    about = notice(NoticeKind.UNDELIVERED, PRIVATE | {"proposed_by": "ana"}, undelivered=missed)
    about = about.model_copy(update={"undelivered": missed.model_copy(update={"person": "ben"})})
    projected(database, about)
    post = Post(database)
    ActivityEnvironment().run(
        MailProblems(post.mailer).tell_above, missed.model_copy(update={"record_id": incident().id})
    )
    with Session(database) as session:
        (mail,) = session.exec(select(MailRow)).all()
    assert SECRET not in words(mail)
    assert "item reminder" in mail.text


def test_who_is_not_on_it_does_not_find_in_the_outbox_what_did_not_arrive(database: Engine) -> None:
    """Whoever is told in its reader's place was told all, for it was open then."""
    missed = MissedMail(key="m", kind="item-reminder", subject=SECRET, person="ana", reason="550", record_id=item().id)
    post, model = Post(database), ReadModel(database)
    model.project_incident(incident(title=SECRET))
    model.project_item(item(title=SECRET))
    for record_id in (incident().id, item().id):
        about = missed.model_copy(update={"key": f"about {record_id}", "record_id": record_id})
        ActivityEnvironment().run(MailProblems(post.mailer).tell_above, about)
    model.project_incident(incident(title=SECRET, private=True))
    with Session(database) as session:
        assert SECRET in "".join(mail.text for mail in page_of_mails(session).mails)
        assert page_of_mails(session, seen_by="eve").mails == []


def test_what_became_private_while_a_mail_waited_is_not_told_in_the_daily_one(database: Engine) -> None:
    post = Post(database)
    post.organisation = ORGANISATION.model_copy(update={"policies": Policies()})
    reader: dict[str, Any] = {"owner": "ben", "proposed_by": "ben", "title": SECRET}
    about = notice(NoticeKind.ITEM_TO_PLAN, reader, to=("ana",))
    for record in (incident(title=SECRET), item(**reader)):
        model = ReadModel(database)
        model.project_incident(record) if isinstance(record, Incident) else model.project_item(record)
    post.send(about)
    assert SECRET in post.row(about, "ana").subject
    ReadModel(database).project_incident(incident(title=SECRET, private=True))
    wanted = DailyMail(key="daily/ana/1", person="ana", mails=tuple(put.mail for put in post.inbox), at=NOW)
    ActivityEnvironment().run(Daily(post.mailer).send_daily, wanted)
    with Session(database) as session:
        mail = session.get_one(MailRow, wanted.key)
    assert (mail.state, SECRET in words(mail)) == (MailState.SENT, False)
