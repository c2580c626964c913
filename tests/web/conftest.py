import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from google.protobuf.duration_pb2 import Duration
from pydantic import SecretStr
from sqlalchemy import Engine
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client

from followthrough import records
from followthrough.converter import data_converter
from followthrough.engine import ensure_search_attributes
from followthrough.organisation_file import OrganisationFile
from followthrough.settings import Settings
from followthrough.store.database import migrate, open_database
from followthrough.web import my_work
from followthrough.web.app import create_app
from tests.days import CLOCK
from tests.ending import ended_in_time
from tests.standins import oidc
from worker import Workers, build_worker

SETTINGS = Settings(
    generic_token=SecretStr("generic-token"), pagerduty_secrets=(SecretStr("old secret"), SecretStr("new secret"))
)


@dataclass
class Web:
    """The application, and the engine and database behind it, which no other test uses."""

    settings: Settings
    organisation: OrganisationFile
    client: Client
    database: Engine

    def app(self, **changes: object) -> FastAPI:
        settings = self.settings.model_copy(update=changes)
        return create_app(settings, self.organisation, self.client, self.database)

    def browser(self, address: str = "127.0.0.1", /, **changes: object) -> httpx.AsyncClient:
        """At that address."""
        transport = httpx.ASGITransport(self.app(**changes), client=(address, 40_000))
        return httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=30)

    def worker(self) -> Workers:
        return build_worker(self.client, self.settings, self.organisation, self.database)

    async def workflows(self) -> set[str]:
        return {execution.id async for execution in self.client.list_workflows()}


def words(answer: httpx.Response) -> str:
    main = answer.text[answer.text.index("<main") :]
    return " ".join(re.sub(r"<[^>]+>", " ", main).replace("&#39;", "'").split())


async def new_namespace(address: str) -> Client:
    namespace = f"web-{uuid4().hex[:8]}"
    client = await Client.connect(address, namespace=namespace, data_converter=data_converter, interceptors=[CLOCK])
    retention = Duration()
    retention.FromTimedelta(timedelta(days=1))
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(namespace=client.namespace, workflow_execution_retention_period=retention)
    )
    await ensure_search_attributes(client)
    return client


async def new_web(address: str, organisation: OrganisationFile, folder: Path) -> Web:
    """Without a worker; everything of it is in the folder, or in a namespace of its own."""
    settings = SETTINGS.model_copy(update={"data_dir": folder})
    database = open_database(settings.resolved_database_url)
    migrate(database)
    return Web(settings, organisation, await new_namespace(address), database)


@pytest.fixture(scope="session", autouse=True)
def patience() -> Iterator[None]:
    """A slow machine has the same answers, only later."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "ANSWER_WITHIN", 120)
        yield


def changed_example(folder: Path, old: str, new: str) -> OrganisationFile:
    """The example, with something else in one place."""
    file = folder / "followthrough.yaml"
    file.write_text(Path("followthrough.example.yaml").read_text().replace(old, new, 1))
    return OrganisationFile(file)


@pytest.fixture(scope="session")
def organisation(tmp_path_factory: pytest.TempPathFactory) -> OrganisationFile:
    """The example, with a route for PagerDuty's labels."""
    route = "  - match: {urgency: high}\n    severity: SEV2\n"
    return changed_example(tmp_path_factory.mktemp("organisation"), "\nroutes:\n", f"\nroutes:\n{route}")


@pytest.fixture(scope="session")
async def web(
    address: str, organisation: OrganisationFile, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Web]:
    web = await new_web(address, organisation, tmp_path_factory.mktemp("web"))
    async with ended_in_time(web.worker()):
        yield web
    web.database.dispose()


@pytest.fixture(scope="session")
async def alone(organisation: OrganisationFile, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Web]:
    """No engine runs behind it."""
    settings = SETTINGS.model_copy(update={"data_dir": tmp_path_factory.mktemp("alone")})
    database = open_database(settings.resolved_database_url)
    migrate(database)
    yield Web(settings, organisation, await Client.connect("127.0.0.1:9", lazy=True), database)
    database.dispose()


@pytest.fixture(scope="session")
def issuer() -> Iterator[str]:
    with oidc.provider() as issuer:
        yield issuer


@pytest.fixture
def known(alone: Web, issuer: str) -> Web:
    """A service where people sign in."""
    changed = {
        "oidc_issuer": issuer,
        "oidc_client_id": oidc.CLIENT,
        "oidc_client_secret": SecretStr("of the client"),
        "public_url": "http://localhost",
    }
    return replace(alone, settings=alone.settings.model_copy(update=changed))


@pytest.fixture
async def browser(known: Web) -> AsyncIterator[httpx.AsyncClient]:
    async with known.browser() as browser:
        yield browser


@pytest.fixture
def run_by_tomas(tmp_path: Path) -> OrganisationFile:
    file = tmp_path / "followthrough.yaml"
    file.write_text(f"{Path('followthrough.example.yaml').read_text()}\nadministrators: [tomas]\n")
    return OrganisationFile(file)


@pytest.fixture
async def api(web: Web) -> AsyncIterator[httpx.AsyncClient]:
    async with web.browser() as client:
        yield client


@pytest.fixture
def all_work_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much other tests left to do."""
    monkeypatch.setattr(my_work, "MOST_SHOWN", 100_000)


@pytest.fixture
def without_tomas(tmp_path: Path) -> OrganisationFile:
    """Tomás has left."""
    return changed_example(tmp_path, "name: Tomás Ferrer", "name: Tomás Ferrer\n    left: 2026-01-31")


@pytest.fixture
def with_priorities(web: Web, tmp_path: Path) -> Web:
    """With routes on PagerDuty's priority alone."""
    routes = "routes:\n  - {match: {priority: P1}, severity: SEV1}\n  - {match: {priority: P3}, severity: SEV3}\n"
    return replace(web, organisation=changed_example(tmp_path, "routes:\n", routes))


@pytest.fixture
async def priorities(with_priorities: Web) -> AsyncIterator[httpx.AsyncClient]:
    async with with_priorities.browser() as api:
        yield api
