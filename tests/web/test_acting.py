"""Acting by the links in mails, on the real engine."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import func
from sqlmodel import Session, select
from temporalio.client import Client

from followthrough.domain.answered.choices import DECIDE, NAMES
from followthrough.domain.replayed.ids import incident_of
from followthrough.links import ExpiredLink, Link, Links
from followthrough.organisation_file import OrganisationFile
from followthrough.store.database import open_database
from followthrough.store.tables import MailRow, UsedLinkRow
from tests.waiting import eventually
from tests.web.conftest import SETTINGS, Web
from tests.web.test_api import UNKNOWN, declare, get, give, with_item

assert SETTINGS.link_secret is not None
LINKS_SECRET = SETTINGS.link_secret.get_secret_value()
LINKS = Links([LINKS_SECRET])
REASON = {"reason": "Her team knows the queue"}


def link(purpose: str, item: str, person: str = "tomas", links: Links = LINKS) -> str:
    """As in a mail that no other test has."""
    return f"/act/{links.sign(Link.in_mail(uuid4().hex, purpose, person, item))}"


def words(answer: httpx.Response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text[answer.text.index("<main") :]).replace("&#39;", "'").split())


async def updates(client: Client, item: str) -> int:
    """How many commands its workflow took."""
    history = await client.get_workflow_handle(item).fetch_history()
    return sum(event.HasField("workflow_execution_update_accepted_event_attributes") for event in history.events)


async def test_looking_changes_nothing_and_sending_the_form_acts(web: Web, api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    accept = link("accept", item)
    for look in (await api.get(accept), await api.head(accept), await api.get(accept)):
        assert look.status_code == 200
        assert look.headers["cache-control"] == "no-store"
        assert look.headers["referrer-policy"] == "same-origin"
        assert look.headers["x-robots-tag"] == "noindex"
    assert (await get(api, f"items/{item}"))["status"] == "proposed"
    page = await api.get(accept)
    for fact in ("Alert on queue depth", "noticed sooner next time, after a SEV2", "as Tomás Ferrer", "0 times"):
        assert fact in words(page)

    done = await api.post(accept)
    assert done.status_code == 200
    assert f"Action item {item} of Tomás Ferrer is accepted" in words(done)
    shown = await get(api, f"items/{item}")
    assert shown["status"] == "accepted"
    assert ("Accepted", "tomas") in [(entry["text"], entry["author"]) for entry in shown["timeline"]]


async def test_a_link_acts_once_even_when_it_is_sent_twice_at_once(web: Web, api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    assert (await api.post(link("accept", item))).status_code == 200
    more = {"until": str((datetime.now(UTC) + timedelta(days=60)).date()), "reason": "The vendor is late"}
    extend = link("extend", item, "marcos")
    before = await updates(web.client, item)
    answers = await asyncio.gather(*(api.post(extend, data=more) for _ in range(3)))
    assert {answer.status_code for answer in answers} <= {200, 410}
    again = await api.post(extend, data=more | {"until": str((datetime.now(UTC) + timedelta(days=90)).date())})
    assert (again.status_code, "acts once" in words(again)) == (410, True)
    assert (await api.get(extend)).status_code == 410
    assert (await get(api, f"items/{item}"))["extensions"] == 1
    assert await updates(web.client, item) == before + 1


async def test_more_people_than_the_database_has_connections_press_their_links_at_once(
    api: httpx.AsyncClient,
) -> None:
    incident, many = await declare(api), 30
    for _ in range(many):
        await give(api, incident, "propose action item", title="Alert on queue depth", owner="tomas", kind="detect")
    pressed = [api.post(link("accept", f"{incident}.{number + 1}")) for number in range(many)]
    assert {answer.status_code for answer in await asyncio.gather(*pressed)} == {200}


async def test_it_acts_once_also_after_its_workflow_has_ended(api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    waive = link("waive", item, "marcos")
    assert (await api.post(waive, data={"reason": "The queue goes away"})).status_code == 200
    assert "has been used" in words(await api.post(waive, data={"reason": "The queue goes away"}))


async def test_a_refused_command_leaves_the_link_and_what_was_typed(web: Web, api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    assert (await api.post(link("accept", item))).status_code == 200
    done = link("done", item)
    refused = await api.post(done, data={"evidence": "done, trust me", "note": "<b>see</b> there"})
    assert refused.status_code == 409
    assert "Link to what shows it: a change, a dashboard or a test: Input should be a valid URL" in words(refused)
    assert 'value="done, trust me"' in refused.text
    assert "&lt;b&gt;see&lt;/b&gt; there</textarea>" in refused.text
    assert (await api.post(done, data={"evidence": "https://git.example.com/1"})).status_code == 200

    extend = link("extend", await with_item(api), "marcos")
    yesterday = str((datetime.now(UTC) - timedelta(days=1)).date())
    for typed, sentence in (
        ({"until": yesterday, "reason": "Why not"}, "an extension has to end later"),
        ({"until": "soon", "reason": "Why not"}, "write the day like 2026-12-31"),
        ({"until": yesterday}, "Why: this can't be left out"),
    ):
        answer = await api.post(extend, data=typed)
        assert (answer.status_code, sentence in words(answer)) == (409, True), words(answer)
    reassign = link("reassign", await with_item(api), "marcos")
    unknown = await api.post(reassign, data={"to": "zoe"} | REASON)
    assert "no person 'zoe'" in words(unknown)
    assert (await api.post(reassign, data={"to": "ines"} | REASON)).status_code == 200


@pytest.mark.parametrize(
    ("spoil", "status", "sentence"),
    [
        (lambda item: link("accept", item) + "x", 400, "cut off or changed"),
        (lambda item: link("accept", item, links=Links(["another secret"])), 400, "cut off or changed"),
        (lambda item: link("calendar", item), 400, "cut off or changed"),
        (lambda item: link("accept", item, links=_signed(days_ago=15)), 410, "has expired"),
        (lambda item: link("done", item), 409, "nothing to decide now. Action item"),
        (lambda item: link("accept", item, "lucia"), 409, "nothing to decide now. Action item"),
        (lambda item: link("accept", item, "zoe"), 410, "for zoe, who is not there any more"),
        (lambda item: link("accept", f"{UNKNOWN}.1"), 404, "no inc-0000000000.1 here"),
    ],
    ids=["changed", "forged", "other purpose", "expired", "moved on", "reassigned", "unknown person", "unknown item"],
)
async def test_a_link_that_does_not_act_says_why(
    api: httpx.AsyncClient, spoil: Callable[[str], str], status: int, sentence: str
) -> None:
    item = await with_item(api)
    for answer in (
        await api.get(spoil(item), headers={"Accept": "text/html"}),
        await api.post(spoil(item), headers={"Accept": "text/html"}),
    ):
        assert (answer.status_code, sentence in words(answer)) == (status, True), words(answer)
        assert "<form" not in answer.text
    assert (await get(api, f"items/{item}"))["status"] == "proposed"


def _signed(days_ago: int) -> Links:
    return Links([LINKS_SECRET], lambda: datetime.now(UTC) - timedelta(days=days_ago))


async def test_who_left_acts_no_more(web: Web, api: httpx.AsyncClient, without_tomas: OrganisationFile) -> None:
    item = await with_item(api)
    async with replace(web, organisation=without_tomas).browser() as later:
        answer = await later.post(link("accept", item))
    assert (answer.status_code, "not there any more" in words(answer)) == (410, True)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example.com"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
async def test_other_sites_can_not_send_the_form(api: httpx.AsyncClient, headers: dict[str, str], status: int) -> None:
    item = await with_item(api)
    assert (await api.post(link("accept", item), headers=headers)).status_code == status
    assert (await get(api, f"items/{item}"))["status"] == ("accepted" if status == 200 else "proposed")


async def test_each_choice_asks_for_what_its_command_needs(api: httpx.AsyncClient) -> None:
    item = await with_item(api)

    async def asked(purpose: str, person: str = "tomas") -> list[tuple[str, str]]:
        answer = await api.get(link(purpose, item, person))
        assert answer.status_code == 200, words(answer)
        fields = re.findall(r"<(?:input|textarea|select) id=\"(\w+)\"[^>]*?( required)?>", answer.text)
        assert all(f'<label for="{name}"' in answer.text for name, _ in fields)
        return [(name, required.strip()) for name, required in fields]

    assert await asked("accept") == []
    assert await asked("decline") == [("reason", "required")]
    assert await asked("reassign") == [("to", "required"), ("reason", "required")]
    page = (await api.get(link("reassign", item))).text
    assert re.findall(r'optgroup label="(\w+)"', page) == ["Payments", "Others"]
    assert page.index("Lucía Prieto") < page.index("Others") < page.index("Wei Zhang")
    assert "Tomás Ferrer</option>" not in page
    assert await asked("waive", "marcos") == [("reason", "required"), ("until", "")]
    await give(api, item, "accept", by="tomas")
    assert await asked("done") == [("evidence", "required"), ("evidence_kind", ""), ("note", "")]
    assert await asked("block") == [("reason", "required"), ("until", "required")]
    due = datetime.fromisoformat((await get(api, f"items/{item}"))["plan"]["due"])
    assert f'min="{due.date() + timedelta(days=1)}"' in (await api.get(link("extend", item))).text
    await give(api, item, "done", by="tomas", evidence="https://git.example.com/1")
    assert await asked("does-not-hold", "marcos") == [("note", "required")]
    missing = await api.post(link("does-not-hold", item, "marcos"))
    assert "What is missing: this can't be left out." in words(missing)
    assert (await api.post(link("holds", item, "marcos"))).status_code == 200
    assert (await get(api, f"items/{item}"))["status"] == "closed"


async def test_a_role_is_acknowledged_and_a_postmortem_reviewed_by_link(api: httpx.AsyncClient) -> None:
    incident = await declare(api)
    assert (await give(api, incident, "assign role", role="Resolver", person="lucia")).status_code == 200
    assert (await api.post(link("acknowledge", incident, "lucia"))).status_code == 200
    roles = {role["person"]: role["acknowledged_at"] for role in (await get(api, f"incidents/{incident}"))["roles"]}
    assert roles["lucia"] is not None
    await give(api, incident, "resolve", summary="Stayed well for an hour")
    await give(api, incident, "submit postmortem", text="# What we learned")
    page = await api.get(link("return-postmortem", incident, "tomas"))
    assert f'href="/incidents/{incident}/postmortem"' in page.text
    assert (await api.post(link("approve-postmortem", incident, "tomas"))).status_code == 200
    assert (await get(api, f"incidents/{incident}"))["postmortem"]["review"]["by"] == "tomas"


async def test_a_link_of_a_daily_mail_leads_to_all_that_can_be_decided(api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    decide = f"/decide/{LINKS.sign(Link.in_mail(uuid4().hex, DECIDE, 'tomas', item))}"
    page = await api.get(decide)
    assert "noticed sooner next time" in words(page)
    choices = dict(re.findall(r'<a href="(/act/[^"]+)">([^<]+)</a>', page.text))
    assert list(choices.values()) == ["Accept it", "Decline it", "Pass it on to somebody else"]
    assert (await api.post(decide)).status_code == 405
    accept = next(path for path, label in choices.items() if label == "Accept it")
    assert (await api.post(accept)).status_code == 200
    assert "It is done, and this shows it" in words(await api.get(decide))
    again = re.findall(r'<a href="(/act/[^"]+)">', (await api.get(decide)).text)
    assert {(await api.get(path)).status_code for path in again} == {200}
    assert (await api.get(accept)).status_code == 410

    none = await api.get(f"/decide/{LINKS.sign(Link.in_mail(uuid4().hex, DECIDE, 'sam', item))}")
    assert (none.status_code, "nothing for you to decide" in words(none)) == (200, True)
    assert (await api.get(link("accept", item).replace("/act/", "/decide/"))).status_code == 400


async def test_the_choices_of_a_daily_mail_end_with_it(web: Web, api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    lifetime = web.organisation().policies.mails.links_expire
    sent = datetime.now(UTC) - lifetime + timedelta(hours=1)
    mail = Links([LINKS_SECRET], lambda: sent).sign(Link.in_mail(uuid4().hex, DECIDE, "tomas", item))
    page = await api.get(f"/decide/{mail}")
    offered = re.findall(r'<a href="/act/([^"]+)">', page.text)
    assert len(offered) == 3
    in_two_hours = Links([LINKS_SECRET], lambda: datetime.now(UTC) + timedelta(hours=2))
    for token in offered:
        assert LINKS.read(token, NAMES, lifetime)
        with pytest.raises(ExpiredLink):
            in_two_hours.read(token, NAMES, lifetime)


async def test_no_token_is_logged_or_shown_to_others(
    web: Web, api: httpx.AsyncClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    item = await with_item(api)
    accept = link("accept", item)
    broken = open_database(f"sqlite:///{tmp_path}/without-tables.db")
    async with replace(web, database=broken).browser() as browser:
        assert (await browser.get(accept)).status_code == 503
    broken.dispose()
    assert "The database did not answer GET /act/…: OperationalError" in caplog.text
    assert accept not in caplog.text

    mails = await eventually(lambda: _mails(web, item))
    outbox = f"/outbox/{mails[0].key}"
    async with web.browser(sendgrid_api_key=SecretStr("SG.key")) as browser:
        for path in (outbox, f"{outbox}?part=html"):
            assert "/act/" in (await api.get(path)).text
            shown = (await browser.get(path)).text
            assert "/act/…" in shown
            assert not re.search(r"/act/[\w.]", shown)


async def test_a_scanner_that_opens_every_link_of_every_mail_changes_nothing(web: Web, api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    await get(api, f"items/{item}")
    mails = await eventually(lambda: _mails(web, item))
    incident = incident_of(item)
    mails += _mails(web, None)
    found = {match for mail in mails for match in re.findall(r"https?://[^\s)>\"]+", mail.text + mail.html)}
    ours = {
        url.removeprefix(SETTINGS.resolved_public_url) for url in found if url.startswith(SETTINGS.resolved_public_url)
    }
    assert [path for path in ours if path.startswith("/act/")]
    before = [await get(api, f"items/{item}"), await get(api, f"incidents/{incident}"), _used(web)]
    for path in ours:
        for method in ("HEAD", "GET"):
            assert (await api.request(method, path)).status_code in (200, 303, 404, 405, 409, 410), path
    assert [await get(api, f"items/{item}"), await get(api, f"incidents/{incident}"), _used(web)] == before


def _mails(web: Web, item: str | None) -> list[MailRow]:
    query = select(MailRow) if item is None else select(MailRow).where(MailRow.item_id == item)
    with Session(web.database) as session:
        return list(session.exec(query))


def _used(web: Web) -> int:
    with Session(web.database) as session:
        return session.exec(select(func.count()).select_from(UsedLinkRow)).one()
