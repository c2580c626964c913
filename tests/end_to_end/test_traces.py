"""One trace from an alert to its mail, on the real engine; histories replay with traces and without."""

import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import SecretStr
from temporalio.client import Client
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.worker import Replayer

from followthrough.client_options import TracesUnavailable, client_options
from followthrough.converter import data_converter
from followthrough.organisation_file import OrganisationFile
from followthrough.settings import Settings
from followthrough.store.database import migrate, open_database
from followthrough.traces import traced
from followthrough.web.app import create_app
from tests.example import EXAMPLE
from tests.waiting import eventually
from tests.web.conftest import new_namespace
from tests.web.pagers import generic
from worker import WORKFLOW_RUNNER, WORKFLOWS, build_worker
from workflows.turns import InTurn

TITLE, TOKEN = "The safe of Lucía is open", "a-token-of-a-script"
SENDING = "RunActivity:send_notice"


@dataclass
class Traced:
    """What came of an alert, and all spans until the activity that sent its first mail had ended."""

    client: Client
    tracing: TracingInterceptor
    exporter: InMemorySpanExporter
    incident_id: str

    def spans(self) -> tuple[ReadableSpan, ...]:
        provider = trace.get_tracer_provider()
        assert isinstance(provider, TracerProvider)
        provider.force_flush()
        return self.exporter.get_finished_spans()


@pytest.fixture(scope="module")
async def seen(address: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Traced]:
    exporter = InMemorySpanExporter()
    tracing, config = traced(exporter), (await new_namespace(address)).config()
    client = Client(**config | {"interceptors": [*config["interceptors"], tracing]})
    settings = Settings(data_dir=tmp_path_factory.mktemp("traces"), generic_token=SecretStr(TOKEN))
    organisation = OrganisationFile(Path("followthrough.example.yaml"))
    database = open_database(settings.resolved_database_url)
    migrate(database)
    app = create_app(settings, organisation, client, database)
    async with (
        build_worker(client, settings, organisation, database),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost", timeout=60) as pager,
    ):
        headers = {"Authorization": f"Bearer {TOKEN}", "X-Request-ID": "from-the-proxy-1"}
        answer = await pager.post("/webhooks/generic", json=generic(title=TITLE), headers=headers)
        assert answer.headers["X-Request-ID"] == "from-the-proxy-1"
        seen = Traced(client, tracing, exporter, answer.raise_for_status().json()["incident"])
        await eventually(lambda: [span for span in seen.spans() if span.name == SENDING])
        yield seen
    exporter.shutdown()
    database.dispose()


def context(span: ReadableSpan) -> trace.SpanContext:
    found = span.get_span_context()
    assert found is not None
    return found


def names_up_from(span: ReadableSpan, spans: tuple[ReadableSpan, ...]) -> list[str]:
    by_id = {context(one).span_id: one for one in spans}
    names = [span.name]
    while span.parent is not None and span.parent.span_id in by_id:
        span = by_id[span.parent.span_id]
        names.append(span.name)
    return names


async def test_one_trace_leads_from_the_alert_to_its_mail(seen: Traced) -> None:
    spans = seen.spans()
    sending = context(next(span for span in spans if span.name == SENDING))
    mail = next(span for span in spans if span.parent is not None and span.parent.span_id == sending.span_id)
    assert mail.name.startswith("mail ")
    assert names_up_from(mail, spans) == [
        mail.name,
        SENDING,
        "StartActivity:send_notice",
        "StartWorkflow:IncidentWorkflow",
        "POST /webhooks/generic",
    ]
    trace_id = context(mail).trace_id
    of_it = {span.name for span in spans if context(span).trace_id == trace_id}
    assert {"RunWorkflow:IncidentWorkflow", "RunActivity:plan_incident"} <= of_it
    (root,) = [span for span in spans if span.name == "POST /webhooks/generic"]
    assert dict(root.attributes or {})["request"] == "from-the-proxy-1"


async def test_a_trace_says_nothing_that_a_person_wrote_or_is_called(seen: Traced) -> None:
    said = "\n".join(span.to_json() for span in seen.spans())
    assert seen.incident_id in said
    words = [TITLE, TOKEN, *(word for one in EXAMPLE.people.values() for word in (one.email, one.name))]
    assert [word for word in words if word in said] == []


def test_of_what_went_wrong_only_its_kind_is_said(seen: Traced) -> None:
    with pytest.raises(ValueError, match="Lucía"), trace.get_tracer("test").start_as_current_span("broken"):
        raise ValueError("Lucía is not there")
    (span,) = [one for one in seen.spans() if one.name == "broken"]
    assert [dict(event.attributes or {}) for event in span.events] == [{"exception.type": "ValueError"}]
    assert (span.status.status_code, span.status.description) == (trace.StatusCode.ERROR, None)


@pytest.mark.parametrize("with_traces", [True, False])
async def test_its_history_replays_and_adds_no_span(seen: Traced, with_traces: bool) -> None:
    history = await seen.client.get_workflow_handle(seen.incident_id).fetch_history()
    replayer = Replayer(
        workflows=WORKFLOWS,
        workflow_runner=WORKFLOW_RUNNER,
        interceptors=[seen.tracing, InTurn()] if with_traces else [InTurn()],
        data_converter=data_converter,
    )
    before = len([span for span in seen.spans() if "Workflow" in span.name])
    await replayer.replay_workflow(history)
    assert len([span for span in seen.spans() if "Workflow" in span.name]) == before


def test_they_are_off_unless_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "interceptors" not in client_options(Settings())
    monkeypatch.setitem(sys.modules, "followthrough.traces", None)
    with pytest.raises(TracesUnavailable, match="pip install 'followthrough\\[traces\\]'"):
        client_options(Settings(traces_url="http://127.0.0.1:4318/v1/traces"))
