"""No page, list or file asks the database more often where there is more to show."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest
from sqlalchemy import Engine, event, text
from sqlmodel import Session
from temporalio.client import Client

from activities.read_model import ReadModel
from bench.estate import fill
from bench.estate_organisation import Team
from followthrough.local_person import choose_local_person
from followthrough.organisation_file import OrganisationFile
from followthrough.settings import Settings
from followthrough.store import webhooks
from followthrough.store.access_tables import TokenRow
from followthrough.store.database import open_database
from followthrough.store.postmortem_tables import PostmortemCommentRow
from followthrough.store.webhook_tables import WebhookEventRow
from followthrough.web.app import create_app
from tests.browser.sample import PUBLISHED, an_item, write_sample
from tests.browser.shown import write_records
from tests.browser.visits import LEAD, SIGNED_IN, Visit, routes, visits

TEAMS = [
    Team("payments", "marcos", ("ines", "tomas", "lucia"), ("checkout", "card-payments")),
    Team("platform", "grace", ("sam", "wei"), ("storefront", "database")),
]
LISTS = (
    "/api/incidents",
    "/api/incidents?updated_since=2020-01-01T00:00:00Z",
    "/api/items",
    "/api/items?words=queue",
    "/api/items?updated_since=2020-01-01T00:00:00Z",
    "/api/find?text=queue",
    "/api/mails",
    "/api/mine",
    "/api/people",
    "/api/services",
    "/api/load",
    "/api/teams",
    "/api/drills",
    f"/api/incidents/{PUBLISHED}/postmortem/comments",
    f"/api/incidents/{PUBLISHED}/anonymous",
    "/items.csv",
    "/insights/waivers.csv",
    "/items?words=queue",
    f"/api/incidents/{PUBLISHED}",
    f"/api/items/{PUBLISHED}.1",
)
FOR_ADMINISTRATORS = (
    "/api/audit",
    "/api/webhooks",
    "/api/webhooks/deliveries",
    "/api/tokens",
    "/api/alerts",
    "/api/troubles",
)
MORE_ARE_PRIVATE = text("UPDATE incident SET private = true WHERE rowid > 10 AND rowid % 2 = 0")
SEES_ALL_THAT_IS_PRIVATE = text(
    "INSERT INTO may_see (incident_id, person) SELECT id, :person FROM incident WHERE private AND id NOT IN "
    "(SELECT incident_id FROM may_see WHERE person = :person)"
)
A_ROUTE = 1
"""So many of its addresses are visited, to be quick."""


@contextmanager
def counted(database: Engine) -> Iterator[list[str]]:
    """Fills with what the database is asked."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(database, "before_cursor_execute", note)
    yield asked
    event.remove(database, "before_cursor_execute", note)


@asynccontextmanager
async def browser(database: Engine, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    client = await Client.connect("127.0.0.1:9", lazy=True)
    settings = Settings(data_dir=folder)
    app = create_app(settings, OrganisationFile(Path("followthrough.example.yaml")), client, database)
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 40_000))

    async def not_begun(_plan: object) -> None:
        """No engine runs behind it."""

    with patch.object(app.state.served.gateway, "planning", not_begun):
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=60) as found:
            yield found


def filled(file: Path, sampled: Path, incidents: int, more_items: int) -> Engine:
    """The sample, and so much more."""
    shutil.copy(sampled, file)
    database = open_database(f"sqlite:///{file}")
    fill([database], TEAMS, incidents, datetime.now(UTC))
    model = ReadModel(database)
    for number in range(20, 20 + more_items):
        model.project_item(an_item(number, f"Look at part {number}", number))
    with database.begin() as connection:
        connection.execute(MORE_ARE_PRIVATE)
        connection.execute(SEES_ALL_THAT_IS_PRIVATE, {"person": LEAD})
    with Session(database) as session, session.begin():
        for number in range(more_items):
            fill_lists(session, number)
    return database


def fill_lists(session: Session, number: int) -> None:
    """A row more of lists for programs that have few in the sample."""
    now, name = datetime.now(UTC), f"more-{number}"
    session.add(PostmortemCommentRow(id=name, incident_id=PUBLISHED, at=now, by=LEAD, quote="", text="Which?"))
    told = WebhookEventRow(id=name, type="incident.declared", at=now, record_id=PUBLISHED, body="{}")
    webhooks.put(session, told, ["warehouse"])
    session.add(TokenRow(id=name, secret_hash=name, name=name, scopes=[], made_at=now, ends_at=now))


@pytest.fixture
def few_and_many(tmp_path: Path, migrated_file: Path) -> Iterator[tuple[Engine, Engine]]:
    sampled = tmp_path / "sampled.db"
    shutil.copy(migrated_file, sampled)
    database = open_database(f"sqlite:///{sampled}")
    write_records(database)
    write_sample(database)
    database.dispose()
    both = filled(tmp_path / "few.db", sampled, 4, 1), filled(tmp_path / "many.db", sampled, 30, 20)
    yield both
    for database in both:
        database.dispose()


def looks() -> list[Visit]:
    pages = (visit for route in routes() if route not in SIGNED_IN for visit in islice(visits(route), A_ROUTE))
    lists = (*(Visit(LEAD, path) for path in LISTS), *(Visit("nora", path) for path in FOR_ADMINISTRATORS))
    return [*pages, *lists]


async def test_more_rows_are_not_more_questions_to_the_database(
    few_and_many: tuple[Engine, Engine], tmp_path: Path
) -> None:
    asked: list[dict[Visit, list[str]]] = []
    wanted = looks()
    for number, database in enumerate(few_and_many):
        found: dict[Visit, list[str]] = {}
        folder = tmp_path / str(number)
        folder.mkdir()
        async with browser(database, folder) as visitor:
            for visit in wanted:
                choose_local_person(folder, visit.person or "")
                if "audit" in visit.path:  # looks at what is private are chained by the next look at the audit
                    await visitor.get(visit.path)
                with counted(database) as statements:
                    answer = await visitor.get(visit.path)
                assert answer.status_code < 400, (visit, answer.text[-500:])
                found[visit] = statements
        asked.append(found)
    grown = {
        visit.path: (len(asked[0][visit]), len(asked[1][visit]))
        for visit in asked[0]
        if len(asked[1][visit]) > len(asked[0][visit])
    }
    assert not grown
