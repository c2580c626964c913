"""The application over HTTP, with a directory that a test fills, and without an engine."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlmodel import Session
from temporalio.client import Client

from followthrough.organisation_file import OrganisationFile
from followthrough.settings import Settings
from followthrough.store import directory
from followthrough.store.database import migrate, open_database
from followthrough.store.directory import KeptDirectory
from followthrough.web.app import create_app

TOKEN = "directory-token"
NOBODY_LISTENS = "127.0.0.1:1"


@dataclass
class Office:
    """What runs, and who asks it: somebody at this machine, and the directory, with its token."""

    api: httpx.Client
    directory: httpx.Client
    organisation: OrganisationFile
    database: Engine
    settings: Settings

    def scim(self, method: str, path: str, body: Any = None, **named: Any) -> httpx.Response:
        return self.directory.request(method, f"/scim/v2{path}", json=body, **named)

    def created(self, path: str, **said: Any) -> dict[str, Any]:
        answer = self.scim("POST", path, said)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def patched(self, path: str, *operations: dict[str, Any]) -> httpx.Response:
        return self.scim("PATCH", path, {"schemas": [PATCH_OP], "Operations": list(operations)})

    def problems(self) -> list[str]:
        with Session(self.database) as session:
            return [problem.sentence for problem in directory.problems(session)]


PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
FOLLOWTHROUGH = "urn:ietf:params:scim:schemas:extension:followthrough:2.0:User"


def user(name: str, /, **said: Any) -> dict[str, Any]:
    return {"schemas": [USER], "userName": f"{name}@example.com", "displayName": name.title(), **said}


@contextmanager
def office_in(folder: Path, client: Client) -> Iterator[Office]:
    file = folder / "followthrough.yaml"
    file.write_text(Path("followthrough.example.yaml").read_text())
    settings = Settings(data_dir=folder, scim_token=SecretStr(TOKEN))
    database = open_database(settings.resolved_database_url)
    migrate(database)
    organisation = OrganisationFile(file, directory=KeptDirectory(database, look_every=0))
    app = create_app(settings, organisation, client, database)
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_level="warning", lifespan="off", timeout_graceful_shutdown=3)
    )
    serving = threading.Thread(target=server.run, daemon=True)
    serving.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    here, bearer = f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {TOKEN}"}
    with (
        httpx.Client(base_url=here, timeout=60) as api,
        httpx.Client(base_url=here, headers=bearer, timeout=60) as provisioning,
    ):
        yield Office(api, provisioning, organisation, database, settings)
    server.should_exit = True
    serving.join()
    database.dispose()
