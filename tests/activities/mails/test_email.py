import dataclasses
import json
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from jinja2 import UndefinedError
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlmodel import Session, col, select
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.mails.email import Email
from activities.mails.transport import OutboxTransport, SendGridTransport, transport_for
from activities.read_model import ReadModel
from followthrough.domain.answered.choices import NAMES
from followthrough.domain.answered.organisation.policies import Policies
from followthrough.domain.replayed.incident.incident import Audience, IncidentStatus
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.domain.replayed.values import PersonId
from followthrough.links import hidden
from followthrough.mail.render import Rendered, render
from followthrough.settings import Settings
from followthrough.store.tables import MailRow, MailState
from tests.notices import LINKS, ORGANISATION, mailer, notice
from tests.records import NOW, incident
from tests.standins.sendgrid import API_KEY, Fault, SendGridStandIn
from workflows.messages.mail import MissedMail, Notice, PutInInbox

REMINDER = notice(NoticeKind.ITEM_REMINDER)


class Post:
    """Sends notices as a worker would, once or again."""

    def __init__(
        self, database: Engine, sendgrid: SendGridStandIn | None = None, api_key: str = API_KEY, timeout: float = 0.5
    ) -> None:
        transport = SendGridTransport(api_key, sendgrid.url, timeout) if sendgrid else OutboxTransport()
        self._database = database
        self.organisation = ORGANISATION
        self.inbox: list[PutInInbox] = []
        self.mailer = mailer(database, lambda: self.organisation, transport)
        self.email = Email(self.mailer, lambda _, put: self.inbox.append(put))

    def send(self, about: Notice = REMINDER) -> None:
        ActivityEnvironment().run(self.email.send_notice, about)

    def refusal(self, about: Notice = REMINDER) -> ApplicationError:
        with pytest.raises(ApplicationError) as refused:
            self.send(about)
        return refused.value

    def row(self, about: Notice = REMINDER, reader: PersonId | None = "ana") -> MailRow:
        with Session(self._database) as session:
            row = session.get(MailRow, about.mail_key(reader))
        assert row is not None
        return row


@pytest.fixture
def sendgrid() -> Iterator[SendGridStandIn]:
    with SendGridStandIn() as stand_in:
        yield stand_in


@pytest.fixture
def post(database: Engine, sendgrid: SendGridStandIn) -> Post:
    return Post(database, sendgrid)


def recipients(mail: dict[str, Any]) -> list[list[str]]:
    return [[to["email"] for to in personalization["to"]] for personalization in mail["personalizations"]]


def test_without_sendgrid_the_row_is_the_outbox(database: Engine) -> None:
    post = Post(database)
    post.send()
    row = post.row()
    assert (row.state, row.answer) == (MailState.SENT, "outbox")
    assert row.recipients == ["ana@example.com"]
    assert (row.incident_id, row.item_id) == ("inc-0000000001", "inc-0000000001.1")
    assert "Alert on queue depth" in row.subject


def test_the_settings_choose_the_transport() -> None:
    assert isinstance(transport_for(Settings(sendgrid_api_key=None)), OutboxTransport)
    assert isinstance(transport_for(Settings(sendgrid_api_key=SecretStr(API_KEY))), SendGridTransport)


def test_a_mail_that_was_sent_is_not_sent_again(post: Post, sendgrid: SendGridStandIn) -> None:
    post.send()
    post.send()
    assert len(sendgrid.mails) == 1
    assert (post.row().state, post.row().answer) == (MailState.SENT, "mail-1")


@pytest.mark.parametrize("fault", [Fault(lose_answer=True), Fault(late=1)], ids=["lost answer", "late answer"])
def test_after_an_unknown_outcome_the_same_mail_goes_out_again(
    post: Post, sendgrid: SendGridStandIn, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    sendgrid.faults = [fault]
    error = post.refusal()
    assert (error.type, error.non_retryable) == ("MailUnavailable", False)
    assert post.row().state is MailState.QUEUED
    post.send()
    first, second = sendgrid.mails
    assert hidden(json.dumps(first)) == hidden(json.dumps(second))
    assert post.row().state is MailState.SENT
    assert "sent again" in caplog.text


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry-After": 30}, 30),
        (429, {"X-RateLimit-Reset": int(NOW.timestamp()) + 120}, 120),
        (500, {}, None),
        (503, {}, None),
        (401, {}, None),
    ],
    ids=["429, retry after", "429, reset", "500", "503", "401"],
)
@time_machine.travel(NOW, tick=False)
def test_an_outage_is_waited_for(
    post: Post, sendgrid: SendGridStandIn, status: int, headers: dict[str, int], wait: int | None
) -> None:
    sendgrid.faults = [Fault(status, headers={name: str(value) for name, value in headers.items()})]
    error = post.refusal()
    assert (error.type, error.non_retryable) == ("MailUnavailable", False)
    assert error.next_retry_delay == (None if wait is None else timedelta(seconds=wait))
    post.send()
    assert len(sendgrid.mails) == 1


