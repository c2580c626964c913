"""SendGrid's event webhook, signed as SendGrid signs."""

import json
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sendgrid.helpers.eventwebhook import EventWebhookHeader
from sqlmodel import Session, col, select

from followthrough.domain.replayed.mail.notice_kinds import DigestKind
from followthrough.store.subscriptions import wants
from followthrough.store.tables import BouncedAddressRow, MailRow, MailState
from tests import records
from tests.records import NOW
from tests.waiting import eventually, found_rows
from tests.web.conftest import Web

KEY = ec.generate_private_key(ec.SECP256R1())
VERIFICATION_KEY = b64encode(KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def signed(events: Any, age: float = 0) -> dict[str, Any]:
    """A request's body and headers."""
    body, timestamp = json.dumps(events), str(int(time.time() - age))
    signature = b64encode(KEY.sign((timestamp + body).encode(), ec.ECDSA(hashes.SHA256()))).decode()
    headers = {
        EventWebhookHeader.SIGNATURE: signature,
        EventWebhookHeader.TIMESTAMP: timestamp,
        "Content-Type": "application/json",
    }
    return {"content": body, "headers": headers}


def event(kind: str, mail: MailRow, **more: Any) -> dict[str, Any]:
    """As SendGrid's reference shows them, with the mail's custom argument."""
    return {
        "email": mail.recipients[0],
        "timestamp": int(NOW.timestamp()),
        "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>",
        "event": kind,
        "category": [mail.kind],
        "sg_event_id": uuid4().hex,
        "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
        "mail": mail.reference,
        **more,
    }


BOUNCE = {"type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 <lucia@example.com> unknown", "tls": 1}
BLOCKED = {"type": "blocked", "status": "4.2.2", "reason": "452 over quota"}
DROPPED = {"reason": "Bounced Address", "status": "5.0.0"}


class Post:
    """What was sent, and what SendGrid says of it."""

    def __init__(self, web: Web, browser: httpx.AsyncClient) -> None:
        self.web = web
        self.browser = browser

    def sent(self, kind: str = "item-reminder", **fields: Any) -> MailRow:
        key = uuid4().hex
        mail = records.mail(f"{key}/lucia", **({"kind": kind, "person": "lucia", "reference": key} | fields))
        with Session(self.web.database, expire_on_commit=False) as session, session.begin():
            session.add(mail)
        return mail

    async def report(self, *events: dict[str, Any]) -> None:
        answer = await self.browser.post("/webhooks/sendgrid", **signed(events))
        assert answer.status_code == 204, answer.text

    def state(self, mail: MailRow) -> MailState:
        with Session(self.web.database) as session:
            return session.get_one(MailRow, mail.key).state

    async def told(self, mail: MailRow) -> MailRow:
        """The mail to who is next above, once it is there."""
        return await self.first(col(MailRow.key) == f"{mail.key}/undelivered")

    async def first(self, *conditions: Any) -> MailRow:
        return (await found_rows(self.web.database, select(MailRow).where(*conditions)))[0]


@pytest.fixture
async def post(web: Web) -> AsyncIterator[Post]:
    async with web.browser(sendgrid_webhook_key=VERIFICATION_KEY) as browser:
        yield Post(web, browser)
    with Session(web.database) as session, session.begin():
        for row in session.exec(select(BouncedAddressRow)):
            session.delete(row)


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        (lambda request: request["headers"].pop(EventWebhookHeader.SIGNATURE), 401, "does not fit"),
        (lambda request: request["headers"].update({EventWebhookHeader.SIGNATURE: "%"}), 401, "does not fit"),
        (lambda request: request["headers"].update({EventWebhookHeader.SIGNATURE: "\xff"}), 401, "does not fit"),
        (lambda request: request.update(content="[ ]"), 401, "does not fit"),
        (lambda request: request.update(signed([], age=27 * 3600)), 401, "too old"),
        (lambda request: request.update(signed({"event": "bounce"})), 422, "list"),
    ],
    ids=["unsigned", "malformed", "no text", "changed", "old", "no events"],
)
async def test_what_sendgrid_did_not_sign_just_now_is_not_taken(
    post: Post, change: Callable[[dict[str, Any]], None], status: int, words: str
) -> None:
    request = signed([])
    change(request)
    request["headers"] = {name: value.encode("latin-1") for name, value in request["headers"].items()}
    answer = await post.browser.post("/webhooks/sendgrid", **request)
    assert answer.status_code == status
    assert words in answer.json()["error"]


async def test_without_a_key_the_webhook_is_off_and_says_so(api: httpx.AsyncClient) -> None:
    answer = await api.post("/webhooks/sendgrid", **signed([]))
    assert answer.status_code == 403
    assert "FOLLOWTHROUGH_SENDGRID_WEBHOOK_KEY" in answer.json()["error"]


async def test_delivery_shows_in_the_outbox_and_what_is_not_ours_or_not_final_changes_nothing(post: Post) -> None:
    mail, waiting = post.sent(), post.sent()
    others = event("bounce", mail, **BOUNCE) | {"mail": "of another sender"}
    await post.report(event("delivered", mail, response="250 OK"), event("deferred", waiting, attempt="5"), others)
    assert (post.state(mail), post.state(waiting)) == (MailState.DELIVERED, MailState.SENT)
    assert "delivered" in (await post.browser.get(f"/outbox/{mail.key}")).text


