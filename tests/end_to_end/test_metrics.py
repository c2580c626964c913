"""What Prometheus reads: of the process, of the Temporal client, and of the database."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlmodel import Session

from followthrough.client_options import free_port
from followthrough.engine import engine
from followthrough.metrics_page import MetricsError, OfDatabase, metrics_offered
from followthrough.organisation_file import OrganisationFile
from followthrough.settings import Settings
from followthrough.store.database import migrate, open_database
from followthrough.store.tables import MailState, TroubleRow
from followthrough.troubles import TroubleKind
from followthrough.web.app import create_app
from tests.example import EXAMPLE
from tests.records import NOW, mail
from tests.waiting import eventually
from tests.watching import DASHBOARD, RULES, asked_for
from tests.web.pagers import generic
from worker import build_worker

TOKEN = "a-token-of-a-script"


@pytest.fixture(scope="module")
async def page(address: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """After an alert and the mails that it led to."""
    folder, where = tmp_path_factory.mktemp("metrics"), f"127.0.0.1:{free_port()}"
    settings = Settings(
        TEMPORAL_ADDRESS=address, metrics_address=where, data_dir=folder, generic_token=SecretStr(TOKEN)
    )
    organisation = OrganisationFile(Path("followthrough.example.yaml"))
    database = open_database(settings.resolved_database_url)
    migrate(database)

    async def read() -> str:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as prometheus:
            return (await prometheus.get(f"http://{where}/metrics")).raise_for_status().text

    async with engine(settings, database=None, ui=False, say=print) as found:
        with metrics_offered(settings, organisation, database):
            app = create_app(settings, organisation, found.client, database)
            async with (
                build_worker(found.client, settings, organisation, database),
                httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost", timeout=60) as web,
            ):
                headers = {"Authorization": f"Bearer {TOKEN}"}
                (await web.post("/webhooks/generic", json=generic(), headers=headers)).raise_for_status()
                yield await eventually(read, tells_of_work)
    database.dispose()


def tells_of_work(page: str) -> bool:
    """A mail was sent, and a workflow woke again, whose first task comes with its start and is not counted.

    Our own counters are the process's and may hold what earlier tests did, Temporal's are this client's.
    """
    counted = all(f"temporal_{task}_schedule_to_start_latency_bucket" in page for task in ("workflow_task", "activity"))
    return counted and 'followthrough_mails_total{outcome="sent"} 0.0' not in page


def value(page: str, name: str, **labels: str) -> float:
    (found,) = [
        sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == name and sample.labels == labels
    ]
    return found


def test_what_came_of_an_alert_is_there(page: str) -> None:
    assert value(page, "followthrough_alerts_total", source="The pager", outcome="started") >= 1
    assert value(page, "followthrough_alert_seconds_count", source="The pager") >= 1
    assert value(page, "followthrough_mails_total", outcome="sent") >= 1
    assert value(page, "followthrough_database_read") == 1
    assert value(page, "followthrough_organisation_file_problems") == 0


def test_what_there_is_none_of_is_there_as_well_so_that_a_rule_sees_it_end(page: str) -> None:
    assert value(page, "followthrough_troubles", kind="workflow stuck") == 0
    assert value(page, "followthrough_action_items", status="accepted", age="older") == 0
    assert value(page, "followthrough_tracker_calls_total", outcome="failed") >= 0


def test_what_the_temporal_client_counts_is_on_the_same_page(page: str) -> None:
    assert "temporal_request{" in page


def test_no_person_is_on_it(page: str) -> None:
    assert [
        found for key, person in EXAMPLE.people.items() for found in (person.email, f'"{key}"') if found in page
    ] == []


@pytest.mark.parametrize("file", [RULES, DASHBOARD], ids=lambda path: path.suffix)
def test_rules_and_dashboard_ask_for_what_is_there(page: str, file: Path) -> None:
    there = {sample.name for family in text_string_to_metric_families(page) for sample in family.samples}
    only_with_traffic = {
        "followthrough_escalations",
        "followthrough_vendor_pause_seconds",
        "temporal_workflow_task_execution_failed",
    }
    wanted = asked_for(file)
    assert len(wanted) > 10
    described = {line.split()[2] for line in page.splitlines() if line.startswith("# TYPE")}
    unknown = {
        name
        for name in wanted - there - described - only_with_traffic
        if name.removesuffix("_total") not in there | described
    }
    assert unknown == set()


def test_a_page_of_another_name_is_not_there(address: str, tmp_path: Path) -> None:
    where = f"127.0.0.1:{free_port()}"
    organisation, database = OrganisationFile(Path("followthrough.example.yaml")), open_database("sqlite://")
    with metrics_offered(Settings(metrics_address=where), organisation, database):
        assert httpx.get(f"http://{where}/", trust_env=False).status_code == 404
        with (
            pytest.raises(MetricsError, match="set FOLLOWTHROUGH_METRICS_ADDRESS to one that is free"),
            metrics_offered(Settings(metrics_address=where), organisation, database),
        ):
            pass


def test_it_answers_while_the_database_does_not(tmp_path: Path) -> None:
    where = f"127.0.0.1:{free_port()}"
    organisation = OrganisationFile(Path("followthrough.example.yaml"))
    database = open_database(f"sqlite:///{tmp_path}/without-tables.db")
    with metrics_offered(Settings(metrics_address=where), organisation, database):
        page = httpx.get(f"http://{where}/metrics", trust_env=False).text
    assert value(page, "followthrough_database_read") == 0
    assert "followthrough_troubles" not in page


def test_trouble_is_counted_as_it_is_now_and_that_of_the_engine_as_it_was_found_last(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/followthrough.db")
    migrate(database)
    registry = CollectorRegistry()
    with Session(database) as session, session.begin():
        session.add(mail("a", state=MailState.SET_ASIDE))
        session.add(TroubleRow(key="x", kind=TroubleKind.STUCK, sentence="", what_to_do="", since=NOW))
    registry.register(OfDatabase(database, OrganisationFile(Path("followthrough.example.yaml"))))
    counted = {kind: registry.get_sample_value("followthrough_troubles", {"kind": kind}) for kind in TroubleKind}
    assert {kind for kind, number in counted.items() if number} == {TroubleKind.MAIL, TroubleKind.STUCK}
    database.dispose()