@pytest.mark.parametrize(
    ("fault", "advice"),
    [
        (Fault(400, "Does not contain a valid address: ana@example.com"), "Does not contain a valid address"),
        (Fault(403, "access forbidden"), "FOLLOWTHROUGH_MAIL_FROM"),
        (Fault(413, "too large"), "too large"),
    ],
    ids=["400", "403", "413"],
)
def test_a_refusal_is_final_and_says_what_to_do(
    post: Post, sendgrid: SendGridStandIn, fault: Fault, advice: str, caplog: pytest.LogCaptureFixture
) -> None:
    sendgrid.faults = [fault]
    with caplog.at_level(logging.DEBUG):
        error = post.refusal()
    assert (error.type, error.non_retryable) == ("MailRefused", True)
    assert advice in error.message
    assert (post.row().state, post.row().answer) == (MailState.REFUSED, error.message)
    assert "ana@example.com" not in error.message + caplog.text
    assert API_KEY not in caplog.text


@pytest.mark.parametrize(
    ("body", "status", "final"),
    [
        ("<html>Sign in</html>", 200, False),
        ("", 200, False),
        ("<html>Bad gateway</html>", 502, False),
        ("<html>Forbidden</html>", 403, True),
        ("", 400, True),
        ('["a", null]', 400, True),
        ('{"errors": ["a"]}', 400, True),
        ('{"errors": [["a"]]}', 400, True),
        ('{"errors": [{"message": null}]}', 400, True),
        ('{"errors": []}', 400, True),
        ('{"errors": null}', 400, True),
        ("null", 400, True),
    ],
)
def test_an_answer_that_is_not_what_the_document_says_is_an_outage_or_a_refusal_in_words(
    post: Post, sendgrid: SendGridStandIn, body: str, status: int, final: bool
) -> None:
    sendgrid.faults = [Fault(status, body=body)]
    error = post.refusal()
    assert (error.type, error.non_retryable) == ("MailRefused" if final else "MailUnavailable", final)
    assert str(status) in error.message
    assert post.row().state is (MailState.REFUSED if final else MailState.QUEUED)


@pytest.mark.parametrize("seconds", ["9" * 20, "²", "soon"])
def test_a_pause_that_makes_no_sense_sticks_nothing(post: Post, sendgrid: SendGridStandIn, seconds: str) -> None:
    sendgrid.faults = [Fault(429, headers={"Retry-After": seconds.encode().decode("latin-1")})]
    delay = post.refusal().next_retry_delay
    assert delay is None or delay <= timedelta(days=1)


def subscribed(post: Post, *addresses: str) -> Notice:
    """An update to customers, whose service has these subscribers."""
    shop = post.organisation.services["checkout"].model_copy(update={"subscribers": {Audience.CUSTOMERS: addresses}})
    services = post.organisation.services | {"checkout": shop}
    post.organisation = post.organisation.model_copy(update={"services": services})
    return notice(NoticeKind.STAKEHOLDER_UPDATE, to=())


def test_more_addresses_than_a_request_takes_are_sent_to_once_each_also_when_one_request_fails(
    database: Engine, sendgrid: SendGridStandIn
) -> None:
    post = Post(database, sendgrid, timeout=60)
    everybody = [f"reader-{number}@customer.example" for number in range(2200)]
    update = subscribed(post, *everybody)
    sendgrid.faults = [Fault(), Fault(503)]
    assert post.refusal(update).type == "MailUnavailable"
    assert [len(recipients(mail)) for mail in sendgrid.mails] == [1000, 200]
    new = subscribed(post, "new@customer.example", *everybody)
    post.send(new)
    post.send(new)
    reached = [address for mail in sendgrid.mails for (address,) in recipients(mail)]
    assert sorted(reached) == sorted([*everybody, "new@customer.example"])


def test_who_was_refused_among_many_is_known(sendgrid: SendGridStandIn, database: Engine) -> None:
    post = Post(database, sendgrid, timeout=60)
    everybody = [f"reader-{number}@customer.example" for number in range(1001)]
    sendgrid.faults = [Fault(), Fault(400, "Does not contain a valid address")]
    assert post.refusal(subscribed(post, *everybody)).type == "MailRefused"
    with Session(database) as session:
        rows = session.exec(select(MailRow).order_by(col(MailRow.key))).all()
    assert [(row.state, row.recipients) for row in rows] == [
        (MailState.SENT, everybody[:1000]),
        (MailState.REFUSED, everybody[1000:]),
    ]


