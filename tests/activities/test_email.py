import logging
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlmodel import Session
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.email import Email
from activities.mail_transport import OutboxTransport, SendGridTransport, transport_for
from followthrough.domain.incident import Audience
from followthrough.settings import Settings
from followthrough.store.tables import MailRow, MailState
from tests.notices import ORGANISATION, PUBLIC_URL, notice
from tests.standins.sendgrid import API_KEY, Fault, SendGridStandIn
from workflows.messages import Notice, NoticeKind

REMINDER = notice(NoticeKind.ITEM_REMINDER)


class Post:
    """Sends notices as a worker would, once or again."""

    def __init__(self, database: Engine, sendgrid: SendGridStandIn | None = None, api_key: str = API_KEY) -> None:
        transport = SendGridTransport(api_key, sendgrid.url, timeout=0.5) if sendgrid else OutboxTransport()
        self._database = database
        self._email = Email(database, lambda: ORGANISATION, transport, PUBLIC_URL, "followthrough@example.com")

    def send(self, about: Notice = REMINDER) -> None:
        ActivityEnvironment().run(self._email.send_notice, about)

    def refusal(self, about: Notice = REMINDER) -> ApplicationError:
        with pytest.raises(ApplicationError) as refused:
            self.send(about)
        return refused.value

    def row(self, about: Notice = REMINDER) -> MailRow:
        with Session(self._database) as session:
            row = session.get(MailRow, about.key)
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
    assert first == second
    assert post.row().state is MailState.SENT
    assert "sent again" in caplog.text


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry-After": lambda: 30}, 30),
        (429, {"X-RateLimit-Reset": lambda: int(time.time()) + 120}, 120),
        (500, {}, None),
        (503, {}, None),
        (401, {}, None),
    ],
    ids=["429, retry after", "429, reset", "500", "503", "401"],
)
def test_an_outage_is_waited_for(
    post: Post, sendgrid: SendGridStandIn, status: int, headers: dict[str, Callable[[], int]], wait: int | None
) -> None:
    sendgrid.faults = [Fault(status, headers={name: str(value()) for name, value in headers.items()})]
    error = post.refusal()
    assert (error.type, error.non_retryable) == ("MailUnavailable", False)
    if wait is None:
        assert error.next_retry_delay is None
    else:
        assert error.next_retry_delay is not None
        assert abs(error.next_retry_delay - timedelta(seconds=wait)) < timedelta(seconds=30)
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


def test_a_wrong_key_delays_mails_until_it_is_renewed(database: Engine, sendgrid: SendGridStandIn) -> None:
    error = Post(database, sendgrid, api_key="SG.old").refusal()
    assert "renew FOLLOWTHROUGH_SENDGRID_API_KEY" in error.message
    assert not error.non_retryable


def test_people_get_it_once_and_do_not_see_each_other(post: Post, sendgrid: SendGridStandIn) -> None:
    update = notice(
        NoticeKind.STAKEHOLDER_UPDATE, to=("ana", "ana@example.com", "press@example.com", "who-left"), key="update"
    )
    post.send(update)
    assert recipients(sendgrid.mails[0]) == [["ana@example.com"], ["press@example.com"], ["shop@customer.example"]]


def test_a_mail_for_nobody_is_recorded_and_refused(post: Post, sendgrid: SendGridStandIn) -> None:
    lost = notice(NoticeKind.ITEM_REMINDER, to=("who-left",))
    error = post.refusal(lost)
    assert (error.type, error.non_retryable) == ("MailRefused", True)
    assert "organisation file" in error.message
    assert post.row(lost).state is MailState.REFUSED
    assert not sendgrid.mails


def test_customers_hear_nothing_of_a_drill(post: Post, sendgrid: SendGridStandIn) -> None:
    error = post.refusal(notice(NoticeKind.STAKEHOLDER_UPDATE, {"drill": True}))
    assert error.message == "Customers hear nothing of a drill."
    post.send(notice(NoticeKind.POSTMORTEM_PUBLISHED, {"drill": True}, audience=Audience.INTERNAL))
    assert recipients(sendgrid.mails[0]) == [["ana@example.com"], ["everybody@example.com"]]
    assert sendgrid.mails[0]["subject"].startswith("DRILL ")
