"""Signing in at a provider, what holds while one is signed in, and what ends it."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from oidc_provider_mock import User
from sqlalchemy import update
from sqlmodel import Session, col, select

from followthrough.organisation_file import OrganisationFile
from followthrough.store import sessions
from followthrough.store.access_tables import SessionRow
from tests.standins import oidc
from tests.web.conftest import Web, words

HTML = {"Accept": "text/html"}


async def test_who_signs_in_sees_pages_and_is_named_on_them(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/items")).status_code == 401
    back = await oidc.sign_in(browser, oidc.INES, to="/items?late=true")
    assert (back.status_code, back.headers["location"]) == (303, "/items?late=true")
    page = await browser.get(back.headers["location"])
    assert page.status_code == 200
    assert "Inés Robles" in page.text
    assert (await browser.get("/api/incidents")).status_code == 200


async def test_addresses_are_the_same_in_capitals(browser: httpx.AsyncClient) -> None:
    await oidc.sign_in(browser, oidc.TOMAS)
    assert "Tomás Ferrer" in (await browser.get("/")).text


@pytest.mark.parametrize(
    ("user", "sentence"),
    [
        (oidc.STRANGER, "You are signed in as eve@example.net, and nobody in the organisation has that email."),
        (oidc.UNVERIFIED, "has not verified that ines@example.com is yours"),
    ],
)
async def test_who_is_not_known_is_told_so_and_whom_to_ask(
    known: Web, run_by_tomas: OrganisationFile, user: User, sentence: str
) -> None:
    async with replace(known, organisation=run_by_tomas).browser() as browser:
        browser.headers.update(HTML)
        refused = await oidc.sign_in(browser, user)
        assert refused.status_code == 403
        assert sentence in words(refused)
        assert "Ask Tomás Ferrer (tomas@example.com) about it." in words(refused)
        assert (await browser.get("/items")).status_code == 401


async def test_a_claim_of_the_provider_can_be_mapped(known: Web) -> None:
    async with known.browser(oidc_claim="preferred_username=key") as browser:
        assert (await oidc.sign_in(browser, oidc.INES)).status_code == 303
        assert (await browser.get("/items")).status_code == 200


@pytest.mark.parametrize(
    ("public_url", "name", "secure"),
    [("http://localhost", "followthrough", False), ("https://localhost", "__Host-followthrough", True)],
)
async def test_a_cookie_is_for_this_host_and_no_script(known: Web, public_url: str, name: str, secure: bool) -> None:
    async with known.browser(public_url=public_url) as browser:
        browser.base_url = httpx.URL(public_url)
        begun = await browser.get("/sign-in")
        back = await oidc.sign_in(browser, oidc.INES)
    for answer in (begun, back):
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(name)
        assert ("Secure" in cookie) == secure
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        assert answer.headers["cache-control"] == "no-store"


async def test_a_sign_in_counts_once_and_only_in_the_browser_that_began_it(
    known: Web, browser: httpx.AsyncClient
) -> None:
    begun = await browser.get("/sign-in")
    back = await oidc.sent_back(begun.headers["location"], oidc.INES)
    async with known.browser() as victim:
        victim.headers.update(HTML)
        lured = await victim.get(back)
        assert (lured.status_code, "not begun in this browser" in words(lured)) == (400, True)
        await victim.get("/sign-in")
        assert (await victim.get(back)).status_code == 400
        assert (await victim.get("/items")).status_code == 401
    for changed in (back.replace("state=", "state=x"), back.split("?")[0], f"{back}&iss=https://evil.example.com"):
        refused = await browser.get(changed)
        assert refused.status_code == 400, changed
    begun = await browser.get("/sign-in")
    back = await oidc.sent_back(begun.headers["location"], oidc.INES)
    assert (await browser.get(back)).status_code == 303
    assert (await browser.get(back)).status_code == 400


async def test_two_tabs_sign_in_side_by_side(browser: httpx.AsyncClient) -> None:
    first, second = await browser.get("/sign-in?to=/items"), await browser.get("/sign-in?to=/load")
    for begun, to in ((first, "/items"), (second, "/load")):
        back = await browser.get(await oidc.sent_back(begun.headers["location"], oidc.INES))
        assert back.headers["location"] == to


async def test_what_the_provider_is_asked_has_a_challenge_and_no_secret(browser: httpx.AsyncClient) -> None:
    asked = httpx.URL((await browser.get("/sign-in")).headers["location"]).params
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://localhost/sign-in/callback"
    assert set(asked["scope"].split()) == {"openid", "email", "profile"}
    assert all(len(asked[name]) >= 43 for name in ("state", "nonce", "code_challenge"))
    again = httpx.URL((await browser.get("/sign-in")).headers["location"]).params
    assert not {asked[name] for name in ("state", "nonce", "code_challenge")} & set(again.values())


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example.com/",
        "//evil.example.com",
        "/\\evil.example.com",
        "\\\\evil.example.com",
        "javascript:alert(1)",
        "items",
        "/sign-in?to=/",
        "/sign-out",
        " /items",
        "/items\\@evil.example.com",
    ],
)
async def test_nobody_is_sent_elsewhere_after_signing_in(browser: httpx.AsyncClient, to: str) -> None:
    assert (await oidc.sign_in(browser, oidc.INES, to=to)).headers["location"] == "/"


async def test_a_page_that_needs_somebody_leads_back_after_signing_in(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/items?owner=ines&late=true", headers=HTML)
    assert page.status_code == 401
    link = re.search(r'href="(/sign-in\?[^"]+)"', page.text)
    assert link
    begun = await browser.get(link[1].replace("&amp;", "&"))
    back = await browser.get(await oidc.sent_back(begun.headers["location"], oidc.INES))
    assert back.headers["location"] == "/items?owner=ines&late=true"


async def test_signing_out_ends_the_session_here(browser: httpx.AsyncClient) -> None:
    await oidc.sign_in(browser, oidc.INES)
    cookies = dict(browser.cookies)
    csrf = await oidc.csrf_of(browser)
    out = await browser.post("/sign-out", data={"csrf": csrf})
    assert (out.status_code, "You are signed out" in out.text) == (200, True)
    assert "followthrough" not in browser.cookies
    stolen = await browser.get("/items", headers={"Cookie": f"followthrough={cookies['followthrough']}"})
    assert stolen.status_code == 401


async def test_what_is_shown_to_who_is_signed_in_is_kept_nowhere(browser: httpx.AsyncClient) -> None:
    await oidc.sign_in(browser, oidc.INES)
    for path in ("/", "/items", "/you", "/api/items", "/services/checkout/playbook.md"):
        assert (await browser.get(path)).headers["cache-control"] == "no-store"
    assert "no-store" not in (await browser.get("/static/style.css")).headers.get("cache-control", "")


async def test_a_form_that_no_page_of_the_session_had_changes_nothing(known: Web, browser: httpx.AsyncClient) -> None:
    await oidc.sign_in(browser, oidc.INES)
    async with known.browser() as other:
        await oidc.sign_in(other, oidc.TOMAS)
        others = await oidc.csrf_of(other)
    for form in ({}, {"csrf": ""}, {"csrf": others}):
        refused = await browser.post("/sign-out", data=form)
        assert (refused.status_code, "open its page again" in refused.text) == (403, True)
    typed = {"text": "What took an hour", "csrf": others}
    where = "/incidents/inc-0000000000/postmortem/edit"
    async with known.browser() as nobody:
        for who, status in ((browser, 403), (nobody, 401)):
            lost = await who.post(where, data=typed, headers={"Accept": "text/html"})
            assert (lost.status_code, ">What took an hour</textarea>" in lost.text) == (status, True)
    refused = await browser.post("/api/blameless", json={"text": "Hello"})
    assert refused.status_code == 403
    headers = {"X-CSRF-Token": await oidc.csrf_of(browser)}
    assert (await browser.post("/api/blameless", json={"text": "Hello"}, headers=headers)).status_code == 200
    assert (await browser.get("/items")).status_code == 200


async def test_signing_out_everywhere_ends_all_of_ones_sessions(known: Web, browser: httpx.AsyncClient) -> None:
    async with known.browser() as phone, known.browser() as other:
        for each, user in ((browser, oidc.INES), (phone, oidc.INES), (other, oidc.TOMAS)):
            await oidc.sign_in(each, user)
        assert (await browser.post("/you/sign-out-everywhere", data={"csrf": await oidc.csrf_of(browser)})).is_success
        assert [(await each.get("/items")).status_code for each in (browser, phone, other)] == [401, 401, 200]


async def test_a_session_ends_when_it_is_idle_for_too_long_and_in_any_case_some_day(
    known: Web, browser: httpx.AsyncClient
) -> None:
    for column in (SessionRow.seen_at, SessionRow.ends_at):
        await oidc.sign_in(browser, oidc.INES)
        assert (await browser.get("/items")).status_code == 200
        with Session(known.database) as session:
            mine = col(SessionRow.secret_hash) == sessions.hashed(browser.cookies["followthrough"])
            session.exec(update(SessionRow).where(mine).values({column: datetime.now(UTC) - timedelta(hours=13)}))
            session.commit()
        assert (await browser.get("/items")).status_code == 401


async def test_a_session_ends_when_its_person_leaves(known: Web, without_tomas: OrganisationFile) -> None:
    async with known.browser() as browser:
        await oidc.sign_in(browser, oidc.TOMAS)
        assert (await browser.get("/items")).status_code == 200
        async with replace(known, organisation=without_tomas).browser() as later:
            later.cookies = browser.cookies
            assert (await later.get("/items")).status_code == 401
        with Session(known.database) as session:
            assert session.exec(select(SessionRow).where(SessionRow.person == "tomas")).all() == []
        refused = await oidc.sign_in(browser, oidc.TOMAS)
        assert refused.status_code == 303
    async with replace(known, organisation=without_tomas).browser() as browser:
        assert (await oidc.sign_in(browser, oidc.TOMAS)).status_code == 403


async def test_whoever_is_signed_in_stays_so_while_the_provider_is_down(known: Web) -> None:
    with oidc.provider() as issuer:
        async with known.browser(oidc_issuer=issuer) as browser:
            await oidc.sign_in(browser, oidc.INES)
            cookies = browser.cookies
    async with known.browser(oidc_issuer=issuer) as browser:
        browser.cookies = cookies
        browser.headers.update(HTML)
        assert (await browser.get("/items")).status_code == 200
        down = await browser.get("/sign-in")
        assert (down.status_code, down.headers["retry-after"]) == (503, "60")
        assert "links in mails work" in words(down)
        assert "/sign-in/code" in down.text


async def test_what_a_provider_publishes_is_asked_for_once(known: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    send = httpx.AsyncHTTPTransport.handle_async_request

    async def counted(transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return await send(transport, request)

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", counted)
    async with known.browser() as browser:
        for user in (oidc.INES, oidc.TOMAS):
            assert (await oidc.sign_in(browser, user)).status_code == 303
    assert (asked.count("/.well-known/openid-configuration"), asked.count("/jwks")) == (1, 1)


async def test_a_break_glass_code_signs_in_once_for_an_hour(known: Web, browser: httpx.AsyncClient) -> None:
    with Session(known.database) as session:
        code = sessions.make_code(session, "ines", "The provider is down", datetime.now(UTC), timedelta(hours=1))
    assert (await browser.post("/sign-in/code", data={"code": "guessed"})).status_code == 403
    entered = await browser.post("/sign-in/code", data={"code": f" {code} ", "to": "/load"})
    assert (entered.status_code, entered.headers["location"]) == (303, "/load")
    assert "Inés Robles" in (await browser.get("/load")).text
    assert "break-glass code" in words(await browser.get("/you"))
    assert (await browser.post("/sign-in/code", data={"code": code})).status_code == 403
    with Session(known.database) as session:
        ends = session.exec(select(SessionRow.ends_at).where(SessionRow.door == "break-glass code")).all()
    assert ends
    assert max(ends) <= datetime.now(UTC) + timedelta(hours=1)


async def test_guessing_and_hammering_are_slowed_down(known: Web) -> None:
    async with known.browser() as browser:
        answers = [await browser.post("/sign-in/code", data={"code": str(guess)}) for guess in range(11)]
        assert [answer.status_code for answer in answers] == [403] * 10 + [429]
        assert int(answers[-1].headers["retry-after"]) <= 60
        began = [(await browser.get("/sign-in/callback")).status_code for _ in range(101)]
        assert began == [400] * 100 + [429]