def test_an_address_that_is_written_in_two_ways_is_one(post: Post, sendgrid: SendGridStandIn) -> None:
    update = subscribed(post, "Press@customer.example", "press@customer.example", "ANA@example.com")
    post.send(update.model_copy(update={"to": ("ana",)}))
    assert [recipients(mail) for mail in sendgrid.mails] == [[["ana@example.com"]], [["press@customer.example"]]]


def test_a_wrong_key_delays_mails_until_it_is_renewed(database: Engine, sendgrid: SendGridStandIn) -> None:
    error = Post(database, sendgrid, api_key="SG.old").refusal()
    assert "renew FOLLOWTHROUGH_SENDGRID_API_KEY" in error.message
    assert not error.non_retryable


def test_people_get_one_of_their_own_and_addresses_one_in_which_they_do_not_see_each_other(
    post: Post, sendgrid: SendGridStandIn
) -> None:
    update = notice(NoticeKind.STAKEHOLDER_UPDATE, to=("ana", "ana@example.com", "press@example.com", "who-left"))
    post.send(update)
    own, others = sendgrid.mails
    assert recipients(own) == [["ana@example.com"]]
    assert recipients(others) == [["press@example.com"], ["shop@customer.example"]]
    assert own["headers"]["Message-ID"] != others["headers"]["Message-ID"]
    assert (post.row(update).person, post.row(update, None).person) == ("ana", None)


def may_act(mail: str) -> set[str]:
    return {LINKS.read(token, NAMES).person for token in re.findall(r"/act/([\w.-]+)", mail)}


def test_times_and_links_are_those_of_each_reader(post: Post, sendgrid: SendGridStandIn) -> None:
    post.send(notice(NoticeKind.ITEM_ESCALATION))
    manager, owner = (mail["content"][0]["value"] for mail in sendgrid.mails)
    assert "(America/New_York)" in manager
    assert may_act(manager) == {"carla"}
    assert "(Europe/Madrid)" in owner
    assert may_act(owner) == {"ana"}


def test_what_can_wait_is_put_in_the_inbox_again_until_it_is_sent(post: Post, sendgrid: SendGridStandIn) -> None:
    post.organisation = ORGANISATION.model_copy(update={"policies": Policies()})
    post.send()
    post.send()
    assert post.row().state is MailState.GATHERED
    first, second = post.inbox
    assert first.mail == second.mail
    assert first.mail.key == post.row().key
    assert (first.mail.subject, first.mail.deadline) == ("Due soon: Alert on queue depth", NOW + timedelta(days=10))
    post.send(notice(NoticeKind.ITEM_ESCALATION, to=("ana",)))
    assert [mail["categories"] for mail in sendgrid.mails] == [["item-escalation"]]


def test_a_mail_about_one_that_did_not_arrive_is_as_urgent_as_that_one_was(
    post: Post, sendgrid: SendGridStandIn
) -> None:
    post.organisation = ORGANISATION.model_copy(update={"policies": Policies()})
    missed = notice(NoticeKind.UNDELIVERED).undelivered
    assert missed is not None
    for kind in (NoticeKind.ITEM_REMINDER, NoticeKind.ITEM_ESCALATION):
        lost = missed.model_copy(update={"kind": kind})
        post.send(notice(NoticeKind.UNDELIVERED, undelivered=lost, key=kind))
    assert [put.mail.key for put in post.inbox] == ["item-reminder/carla"]
    assert [recipients(mail) for mail in sendgrid.mails] == [[["carla@example.com"]]]


def test_one_mail_that_fails_keeps_none_of_the_others(post: Post, sendgrid: SendGridStandIn) -> None:
    escalation = notice(NoticeKind.ITEM_ESCALATION)
    sendgrid.faults = [Fault(503)]
    assert post.refusal(escalation).type == "MailUnavailable"
    assert [recipients(mail) for mail in sendgrid.mails] == [[["ana@example.com"]]]
    post.send(escalation)
    assert [recipients(mail) for mail in sendgrid.mails] == [[["ana@example.com"]], [["carla@example.com"]]]


def test_a_mail_for_nobody_is_recorded_and_refused(post: Post, sendgrid: SendGridStandIn) -> None:
    lost = notice(NoticeKind.ITEM_REMINDER, to=("who-left",))
    error = post.refusal(lost)
    assert (error.type, error.non_retryable) == ("MailRefused", True)
    assert "organisation file" in error.message
    assert post.row(lost, None).state is MailState.REFUSED
    assert not sendgrid.mails


