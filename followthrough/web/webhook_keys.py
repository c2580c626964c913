"""How each webhook knows who speaks: by a token, or by a signature of the body."""

import hashlib
import hmac
import time
from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Header, HTTPException, Request
from pydantic import SecretStr
from sendgrid.helpers.eventwebhook import EventWebhook

from followthrough.web.access import at_this_machine
from followthrough.web.dependencies import SettingsDep, require_bearer

OLDEST = 26 * 60 * 60
"""Seconds; SendGrid tries for 24 hours to deliver an event. What is repeated meanwhile changes nothing."""


async def _generic(request: Request, settings: SettingsDep) -> None:
    if settings.generic_token is None:
        raise _off("FOLLOWTHROUGH_GENERIC_TOKEN to the token it asks for")
    require_bearer(request, settings.generic_token)


async def _alertmanager(request: Request, settings: SettingsDep) -> None:
    if settings.alertmanager_token is not None:
        require_bearer(request, settings.alertmanager_token)
    elif not at_this_machine(request, settings):
        raise HTTPException(
            403,
            "Alerts from elsewhere than this machine need a token: set FOLLOWTHROUGH_ALERTMANAGER_TOKEN, and have "
            "Alertmanager send it as http_config.authorization.credentials.",
        )


async def _pagerduty(
    request: Request,
    settings: SettingsDep,
    x_pagerduty_signature: Annotated[str, Header(description="v1=HMAC-SHA256, ...")] = "",
) -> None:
    secrets = settings.pagerduty_secrets
    if not secrets:
        raise _off("FOLLOWTHROUGH_PAGERDUTY_SECRETS to the secrets of its subscription")
    if not _signed(await request.body(), "v1=", x_pagerduty_signature, secrets):
        raise _forged("The X-PagerDuty-Signature fits none of the secrets in FOLLOWTHROUGH_PAGERDUTY_SECRETS.")


async def _jira(
    request: Request,
    settings: SettingsDep,
    x_hub_signature: Annotated[str, Header(description="sha256=HMAC-SHA256 of the body")] = "",
) -> None:
    secrets = settings.jira_webhook_secrets
    if not secrets:
        raise _off("FOLLOWTHROUGH_JIRA_WEBHOOK_SECRETS to the secret that Jira has for it")
    if not _signed(await request.body(), "sha256=", x_hub_signature, secrets):
        raise _forged("The X-Hub-Signature fits none of the secrets in FOLLOWTHROUGH_JIRA_WEBHOOK_SECRETS.")


async def _sendgrid(
    request: Request,
    settings: SettingsDep,
    signature: Annotated[str, Header(alias="X-Twilio-Email-Event-Webhook-Signature")] = "",
    timestamp: Annotated[str, Header(alias="X-Twilio-Email-Event-Webhook-Timestamp")] = "",
) -> None:
    key = settings.sendgrid_webhook_key
    if not key:
        raise _off("FOLLOWTHROUGH_SENDGRID_WEBHOOK_KEY to the verification key in SendGrid")
    if not _signed_by_sendgrid(await request.body(), key, signature, timestamp):
        raise _forged("The signature does not fit FOLLOWTHROUGH_SENDGRID_WEBHOOK_KEY.")
    if not (timestamp.isascii() and timestamp.isdigit()) or float(timestamp) < time.time() - OLDEST:
        raise _forged("The signature is too old.")


FromGeneric = Depends(_generic)
FromAlertmanager = Depends(_alertmanager)
FromPagerDuty = Depends(_pagerduty)
FromJira = Depends(_jira)
FromSendGrid = Depends(_sendgrid)


def _off(setting: str) -> HTTPException:
    return HTTPException(403, f"This webhook is off; set {setting}.")


def _forged(sentence: str) -> HTTPException:
    return HTTPException(401, sentence)


def _signed(body: bytes, scheme: str, signatures: str, secrets: Sequence[SecretStr]) -> bool:
    """Whether one of the signatures is ``scheme`` and an HMAC-SHA256 with one of the secrets, in hexadecimal.

    There are two of each while they are rotated.
    """
    keys = (secret.get_secret_value().encode() for secret in secrets)
    expected = [(scheme + hmac.new(key, body, hashlib.sha256).hexdigest()).encode() for key in keys]
    given = [signature.strip().encode() for signature in signatures.split(",")]
    return any(hmac.compare_digest(one, other) for one in expected for other in given)


def _signed_by_sendgrid(body: bytes, key: str, signature: str, timestamp: str) -> bool:
    try:
        return bool(EventWebhook(key).verify_signature(body.decode(), signature, timestamp))
    except ValueError:
        return False
