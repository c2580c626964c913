"""`followthrough login` and `logout` against a service where people sign in, with a browser beside them and without."""

import asyncio
import contextlib
import re
import socket
import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import httpx
import keyring
import pytest
import uvicorn
from keyring.backend import KeyringBackend
from keyring.backends import fail
from keyring.errors import PasswordDeleteError
from typer.testing import CliRunner, Result

from followthrough.cli import app
from tests.standins import oidc
from tests.web.conftest import Web


class InMemory(KeyringBackend):
    """A keyring of the system, for the tests alone."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError


@pytest.fixture
async def url(known: Web, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[str]:
    """Where the service is, which the command line knows."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(known.app(public_url=url), log_level="warning"))
        server.capture_signals = contextlib.nullcontext  # type: ignore[assignment,method-assign]
        task = asyncio.create_task(server.serve(sockets=[listener]))
        monkeypatch.setenv("FOLLOWTHROUGH_URL", url)
        monkeypatch.setenv("FOLLOWTHROUGH_CONFIG_DIR", str(tmp_path / "config"))
        yield url
        server.should_exit = True
        await task


async def run(*arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, arguments)


def forms(page: httpx.Response) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text[page.text.index("<main") :])
    return dict(found)


async def agree_beside(url: str, address: str) -> None:
    """What somebody does in the browser that opens."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as browser:
        await oidc.sign_in(browser, oidc.INES)
        back = await browser.post("/sign-in/terminal", data=forms(await browser.get(address)))
        await browser.get(back.headers["location"])


async def agree_anywhere(url: str, code: str) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=60) as browser:
        await oidc.sign_in(browser, oidc.INES)
        typed = forms(await browser.get("/sign-in/terminal/code")) | {"code": code}
        asks = await browser.post("/sign-in/terminal/code", data=typed)
        await browser.post("/sign-in/terminal/code", data=forms(asks))


@pytest.fixture
def opened(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser is beside the terminal, and somebody agrees in it."""

    def open_browser(address: str) -> bool:
        Thread(target=lambda: asyncio.run(agree_beside(url, address))).start()
        return True

    monkeypatch.setattr("webbrowser.open", open_browser)


async def test_a_terminal_signs_in_by_the_browser_beside_it(
    url: str, opened: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    system = InMemory()
    monkeypatch.setattr(keyring.core, "_keyring_backend", system)
    assert (await run("token", "list")).exit_code == 1
    signed_in = await run("login")
    assert signed_in.exit_code == 0, signed_in.output
    assert f"You are ines at {url}; the token is in the system's keyring." in signed_in.output
    (token,) = system.kept.values()
    files = (tmp_path / "config").iterdir()
    assert not any(token in file.read_text() for file in files)
    assert (await run("token", "list")).exit_code == 0
    assert (await run("logout")).exit_code == 0
    assert (system.kept, (await run("token", "list")).exit_code) == ({}, 1)
    assert "Sign in first" in (await run("accept", "inc-0000000000.1")).output
    async with httpx.AsyncClient() as thief:
        assert (await thief.get(f"{url}/api/tokens", headers={"Authorization": f"Bearer {token}"})).status_code == 401


async def test_without_a_keyring_the_token_is_in_a_file_for_its_owner_alone(
    url: str, opened: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(keyring.core, "_keyring_backend", fail.Keyring())  # type: ignore[no-untyped-call]
    signed_in = await run("login")
    file = tmp_path / "config" / "tokens.json"
    assert "tokens.json" in signed_in.output.replace("\n", "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["tokens.json"]
    made = await run("token", "create", "a script", "--scope", "read", "--json")
    assert '"ftp_' in made.output
    assert (await run("logout")).exit_code == 0
    assert "ftp_" not in file.read_text()
    assert "not signed in" in (await run("logout")).output


async def test_a_terminal_without_a_browser_shows_a_code(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring.core, "_keyring_backend", fail.Keyring())  # type: ignore[no-untyped-call]
    said: list[str] = []
    monkeypatch.setattr("followthrough.cli.login.out.print", lambda text, **_: said.append(text))

    def agree_meanwhile(_: float) -> None:
        found = re.search(r"type ([A-Z]{4}-[A-Z]{4}) there", said[0])
        assert found
        asyncio.run(agree_anywhere(url, found[1]))

    monkeypatch.setattr("followthrough.cli.login.sleep", agree_meanwhile)
    signed_in = await run("login", "--no-browser")
    assert signed_in.exit_code == 0, signed_in.output
    assert f"{url}/sign-in/terminal/code" in said[0]
    assert said[-1].startswith(f"You are ines at {url}")


async def test_a_code_for_when_the_provider_is_down_is_made_on_the_machine(
    known: Web, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOLLOWTHROUGH_DATA_DIR", str(known.settings.data_dir))
    monkeypatch.setenv("FOLLOWTHROUGH_PUBLIC_URL", url)
    monkeypatch.setenv("FOLLOWTHROUGH_ORGANISATION_FILE", "followthrough.example.yaml")
    assert "Nobody in the organisation is 'eve'" in (await run("break-glass", "eve", "Why not")).output
    made = await run("break-glass", "ines", "The provider is down")
    code = made.output.split()[0]
    async with replace(known).browser() as browser:
        assert (await browser.post("/sign-in/code", data={"code": code})).status_code == 303
        assert "Inés Robles" in (await browser.get("/items")).text
