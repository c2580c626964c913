"""Tokens for programs, and how a terminal gets one."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import update
from sqlmodel import Session, col

from followthrough.organisation_file import OrganisationFile
from followthrough.pkce import challenge_of
from followthrough.store.access_tables import TokenRow
from tests.standins import oidc
from tests.web.conftest import Web

READS, COMMANDS = {"name": "Reports", "scopes": ["read"]}, {"name": "CI", "scopes": ["command"]}
NOTE = {"command": "note", "by": "ines", "text": "Hello"}
NOBODY = "/api/incidents/inc-0000000000"


@pytest.fixture
async def ines(known: Web) -> AsyncIterator[httpx.AsyncClient]:
    """Signed in, with what her pages send."""
    async with known.browser() as browser:
        await oidc.sign_in(browser, oidc.INES)
        browser.headers["X-CSRF-Token"] = await oidc.csrf_of(browser)
        yield browser


async def made(browser: httpx.AsyncClient, new: Mapping[str, object]) -> dict[str, str]:
    answer = await browser.post("/api/tokens", json=new)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    token: dict[str, str] = answer.json()
    return token


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_token_may_what_its_scopes_say_until_it_is_revoked(known: Web, ines: httpx.AsyncClient) -> None:
    reads, commands = await made(ines, READS), await made(ines, COMMANDS)
    async with known.browser() as program:
        assert (await program.get("/api/items", headers=bearer(reads["token"]))).status_code == 200
        refused = await program.post(f"{NOBODY}/commands", json=NOTE, headers=bearer(reads["token"]))
        assert (refused.status_code, refused.json()["error"]) == (
            403,
            "The token 'Reports' may not command; make one with that scope.",
        )
        refused = await program.get("/api/items", headers=bearer(commands["token"]))
        assert (refused.status_code, "may not read" in refused.json()["error"]) == (403, True)
        assert (await program.get("/api/items", headers=bearer("ftp_guessed"))).status_code == 401
        assert (await ines.delete(f"/api/tokens/{reads['id']}")).json()["revoked_at"]
        gone = await program.get("/api/items", headers=bearer(reads["token"]))
        assert (gone.status_code, "followthrough token create" in gone.json()["error"]) == (401, True)


async def test_a_token_ends_by_itself_and_when_its_person_leaves(
    known: Web, ines: httpx.AsyncClient, without_tomas: OrganisationFile
) -> None:
    reads = await made(ines, READS)
    with Session(known.database) as session:
        past = {TokenRow.ends_at: datetime.now(UTC) - timedelta(seconds=1)}
        session.exec(update(TokenRow).where(col(TokenRow.id) == reads["id"]).values(past))
        session.commit()
    async with known.browser() as program:
        assert (await program.get("/api/items", headers=bearer(reads["token"]))).status_code == 401
        await oidc.sign_in(program, oidc.TOMAS)
        his = await made_by_form(program)
    for organisation, status in ((known.organisation, 200), (without_tomas, 401)):
        async with replace(known, organisation=organisation).browser() as program:
            assert (await program.get("/api/items", headers=bearer(his))).status_code == status


async def made_by_form(browser: httpx.AsyncClient) -> str:
    form = {"csrf": await oidc.csrf_of(browser), "name": "Mine", "days": "30", "scopes": ["read", "command"]}
    page = await browser.post("/tokens", data=form)
    assert page.status_code == 200, page.text
    found = re.search(r"<pre>(ft[ps]_[\w-]{43})</pre>", page.text)
    assert found
    return found[1]


async def test_the_page_shows_a_token_once_and_revokes_it(ines: httpx.AsyncClient) -> None:
    del ines.headers["X-CSRF-Token"]
    token = await made_by_form(ines)
    page = await ines.get("/tokens")
    assert token not in page.text
    revoke = re.search(r'action="(/tokens/[0-9a-f]{8}/revoke)"', page.text)
    assert revoke
    assert (await ines.post(revoke[1])).status_code == 403
    assert (await ines.post(revoke[1], data={"csrf": await oidc.csrf_of(ines)})).status_code == 303
    assert (await ines.get("/api/items", headers=bearer(token))).status_code == 401


async def test_only_administrators_have_tokens_of_services(known: Web, run_by_tomas: OrganisationFile) -> None:
    service = {"name": "the pager", "service": True, "scopes": ["command", "act for others"]}
    async with replace(known, organisation=run_by_tomas).browser() as browser:
        for user, status in ((oidc.INES, 403), (oidc.TOMAS, 201)):
            await oidc.sign_in(browser, user)
            csrf = {"X-CSRF-Token": await oidc.csrf_of(browser)}
            answer = await browser.post("/api/tokens", json=service, headers=csrf)
            assert answer.status_code == status, answer.text
        assert answer.json()["token"].startswith("fts_")
        assert (answer.json()["person"], answer.json()["made_by"]) == (None, "tomas")
        assert "the pager" in [one["name"] for one in (await browser.get("/api/tokens")).json()]
        await oidc.sign_in(browser, oidc.INES)
        assert "the pager" not in [one["name"] for one in (await browser.get("/api/tokens")).json()]


async def test_a_token_can_not_be_sent_in_an_address_or_read_from_a_page(ines: httpx.AsyncClient) -> None:
    token = (await made(ines, READS))["token"]
    async with httpx.AsyncClient(transport=ines._transport, base_url="http://localhost") as program:
        assert (await program.get(f"/api/items?token={token}&access_token={token}")).status_code == 401
    listed = await ines.get("/api/tokens")
    assert token not in listed.text
    assert "secret_hash" not in listed.text


ASKED = {"port": "51234", "state": "of the terminal", "challenge": challenge_of("verifier"), "name": "ines@laptop"}


async def test_a_browser_beside_the_terminal_brings_it_a_code(known: Web, ines: httpx.AsyncClient) -> None:
    page = await ines.get("/sign-in/terminal", params=ASKED)
    assert "ines@laptop" in page.text
    assert "form-action http://127.0.0.1:51234 'self'" in page.headers["content-security-policy"]
    back = await ines.post("/sign-in/terminal", data=ASKED)
    assert back.status_code == 303
    address = httpx.URL(back.headers["location"])
    assert (address.host, address.port, address.params["state"]) == ("127.0.0.1", 51234, "of the terminal")
    secret = address.params["code"]
    async with known.browser() as terminal:
        stolen = await terminal.post("/api/terminals/token", json={"secret": secret, "verifier": "another"})
        assert stolen.status_code == 403
        got = await terminal.post("/api/terminals/token", json={"secret": secret, "verifier": "verifier"})
        assert (got.status_code, got.json()["person"]) == (200, "ines")
        again = await terminal.post("/api/terminals/token", json={"secret": secret, "verifier": "verifier"})
        assert again.status_code == 403
        token = bearer(got.json()["token"])
        assert (await terminal.get("/api/tokens", headers=token)).json()[0]["name"] == "ines@laptop"
        assert (await terminal.delete("/api/terminals/token", headers=token)).status_code == 200
        assert (await terminal.get("/api/tokens", headers=token)).status_code == 401


async def test_a_code_can_be_typed_in_a_browser_anywhere(known: Web, ines: httpx.AsyncClient) -> None:
    async with known.browser() as terminal:
        asked = (await terminal.post("/api/terminals", json={"name": "build server"})).json()
        assert re.fullmatch(r"[A-Z]{4}-[A-Z]{4}", asked["code"])
        assert asked["url"] == "http://localhost/sign-in/terminal/code"
        mine = {"secret": asked["secret"]}
        assert (await terminal.post("/api/terminals/token", json=mine)).status_code == 202
        assert (await ines.post("/sign-in/terminal/code", data={"code": "WXYZ-WXYZ"})).status_code == 404
        typed = asked["code"].replace("-", " ").lower()
        asks = await ines.post("/sign-in/terminal/code", data={"code": typed})
        assert "build server" in asks.text
        assert (await terminal.post("/api/terminals/token", json=mine)).status_code == 202
        agreed = await ines.post("/sign-in/terminal/code", data={"code": asked["code"], "agreed": "true"})
        assert "The terminal acts as you now" in agreed.text
        got = await terminal.post("/api/terminals/token", json=mine)
        assert (got.status_code, got.json()["person"]) == (200, "ines")
        assert (await terminal.post("/api/terminals/token", json=mine)).status_code == 403


@pytest.mark.parametrize("port", ["80", "0", "70000", "1024.evil.example.com"])
async def test_a_code_is_brought_to_no_other_place(ines: httpx.AsyncClient, port: str) -> None:
    assert (await ines.get("/sign-in/terminal", params={**ASKED, "port": port})).status_code == 422
    assert (await ines.post("/sign-in/terminal", data={**ASKED, "port": port})).status_code == 422
