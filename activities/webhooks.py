"""Sends events to the endpoints of the organisation file, signed as Standard Webhooks says."""

import asyncio
import socket
import time
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from ssl import SSLError

import httpx
from sqlalchemy import Engine
from sqlmodel import Session
from standardwebhooks import Webhook
from temporalio import activity

from activities.vendors import pause_asked
from followthrough import __version__
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.organisation.webhooks import WebhookEndpoint
from followthrough.domain.answered.webhook.delivery import Outcome, may_go_to, outcome_of
from followthrough.secret_places import NoSecret, secret_in
from followthrough.settings import Settings
from followthrough.store import webhooks
from followthrough.store.webhook_tables import WebhookEventRow
from followthrough.store.webhooks import Logged, Tried
from workflows.messages.webhook import Delivered, DeliverWebhooks

ANSWERS_WITHIN = 20
"""Seconds that a receiver has, all in all."""
AT_ONCE = 50
"""Events that are sent before the workflow hears how far it is."""
SECRET_BYTES = range(24, 65)
"""By the specification."""


class NotSent(Exception):
    """It went nowhere; the message is a sentence that says why."""


class Webhooks:
    """The activity may be repeated: an event keeps its ``webhook-id``, by which receivers know it."""

    def __init__(self, settings: Settings, organisation: Callable[[], Organisation], database: Engine) -> None:
        self._networks = settings.webhook_networks
        self._organisation = organisation
        self._database = database

    @activity.defn
    async def deliver_webhooks(self, request: DeliverWebhooks) -> Delivered:
        """Sends what is due, the oldest first, and notes each answer; until one is that the receiver is away."""
        endpoint = self._organisation().webhooks.get(request.endpoint)
        if endpoint is None:
            return Delivered()
        async with httpx.AsyncClient(timeout=ANSWERS_WITHIN, follow_redirects=False, trust_env=False) as client:
            for _ in range(AT_ONCE):
                activity.heartbeat()
                due = await asyncio.to_thread(self._due, request)
                if not isinstance(due, Logged):
                    return Delivered(next_at=due)
                tried = await self._try(client, endpoint, due.event)
                goes_on = await asyncio.to_thread(self._note, due, tried, request.at)
                if not goes_on:
                    break
        due = await asyncio.to_thread(self._due, request)
        return Delivered(next_at=request.at if isinstance(due, Logged) else due)

    def _due(self, request: DeliverWebhooks) -> Logged | datetime | None:
        with Session(self._database, expire_on_commit=False) as session:
            return webhooks.next_due(session, request.endpoint, request.at)

    def _note(self, due: Logged, tried: Tried, now: datetime) -> bool:
        with Session(self._database) as session, session.begin():
            return webhooks.note_try(session, due.delivery.number, tried, now)

    async def _try(self, client: httpx.AsyncClient, endpoint: WebhookEndpoint, event: WebhookEventRow) -> Tried:
        began = time.monotonic()
        taken = partial(_milliseconds, began)
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                request = await self._request(client, endpoint, event)
                answer = await client.send(request, stream=True)  # what it says is not read
                await answer.aclose()
        except NotSent as error:
            return Tried(Outcome.AWAY, str(error), None)
        except (httpx.TransportError, httpx.InvalidURL, SSLError, TimeoutError) as error:
            return Tried(Outcome.AWAY, f"It did not answer ({type(error).__name__}).", taken())
        asked = pause_asked(answer.headers.get("Retry-After", ""))
        return Tried(outcome_of(answer.status_code), f"It answered {answer.status_code}.", taken(), asked)

    async def _request(
        self, client: httpx.AsyncClient, endpoint: WebhookEndpoint, event: WebhookEventRow
    ) -> httpx.Request:
        """To the address that was looked at, for another lookup may give another one. Raises NotSent."""
        url = httpx.URL(str(endpoint.url))
        headers = signed(event, endpoint.secrets, datetime.now(UTC))
        address = await self._address(url)
        return client.build_request(
            "POST",
            url.copy_with(host=address),
            content=event.body.encode(),
            headers={**headers, "Host": url.netloc.decode()},
            extensions={"sni_hostname": url.host},
        )

    async def _address(self, url: httpx.URL) -> str:
        """Raises NotSent where the name leads to nothing, or to where nothing may go."""
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise NotSent(f"There is no address of {url.host}; correct the organisation file.") from None
        addresses = [str(entry[4][0]) for entry in found]
        if not addresses or not all(may_go_to(address, self._networks) for address in addresses):
            raise NotSent(
                f"{url.host} is in a private network; list that in FOLLOWTHROUGH_WEBHOOK_NETWORKS if it is meant."
            )
        return addresses[0]


def signed(event: WebhookEventRow, places: tuple[str, ...], now: datetime) -> dict[str, str]:
    """The headers, with a signature by each secret. Raises NotSent where one is missing or none."""
    signatures = [Webhook(signing_key(place)).sign(event.id, now, event.body) for place in places]
    return {
        "Content-Type": "application/json",
        "User-Agent": f"Followthrough/{__version__}",
        "webhook-id": event.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def signing_key(place: str) -> bytes:
    """What the secret there stands for. Raises NotSent."""
    try:
        return _decoded(secret_in(place, "secret of a webhook"))
    except NoSecret as error:
        raise NotSent(str(error)) from None
    except ValueError:
        raise NotSent(
            f"What is in {place} is no secret of a webhook; make one with "
            '`echo "whsec_$(openssl rand -base64 32)"` and put it there.'
        ) from None


def _decoded(secret: str) -> bytes:
    """Raises ValueError."""
    key = b64decode(secret.removeprefix("whsec_"), validate=True)
    if not secret.startswith("whsec_") or len(key) not in SECRET_BYTES:
        raise ValueError("not as the specification says")
    return key


def _milliseconds(since: float) -> int:
    return round((time.monotonic() - since) / timedelta(milliseconds=1).total_seconds())
