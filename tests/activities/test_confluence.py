"""Postmortems in Confluence, as Atlassian's document has it, and what becomes of one when Confluence is not itself."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlmodel import Session
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.confluence import Confluence
from activities.read_model import ReadModel
from followthrough.domain.replayed.incident.incident import IncidentStatus, ItemSummary
from followthrough.domain.replayed.postmortem.postmortem import Postmortem
from followthrough.settings import Settings
from followthrough.store.database import migrate, open_database
from followthrough.store.postmortem_tables import ConfluencePageRow, PostmortemCorrectionRow
from tests.notices import ORGANISATION
from tests.records import NOW, incident
from tests.standins.confluence import SPACE, SPACE_ID, ConfluenceStandIn, Fault
from workflows.messages.confluence import WritePage

URL = "https://followthrough.example.com"
TEXT = """\
# What <broke>

- **Search** & `index`

| a | b |
|---|---|
| 1 | ![x](http://a/b) |

```py
a ]]> b < c
```"""
RECORD = incident(
    status=IncidentStatus.PUBLISHED,
    published_at=NOW,
    postmortem=Postmortem(text=TEXT, by="ana", at=NOW),
    items=[ItemSummary(id="inc-0000000001.1", title="Alert on <depth>", owner="ben")],
)


@pytest.fixture
def confluence() -> Iterator[ConfluenceStandIn]:
    with ConfluenceStandIn() as stand_in:
        yield stand_in


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path}/followthrough.db")
    migrate(engine)
    ReadModel(engine).project_incident(RECORD)
    with Session(engine) as session:
        session.add(ConfluencePageRow(incident_id=RECORD.id, asked_by="ana", asked_at=NOW))
        session.commit()
    yield engine
    engine.dispose()


def write(database: Engine, url: str, **settings: Any) -> str:
    given = {"jira_user": "ana@example.com", "jira_token": SecretStr("a token"), "confluence_space": SPACE}
    known = Settings(**{"jira_url": url, "public_url": URL, "confluence_parent": "4711", **given, **settings})
    activities = Confluence(known, lambda: ORGANISATION, database)
    return str(ActivityEnvironment().run(activities.write_page, WritePage(incident_id=RECORD.id)))


def kept(database: Engine) -> ConfluencePageRow:
    with Session(database) as session:
        return session.get_one(ConfluencePageRow, RECORD.id)


def test_a_page_is_written_once_and_brought_up_to_date(database: Engine, confluence: ConfluenceStandIn) -> None:
    url = write(database, confluence.url)
    (page,) = confluence.pages.values()
    assert (page["spaceId"], page["parentId"], page["status"]) == (SPACE_ID, "4711", "current")
    assert page["title"] == "Postmortem: Payments fail (inc-0000000001)"
    body = page["body"]["value"]
    assert "<h1>What &lt;broke&gt;</h1>" in body
    assert "<![CDATA[a ]]]]><![CDATA[> b < c\n]]>" in body
    assert f'<a href="{URL}/items/inc-0000000001.1">inc-0000000001.1</a>: Alert on &lt;depth&gt;' in body
    assert f"{URL}/incidents/inc-0000000001/postmortem" in body
    assert url == f"{confluence.url}/wiki/spaces/{SPACE}/pages/{page['id']}"
    row = kept(database)
    assert (row.page_id, row.url, row.problem, row.written_at is not None) == (page["id"], url, "", True)

    write(database, confluence.url)
    assert page["version"]["number"] == 2, "what it was made with has no mark"
    write(database, confluence.url)
    assert page["version"]["number"] == 2, "it says that already"
    with Session(database) as session:
        correction: dict[str, Any] = {
            "id": "x",
            "at": NOW + timedelta(days=1),
            "by": "ben",
            "reason": "<Late>",
            "text": "# Better",
        }
        session.add(PostmortemCorrectionRow(incident_id=RECORD.id, number=1, **correction))
        session.commit()
    write(database, confluence.url)
    assert (page["version"]["number"], len(confluence.pages)) == (3, 1)
    assert "<h1>Better</h1>" in page["body"]["value"]
    assert "by Ben Lee: &lt;Late&gt;</p>" in page["body"]["value"]


def test_a_page_whose_making_was_not_heard_of_is_found_by_its_title(
    database: Engine, confluence: ConfluenceStandIn
) -> None:
    confluence.faults = [Fault(lose_answer=True, to="POST")]
    with pytest.raises(ApplicationError) as error:
        write(database, confluence.url)
    assert (error.value.type, error.value.non_retryable) == ("ConfluenceUnavailable", False)
    assert "did not answer" in kept(database).problem
    write(database, confluence.url)
    assert (len(confluence.pages), kept(database).problem) == (1, "")


def test_a_page_that_was_deleted_there_is_written_anew(database: Engine, confluence: ConfluenceStandIn) -> None:
    write(database, confluence.url)
    (page,) = confluence.pages.values()
    page["status"] = "trashed"
    write(database, confluence.url)
    assert [page["status"] for page in confluence.pages.values()] == ["trashed", "current"]


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (Fault(503, {"Retry-After": "7"}), "ConfluenceUnavailable", "Confluence answered 503."),
        (Fault(429), "ConfluenceUnavailable", "Confluence answered 429."),
        (Fault(401), "ConfluenceUnavailable", "renew FOLLOWTHROUGH_JIRA_TOKEN"),
        (Fault(409, to="GET"), "ConfluenceUnavailable", "Confluence answered 409."),
        (Fault(403), "ConfluenceRefused", "Confluence refused: Trouble on demand"),
    ],
)
def test_what_passes_is_tried_again_and_a_no_is_said(
    database: Engine, confluence: ConfluenceStandIn, fault: Fault, kind: str, words: str
) -> None:
    confluence.faults = [fault]
    with pytest.raises(ApplicationError) as error:
        write(database, confluence.url)
    assert (error.value.type, error.value.non_retryable) == (kind, kind.endswith("Refused"))
    assert words in str(error.value)
    assert words in kept(database).problem
    assert (error.value.next_retry_delay == timedelta(seconds=7)) == ("Retry-After" in fault.headers)


def test_nothing_goes_there_that_is_private_by_then_or_where_no_space_is_known(
    database: Engine, confluence: ConfluenceStandIn
) -> None:
    with pytest.raises(ApplicationError, match="FOLLOWTHROUGH_CONFLUENCE_SPACE"):
        write(database, confluence.url, confluence_space="")
    with pytest.raises(ApplicationError, match="shows no space NONE"):
        write(database, confluence.url, confluence_space="NONE")
    ReadModel(database).project_incident(RECORD.model_copy(update={"private": True, "version": RECORD.version + 1}))
    asked = len(confluence.requests)
    with pytest.raises(ApplicationError, match="is private"):
        write(database, confluence.url)
    assert len(confluence.requests) == asked
