import asyncio
import contextlib
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Browser, async_playwright, expect
from sqlalchemy import Engine
from temporalio.client import Client

from followthrough.organisation_file import OrganisationFile
from followthrough.service import Service, running
from followthrough.settings import Settings
from followthrough.store.database import migrate, open_database
from followthrough.web import live
from followthrough.web.app import create_app
from tests.browser.shown import write_records
from tests.ending import ended_in_time
from tests.web.conftest import new_namespace


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("Chromium is not installed; on Debian: apt-get install chromium")
    expect.set_options(timeout=60_000)
    async with ended_in_time(launched(path)) as browser:
        yield browser


@contextlib.asynccontextmanager
async def launched(path: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        await browser.close()


@contextlib.asynccontextmanager
async def serving(database: Engine, client: Client | None = None, **changes: object) -> AsyncIterator[str]:
    """The dashboard's address. Where it only reads, no engine has to run behind it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings = Settings(port=listener.getsockname()[1]).model_copy(update=changes)
        client = client or await Client.connect("127.0.0.1:9", lazy=True)
        app = create_app(settings, OrganisationFile(Path("followthrough.example.yaml")), client, database)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3))
        server.capture_signals = contextlib.nullcontext  # type: ignore[assignment,method-assign]
        task = asyncio.create_task(server.serve(sockets=[listener]))
        yield settings.resolved_public_url
        live.end_all()
        server.should_exit = True
        await task


@pytest.fixture(scope="session")
async def empty(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    database = open_database(f"sqlite:///{tmp_path_factory.mktemp('empty')}/followthrough.db")
    migrate(database)
    async with serving(database) as url:
        yield url
    database.dispose()


@pytest.fixture(scope="session")
async def dashboard(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    database = open_database(f"sqlite:///{tmp_path_factory.mktemp('dashboard')}/followthrough.db")
    migrate(database)
    write_records(database)
    async with serving(database) as url:
        yield url
    database.dispose()


@pytest.fixture
async def service(address: str, tmp_path: Path) -> AsyncIterator[Service]:
    """All of it, with an engine and a worker."""
    namespace = (await new_namespace(address)).namespace
    settings = Settings(link_secret=None, data_dir=tmp_path, port=0).model_copy(
        update={"temporal_address": address, "temporal_namespace": namespace}
    )
    organisation = OrganisationFile(Path("followthrough.example.yaml"))
    async with running(settings, organisation, lambda _line: None) as service:
        yield service