def test_customers_hear_nothing_of_a_drill(post: Post, sendgrid: SendGridStandIn) -> None:
    error = post.refusal(notice(NoticeKind.STAKEHOLDER_UPDATE, {"drill": True}))
    assert error.message == "Customers hear nothing of a drill."
    post.send(notice(NoticeKind.POSTMORTEM_PUBLISHED, {"drill": True}, audience=Audience.INTERNAL))
    assert [recipients(mail) for mail in sendgrid.mails] == [[["ana@example.com"]], [["everybody@example.com"]]]
    assert all(mail["subject"].startswith("DRILL ") for mail in sendgrid.mails)


def run_late(post: Post, about: Notice, tried_for: timedelta) -> ApplicationError:
    environment = ActivityEnvironment()
    now = environment.info.scheduled_time + tried_for
    environment.info = dataclasses.replace(environment.info, current_attempt_scheduled_time=now)
    with pytest.raises(ApplicationError) as refused:
        environment.run(post.email.send_notice, about)
    return refused.value


@pytest.mark.parametrize(
    ("waited", "tried_for", "given_up"),
    [
        (timedelta(0), timedelta(days=2), False),
        (timedelta(0), timedelta(days=3), True),
        (timedelta(days=2), timedelta(days=1), True),
        (timedelta(days=3), timedelta(0), True),
    ],
)
def test_a_mail_that_can_not_be_handed_over_for_too_long_is_set_aside_and_told(
    post: Post, sendgrid: SendGridStandIn, waited: timedelta, tried_for: timedelta, given_up: bool
) -> None:
    sendgrid.faults = [Fault(503)]
    error = run_late(post, REMINDER.model_copy(update={"waited": waited}), tried_for)
    assert error.non_retryable is given_up
    assert post.row().state is (MailState.SET_ASIDE if given_up else MailState.QUEUED)
    assert [MissedMail.model_validate(detail).person for detail in error.details] == (["ana"] if given_up else [])
    if given_up:
        sendgrid.faults = [Fault(503)]
        with pytest.raises(ApplicationError):
            ActivityEnvironment().run(post.email.send_again, post.row().key)
        assert post.row().state is MailState.SET_ASIDE
        ActivityEnvironment().run(post.email.send_again, post.row().key)
        ActivityEnvironment().run(post.email.send_again, post.row().key)
        assert post.row().state is MailState.SENT
        assert len(sendgrid.mails) == 1


def test_what_is_late_says_so_and_is_left_out_once_it_asks_for_what_is_over(
    post: Post, sendgrid: SendGridStandIn, database: Engine
) -> None:
    first, second = (notice(NoticeKind.ROLE_ASSIGNED, key=key, waited=timedelta(hours=1)) for key in ("1", "2"))
    post.send(first)
    for part in sendgrid.mails[0]["content"]:
        assert "This mail is late:" in part["value"]
        assert "it is of Mon 02 Mar 2026, 10:00 (Europe/Madrid)" in part["value"]
    ReadModel(database).project_incident(incident(status=IncidentStatus.RESOLVED))
    post.send(second)
    assert (post.row(second).state, len(sendgrid.mails)) == (MailState.UNNEEDED, 1)
    assert "It was not sent: " in (post.row(second).answer or "")
    post.send(second.model_copy(update={"key": "3", "waited": timedelta(minutes=59)}))
    assert "late" not in sendgrid.mails[-1]["content"][0]["value"]


def test_a_mail_that_can_not_be_made_is_set_aside_at_once_and_can_be_made_later(
    post: Post, sendgrid: SendGridStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    escalation = notice(NoticeKind.ITEM_ESCALATION)

    def broken(*given: Any, **named: Any) -> Rendered:
        if given[-1] == "ana":
            raise UndefinedError("'owner' is undefined")
        return render(*given, **named)

    with monkeypatch.context() as patched:
        patched.setattr("activities.mails.email.render", broken)
        error = post.refusal(escalation)
    assert (error.type, error.non_retryable) == ("MailSetAside", True)
    row = post.row(escalation)
    assert row.state is MailState.SET_ASIDE
    assert re.fullmatch(
        r"It can't be made: UndefinedError in test_email.py, line \d+: 'owner' is undefined", row.answer or ""
    )
    assert [recipients(mail) for mail in sendgrid.mails] == [[["carla@example.com"]]], "the others go on"
    asked = ActivityEnvironment().run(post.email.asked_for, row.key)
    assert asked is not None
    post.send(Notice.model_validate(asked.argument))
    assert [recipients(mail) for mail in sendgrid.mails] == [[["carla@example.com"]], [["ana@example.com"]]]
    assert (post.row(escalation).state, post.row(escalation).request) == (MailState.SENT, None)