@pytest.mark.parametrize(
    ("kind", "facts", "address_is_bad"),
    [("bounce", BOUNCE, True), ("bounce", BLOCKED, False), ("dropped", DROPPED, True)],
    ids=["bounce", "blocked", "dropped"],
)
async def test_what_does_not_arrive_is_told_to_the_manager_once_and_an_address_that_is_bad_is_listed(
    post: Post, kind: str, facts: dict[str, Any], address_is_bad: bool
) -> None:
    mail = post.sent()
    bounce = event(kind, mail, **facts)
    await post.report(bounce)
    told = await post.told(mail)
    await post.report(bounce, event("delivered", post.sent(person="marcos", recipients=["marcos@example.com"])))
    assert post.state(mail) is MailState.BOUNCED
    assert told.person == post.web.organisation().people["lucia"].manager
    assert "Due soon" in told.text
    assert "lucia@example.com" not in told.text
    listed = (await post.browser.get("/api/mails/unreachable")).json()
    assert [one["person"] for one in listed] == ["lucia"] * address_is_bad
    assert ("No mail reaches" in (await post.browser.get("/outbox")).text) is address_is_bad

    await post.report(event("delivered", post.sent()))
    assert (await post.browser.get("/api/mails/unreachable")).json() == []


async def test_each_event_of_a_batch_is_judged_alone(post: Post) -> None:
    mail = post.sent()
    strange: list[Any] = [
        {"event": "account_status_change", "type": "compliance_suspend", "timestamp": 1, "sg_event_id": uuid4().hex},
        {"event": "a new one", "email": "x@example.com", "timestamp": 10**30, "sg_event_id": "1"},
        event("bounce", mail, **BOUNCE) | {"timestamp": "when?"},
        event("bounce", mail, **BOUNCE) | {"email": ["lucia@example.com"]},
        event("delivered", post.sent(person="marcos", recipients=["marcos@example.com"])) | {"type": None, "extra": {}},
        event("delivered", post.sent(person="marcos", recipients=["marcos@example.com"])) | {"sg_event_id": 5},
        None,
        "bounce",
        [],
    ]
    await post.report(*strange, event("bounce", mail, **BOUNCE) | {"reason": "half a pair \ud83d", "category": 7})
    assert "half a pair" in (await post.told(mail)).text
    assert post.state(mail) is MailState.BOUNCED


async def test_a_bounce_whose_event_has_no_id_is_told_as_well(post: Post) -> None:
    mail = post.sent()
    await post.report({**event("bounce", mail, **BOUNCE), "sg_event_id": None})
    assert "Due soon" in (await post.told(mail)).text


async def test_a_delivery_that_is_reported_late_does_not_clear_an_address_that_bounced_after_it(post: Post) -> None:
    facts = {"email": "lucia@example.com", "type": "bounce", "reason": "550 5.1.10"}
    for kind, at in (("bounce", 2_000_000_000), ("delivered", 1_999_999_999)):
        await post.report(facts | {"event": kind, "timestamp": at, "sg_event_id": uuid4().hex})
    assert len((await post.browser.get("/api/mails/unreachable")).json()) == 1


@pytest.mark.parametrize("bounced", ["Lucia@Example.com", "status-updates@example.com"])
async def test_a_bounce_without_our_fields_lists_the_address_when_it_is_ours(post: Post, bounced: str) -> None:
    facts = {"event": "bounce", "type": "bounce", "reason": "550 5.1.10", "status": "5.1.10", "timestamp": 1}
    later = [facts | {"email": email, "sg_event_id": uuid4().hex} for email in (bounced, "stranger@elsewhere.example")]
    await post.report(*later, facts | {"email": "marcos@example.com", "type": "blocked", "sg_event_id": uuid4().hex})
    (listed,) = (await post.browser.get("/api/mails/unreachable")).json()
    assert (listed["address"], listed["reason"]) == (bounced.lower(), "550 5.1.10")


async def test_an_action_item_tells_who_is_above_its_owner_and_keeps_that_on_its_timeline(post: Post) -> None:
    declared = {"service": "checkout", "severity": "SEV3", "title": "Slow", "by": "ines"}
    incident = (await post.browser.post("/api/incidents", json=declared)).json()["incident"]
    propose = {"command": "propose action item", "by": "ines", "owner": "lucia", "kind": "detect", "priority": "high"}
    propose["title"] = "Alert 30 days before the certificate changes"
    answer = await post.browser.post(f"/api/incidents/{incident}/commands", json=propose)
    assert answer.is_success, answer.text
    item = f"{incident}.1"
    await post.first(col(MailRow.item_id) == item, col(MailRow.kind) == "item-proposed")
    mails = [post.sent(kind="item-escalation", incident_id=incident, item_id=item) for _ in range(2)]
    await post.report(*(event("bounce", mail, **BOUNCE) for mail in mails))
    told = await post.first(col(MailRow.item_id) == item, col(MailRow.kind) == "undelivered")
    assert told.person == "marcos"

    async def noted() -> list[str]:
        timeline = (await post.browser.get(f"/api/items/{item}")).json()["timeline"]
        return [entry["text"] for entry in timeline if "did not reach lucia" in entry["text"]]

    assert all("@" not in text for text in await eventually(noted, lambda texts: len(texts) >= 2))
    with Session(post.web.database) as session:
        of_item = select(MailRow).where(MailRow.item_id == item, MailRow.kind == "undelivered")
        assert len(session.exec(of_item).all()) == 1


async def test_what_people_tell_sendgrid_unsubscribes_them_from_a_digest_and_never_from_duties(post: Post) -> None:
    weekly, reminder = post.sent(kind=DigestKind.WEEKLY), post.sent()
    await post.report(event("group_unsubscribe", weekly), event("spamreport", reminder))
    with Session(post.web.database) as session:
        assert not wants(session, "lucia", DigestKind.WEEKLY)
        assert wants(session, "lucia", DigestKind.MONTHLY)
    (listed,) = (await post.browser.get("/api/mails/unreachable")).json()
    assert "reported as spam" in listed["reason"]
