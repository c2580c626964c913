"""Where mails go: to SendGrid, or into the outbox in the database."""

import logging
import time
from base64 import b64encode
from datetime import timedelta
from email.message import Message
from http import HTTPStatus
from http.client import HTTPException
from typing import Protocol

from pydantic import BaseModel, Field, ValidationError
from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import (
    Attachment,
    Category,
    ClickTracking,
    CustomArg,
    Header,
    Mail,
    OpenTracking,
    To,
    TrackingSettings,
)

from activities.vendors import VendorRefused, VendorUnavailable, pause_asked
from followthrough.domain.answered.wording import without_addresses
from followthrough.domain.replayed.text import LABEL, cut, one_line
from followthrough.settings import Settings
from followthrough.store.tables import MailRow

MOST_RECIPIENTS = 1000
"""Of one request: SendGrid takes no more personalizations."""

logging.getLogger("python_http_client").setLevel(logging.INFO)  # DEBUG shows the API key and every address


class Transport(Protocol):
    """Raises VendorUnavailable when trying again later helps, VendorRefused when it doesn't."""

    def send(self, mail: MailRow, mail_from: str) -> str:
        """Hands the mail over, so that no recipient sees another; gives the transport's id for it."""


class Problem(BaseModel):
    """What SendGrid has against a mail."""

    message: str
    field: str | None = None


class Errors(BaseModel):
    """SendGrid's answer when it refuses."""

    errors: list[Problem] = Field(min_length=1)


class OutboxTransport:
    """The mail's row is the outbox: it stays in the database, where the dashboard shows it."""

    def send(self, mail: MailRow, mail_from: str) -> str:
        """See ``Transport``."""
        return "outbox"


class SendGridTransport:
    """SendGrid's v3 API. It has no idempotency key: a mail that is sent twice arrives twice."""

    def __init__(self, api_key: str, host: str, timeout: float = 20) -> None:
        """``timeout`` in seconds, to connect and for each read."""
        self._client = SendGridAPIClient(api_key, host.rstrip("/")).client
        self._timeout = timeout

    def send(self, mail: MailRow, mail_from: str) -> str:
        """See ``Transport``."""
        try:
            response = self._client.mail.send.post(request_body=_message(mail, mail_from).get(), timeout=self._timeout)
        except HTTPError as error:
            raise _failure(error) from None
        except (OSError, HTTPException) as error:
            raise VendorUnavailable(f"SendGrid did not answer ({type(error).__name__}).") from None
        if response.status_code != HTTPStatus.ACCEPTED:
            raise VendorUnavailable(
                f"Something answered {response.status_code} where SendGrid was asked; see who does."
            )
        return str(response.headers.get("X-Message-Id", ""))


def transport_for(settings: Settings) -> Transport:
    """SendGrid when the settings have a key, else the outbox."""
    if settings.sendgrid_api_key is not None:
        return SendGridTransport(settings.sendgrid_api_key.get_secret_value(), settings.sendgrid_host)
    return OutboxTransport()


def _message(mail: MailRow, mail_from: str) -> Mail:
    """Links stay as they are and nobody's reading is watched, whatever the account's default is."""
    message = Mail(mail_from, subject=mail.subject, plain_text_content=mail.text, html_content=mail.html)
    for index, address in enumerate(mail.recipients):
        message.add_to(To(address, p=index))
        message.add_custom_arg(CustomArg("mail", mail.reference, p=index))
    message.header = [Header(name, value) for name, value in mail.headers.items()]
    for file in mail.attachments:
        content, shown = b64encode(file.content).decode(), "inline" if file.content_id else "attachment"
        message.add_attachment(Attachment(content, file.name, file.media_type, shown, file.content_id))
    message.category = Category(mail.kind)
    message.tracking_settings = TrackingSettings(ClickTracking(False, False), OpenTracking(False))
    return message


def _failure(error: HTTPError) -> VendorUnavailable | VendorRefused:
    status = error.status_code
    if status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS) or status >= 500:
        return VendorUnavailable(f"SendGrid answered {status}.", _retry_after(error.headers))
    if status == HTTPStatus.UNAUTHORIZED:
        return VendorUnavailable("SendGrid does not accept the API key; renew FOLLOWTHROUGH_SENDGRID_API_KEY.")
    advice = " Verify the sender in FOLLOWTHROUGH_MAIL_FROM, and give the API key the permission Mail Send."
    return VendorRefused(f"SendGrid refused: {_words(error)}{advice if status == HTTPStatus.FORBIDDEN else ''}")


def _retry_after(headers: Message) -> timedelta | None:
    """SendGrid's reset is in Unix time."""
    asked = pause_asked(headers.get("Retry-After", ""))
    if asked is None and (reset := headers.get("X-RateLimit-Reset", "")).isdecimal():
        return pause_asked(str(max(1, int(reset) - int(time.time()))))
    return asked


def _words(error: HTTPError) -> str:
    """SendGrid's own words, without addresses, for they end up in logs."""
    try:
        errors = Errors.model_validate_json(error.body).errors
        words = " ".join(f"{each.message} ({each.field})" if each.field else each.message for each in errors)
    except ValidationError:
        words = f"status {error.status_code}."
    return without_addresses(cut(one_line(words), LABEL))
