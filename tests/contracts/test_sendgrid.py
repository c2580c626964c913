"""Every mail that the e-mail activity sends, sent by the real client, against SendGrid's document."""

from base64 import b64decode

import pytest

from activities.mails.transport import SendGridTransport
from followthrough.domain.replayed.mail.notice_kinds import DigestKind, NoticeKind
from followthrough.mail.charts import attached, charts
from followthrough.mail.render import render, render_digest
from followthrough.store.tables import MailRow
from tests.digests import monthly
from tests.notices import LINKS, ORGANISATION, PUBLIC_URL, notice
from tests.records import NOW
from tests.standins.sendgrid import API_KEY, SendGridStandIn
from tests.standins.server import CONTRACTS

pytestmark = pytest.mark.skipif(
    not CONTRACTS, reason="FOLLOWTHROUGH_CONTRACTS does not name the folder with SendGrid's API document"
)


def test_a_mail_of_every_kind_is_as_documented() -> None:
    with SendGridStandIn() as sendgrid:
        transport = SendGridTransport(API_KEY, sendgrid.url)
        for number, kind in enumerate(NoticeKind, start=1):
            about = notice(kind)
            rendered = render(about, ORGANISATION, PUBLIC_URL, LINKS)
            mail = MailRow(
                key=about.key,
                kind=kind,
                incident_id=about.incident_id,
                at=about.at,
                recipients=["ana@example.com", "ben@example.com"],
                reference="b3a7c2",
                **rendered._asdict(),
            )
            assert transport.send(mail, "Followthrough <followthrough@example.com>") == f"mail-{number}"
            assert sendgrid.mails[-1] == {
                "from": {"email": "followthrough@example.com", "name": "Followthrough"},
                "personalizations": [
                    {"to": [{"email": "ana@example.com"}], "custom_args": {"mail": mail.reference}},
                    {"to": [{"email": "ben@example.com"}], "custom_args": {"mail": mail.reference}},
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


def test_charts_go_along_as_images_within_the_mail() -> None:
    digest = monthly()
    rendered = render_digest(digest, ORGANISATION, PUBLIC_URL)
    files = [attached(chart) for chart in charts(digest)]
    mail = MailRow(
        key="digest/2026-03/ana",
        kind=DigestKind.MONTHLY,
        at=NOW,
        recipients=["ana@example.com"],
        attachments=files,
        **rendered._asdict(),
    )
    with SendGridStandIn() as sendgrid:
        SendGridTransport(API_KEY, sendgrid.url).send(mail, "followthrough@example.com")
    sent = {file["filename"]: file for file in sendgrid.mails[-1]["attachments"]}
    assert {name: b64decode(file.pop("content"), validate=True) for name, file in sent.items()} == {
        file.name: file.content for file in files
    }
    assert sent["on-time.png"] == {
        "filename": "on-time.png",
        "type": "image/png",
        "disposition": "inline",
        "content_id": "chart-on-time",
    }
    assert all(f'src="cid:{file["content_id"]}"' in rendered.html for file in sent.values())
