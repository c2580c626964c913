"""Whoever comes in, goes, or makes a token, is in the audit, with who was not let in."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session
from typer.testing import CliRunner

from followthrough.cli import app
from followthrough.domain.answered.access.actor import Door
from followthrough.oidc import Provider, SignInFailed
from followthrough.organisation_file import OrganisationFile
from followthrough.store import sessions
from tests.standins import oidc
from tests.web.audited import audited
from tests.web.conftest import Web
from tests.web.test_tokens import COMMANDS, READS, made, made_by_form

NOBODY = "nobody in the organisation"


def audit_tables(database: Engine) -> str:
    """All that the chain says, without what its pseudonyms stand for."""
    with database.connect() as connection:
        return str(connection.execute(text("SELECT * FROM audit_entry")).all())


async def test_who_signs_in_and_out_is_in_the_audit(known: Web, browser: httpx.AsyncClient) -> None:
    with audited(known.settings, known.database) as entries:
        await oidc.sign_in(browser, oidc.INES)
        await browser.post("/sign-out", data={"csrf": await oidc.csrf_of(browser)})
        await oidc.sign_in(browser, oidc.TOMAS)
        async with known.browser() as phone:
            await oidc.sign_in(phone, oidc.TOMAS)
        await browser.post("/you/sign-out-everywhere", data={"csrf": await oidc.csrf_of(browser)})
    assert entries.said() == [
        ("sign in", "ines", "done"),
        ("sign out", "ines", "done"),
        ("sign in", "tomas", "done"),
        ("sign in", "tomas", "done"),
        ("sign out everywhere", "tomas", "done"),
    ]
    assert {(line.through, line.from_address) for line in entries} == {(Door.SESSION, "127.0.0.1")}
    assert [line.act for line in entries] == ["sign-in", "sign-out", "sign-in", "sign-in", "sign-out"]
    assert int(entries[-1].details["sessions"]) >= 2


async def test_who_is_not_let_in_is_in_the_audit_without_a_name(
    known: Web, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lied(*_: object) -> None:
        raise SignInFailed("The signature of the sign-in provider's answer is wrong.")

    with audited(known.settings, known.database) as entries:
        assert (await oidc.sign_in(browser, oidc.STRANGER)).status_code == 403
        assert (await oidc.sign_in(browser, oidc.UNVERIFIED)).status_code == 403
        assert (await browser.get("/sign-in/callback?state=guessed&code=guessed")).status_code == 400
        begun = await browser.get("/sign-in")
        state = httpx.URL(begun.headers["location"]).params["state"]
        assert (await browser.get(f"/sign-in/callback?state={state}&error=access_denied")).status_code == 403
        monkeypatch.setattr(Provider, "claims", lied)
        assert (await oidc.sign_in(browser, oidc.INES)).status_code == 403
    assert [line.details["why"] for line in entries] == [
        NOBODY,
        NOBODY,
        "not begun in this browser, or too late",
        "not signed in at the provider",
        "the provider's answer does not hold",
    ]
    assert {(line.person, line.outcome, line.from_address) for line in entries} == {(None, "refused", "127.0.0.1")}
    assert not [word for word in ("eve@", "ines", "example", "127.0.0.1") if word in audit_tables(known.database)]


async def test_codes_for_when_the_provider_is_down_are_in_the_audit(
    known: Web, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("FOLLOWTHROUGH_DATA_DIR", str(known.settings.data_dir))
    monkeypatch.setenv("FOLLOWTHROUGH_ORGANISATION_FILE", "followthrough.example.yaml")
    with audited(known.settings, known.database) as entries:
        said = await asyncio.to_thread(CliRunner().invoke, app, ["break-glass", "ines", "Ask Tomás"])
        code = said.output.split()[0]
        statuses = [
            (await browser.post("/sign-in/code", data={"code": tried})).status_code for tried in ("x", code, code)
        ]
    assert statuses == [403, 303, 403]
    assert entries.said() == [
        ("make break-glass code", None, "done"),
        ("sign in", None, "refused"),
        ("sign in", "ines", "done"),
        ("sign in", None, "refused"),
    ]
    assert [line.to_person for line in entries] == ["ines", None, None, None]
    assert [line.through for line in entries] == [Door.THIS_MACHINE, *[Door.BREAK_GLASS] * 3]
    chained = audit_tables(known.database)
    assert not [word for word in (code, "Ask Tom", "ines") if word in chained]
    assert "ines" not in caplog.text


async def test_sessions_that_end_because_somebody_left_are_in_the_audit(
    known: Web, browser: httpx.AsyncClient, without_tomas: OrganisationFile
) -> None:
    await oidc.sign_in(browser, oidc.TOMAS)
    with audited(known.settings, known.database) as entries:
        async with replace(known, organisation=without_tomas).browser() as later:
            later.cookies = browser.cookies
            assert [(await later.get("/items")).status_code for _ in range(2)] == [401, 401]
            assert (await oidc.sign_in(later, oidc.TOMAS)).status_code == 403
    assert entries.said() == [("end sessions of who left", "tomas", "done"), ("sign in", None, "refused")]
    assert entries[0].act == "sign-out"


async def test_terminals_that_are_let_in_and_signed_out_are_in_the_audit(
    known: Web, browser: httpx.AsyncClient
) -> None:
    await oidc.sign_in(browser, oidc.INES)
    browser.headers["X-CSRF-Token"] = await oidc.csrf_of(browser)
    async with known.browser() as terminal:
        with audited(known.settings, known.database) as entries:
            asked = (await terminal.post("/api/terminals", json={"name": "ines@laptop"})).json()
            waits = await terminal.post("/api/terminals/token", json={"secret": asked["secret"]})
            guessed = await browser.post("/sign-in/terminal/code", data={"code": "BBBB-BBBB"})
            form = {"code": asked["code"], "agreed": "true"}
            assert (await browser.post("/sign-in/terminal/code", data=form)).status_code == 200
            got = [await terminal.post("/api/terminals/token", json={"secret": asked["secret"]}) for _ in range(2)]
            out = {"Authorization": f"Bearer {got[0].json()['token']}"}
            assert (await terminal.delete("/api/terminals/token", headers=out)).status_code == 200
    assert [answer.status_code for answer in (waits, guessed, *got)] == [202, 404, 200, 403]
    assert entries.said() == [
        ("let a terminal in", "ines", "refused"),
        ("let a terminal in", "ines", "done"),
        ("sign in a terminal", "ines", "done"),
        ("sign in a terminal", None, "refused"),
        ("sign out a terminal", "ines", "done"),
    ]
    assert entries[2].record == entries[4].record != ""
    assert "laptop" not in audit_tables(known.database)


async def test_a_code_that_reached_another_terminal_is_in_the_audit(known: Web, browser: httpx.AsyncClient) -> None:
    await oidc.sign_in(browser, oidc.INES)
    asked = {"port": "4000", "state": "s", "challenge": "of another", "name": "laptop"}
    with audited(known.settings, known.database) as entries:
        beside = await browser.post("/sign-in/terminal", data={**asked, "csrf": await oidc.csrf_of(browser)})
        code = httpx.URL(beside.headers["location"]).params["code"]
        stolen = await browser.post("/api/terminals/token", json={"secret": code, "verifier": "guessed"})
    assert stolen.status_code == 403
    assert entries.said() == [("let a terminal in", "ines", "done"), ("sign in a terminal", None, "refused")]
    assert entries[1].to_person == "ines"


async def test_tokens_that_are_made_and_revoked_are_in_the_audit(
    known: Web, browser: httpx.AsyncClient, run_by_tomas: OrganisationFile
) -> None:
    await oidc.sign_in(browser, oidc.INES)
    with audited(known.settings, known.database, "token") as entries:
        await made_by_form(browser)
        browser.headers["X-CSRF-Token"] = await oidc.csrf_of(browser)
        token = await made(browser, READS)
        await made(browser, COMMANDS)
        service = {"name": "the pager", "service": True, "scopes": ["command", "act for others"]}
        assert (await browser.post("/api/tokens", json=service)).status_code == 403
        async with replace(known, organisation=run_by_tomas).browser() as run:
            await oidc.sign_in(run, oidc.TOMAS)
            run.headers["X-CSRF-Token"] = await oidc.csrf_of(run)
            pager = (await run.post("/api/tokens", json=service)).json()["id"]
            assert (await run.post(f"/tokens/{pager}/revoke")).status_code == 303
            assert (await run.delete(f"/api/tokens/{token['id']}")).status_code == 200
        assert (await browser.delete(f"/api/tokens/{pager}")).status_code == 403
    assert entries.said() == [
        ("make token", "ines", "done"),
        ("make token", "ines", "done"),
        ("make token", "ines", "done"),
        ("make token", "ines", "forbidden"),
        ("make token", "tomas", "done"),
        ("revoke token", "tomas", "done"),
        ("revoke token", "tomas", "done"),
        ("revoke token", "ines", "forbidden"),
    ]
    until = (datetime.now(UTC) + timedelta(days=90)).date().isoformat()
    assert entries[1].details == {"of": "a person", "may": "read", "until": until}
    assert [(line.record, line.to_person) for line in entries[5:7]] == [(pager, None), (token["id"], "ines")]
    assert "Reports" not in audit_tables(known.database), "what people call a token may be a name"


async def test_what_is_made_by_a_token_or_at_the_machine_is_in_the_audit(
    alone: Web, known: Web, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await oidc.sign_in(browser, oidc.INES)
    browser.headers["X-CSRF-Token"] = await oidc.csrf_of(browser)
    administers = await made(browser, {"name": "ines's laptop", "scopes": ["administer", "read"]})
    with audited(known.settings, known.database) as entries:
        async with known.browser() as program, alone.browser() as local:
            program.headers["Authorization"] = f"Bearer {administers['token']}"
            await made(program, READS)
            await made(local, {"name": "the pager", "service": True, "scopes": ["command"]})
            assert (await local.post("/you", data={"person": "ines"})).status_code == 303
    (alone.settings.data_dir / "local-person").unlink()
    assert entries.said() == [
        ("make token", "ines", "done"),
        ("make token", None, "done"),
        ("choose who sits here", None, "done"),
    ]
    assert [line.through for line in entries] == [Door.TOKEN, Door.THIS_MACHINE, Door.THIS_MACHINE]
    assert (entries[0].token_name, entries[2].to_person) == ("ines's laptop", "ines")


def test_no_code_is_made_that_the_audit_can_not_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "audit-waiting.db").mkdir()
    monkeypatch.setenv("FOLLOWTHROUGH_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("FOLLOWTHROUGH_ORGANISATION_FILE", "followthrough.example.yaml")
    said = CliRunner().invoke(app, ["break-glass", "ines", "Ask Tomás"])
    assert (said.exit_code, "so nothing was done" in " ".join(said.output.split())) == (1, True)


async def test_nobody_is_signed_in_whom_the_audit_can_not_have(known: Web, tmp_path: Path) -> None:
    (tmp_path / "audit-waiting.db").mkdir()
    with Session(known.database) as session:
        code = sessions.make_code(session, "ines", "It is down", datetime.now(UTC), timedelta(hours=1))
    async with known.browser(data_dir=tmp_path) as browser:
        assert (await oidc.sign_in(browser, oidc.INES)).status_code == 503
        assert (await browser.post("/sign-in/code", data={"code": code})).status_code == 503
        assert (await browser.get("/items")).status_code == 401
    async with known.browser() as browser:
        assert (await browser.post("/sign-in/code", data={"code": code})).status_code == 303, "it is not used up"
