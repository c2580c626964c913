"""Every mail that the e-mail activity sends, sent by the real client, against SendGrid's document."""

import pytest

from activities.mail_transport import SendGridTransport
from followthrough.mail.render import render
from followthrough.store.tables import MailRow
from tests.notices import ORGANISATION, PUBLIC_URL, notice
from tests.standins.sendgrid import API_KEY, SendGridStandIn
from tests.standins.server import CONTRACTS
from workflows.messages import NoticeKind

pytestmark = pytest.mark.skipif(
    not CONTRACTS, reason="FOLLOWTHROUGH_CONTRACTS does not name the folder with SendGrid's API document"
)


def test_a_mail_of_every_kind_is_as_documented() -> None:
    with SendGridStandIn() as sendgrid:
        transport = SendGridTransport(API_KEY, sendgrid.url)
        for number, kind in enumerate(NoticeKind, start=1):
            about = notice(kind)
            rendered = render(about, ORGANISATION, PUBLIC_URL)
            mail = MailRow(
                key=about.key,
                kind=kind,
                incident_id=about.incident_id,
                at=about.at,
                recipients=["ana@example.com", "ben@example.com"],
                **rendered._asdict(),
            )
            assert transport.send(mail, "Followthrough <followthrough@example.com>") == f"mail-{number}"
            assert sendgrid.mails[-1] == {
                "from": {"email": "followthrough@example.com", "name": "Followthrough"},
                "personalizations": [
                    {"to": [{"email": "ana@example.com"}], "custom_args": {"mail": mail.key}},
                    {"to": [{"email": "ben@example.com"}], "custom_args": {"mail": mail.key}},
                ],
                "subject": rendered.subject,
                "content": [
                    {"type": "text/plain", "value": rendered.text},
                    {"type": "text/html", "value": rendered.html},
                ],
                "headers": rendered.headers,
                "categories": [kind],
                "tracking_settings": {
                    "click_tracking": {"enable": False, "enable_text": False},
                    "open_tracking": {"enable": False},
                },
            }
