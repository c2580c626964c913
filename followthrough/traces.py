"""Traces by OpenTelemetry: who called whom for how long, with ids, and without what went wrong in words.

A workflow makes spans only for what it does for the first time, so that a replay adds none.
"""

from collections.abc import Sequence

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from temporalio.contrib.opentelemetry import TracingInterceptor

from followthrough import __version__
from followthrough.logs import impersonal

KIND_OF_ERROR = "exception.type"


def traced_to(url: str) -> TracingInterceptor:
    """By OTLP over HTTP."""
    return traced(OTLPSpanExporter(endpoint=url))


def traced(exporter: SpanExporter) -> TracingInterceptor:
    """For the client, whose workers it traces, too; what the web and mails add goes the same way."""
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: "followthrough", SERVICE_VERSION: __version__}))
    provider.add_span_processor(BatchSpanProcessor(Impersonal(exporter)))
    trace.set_tracer_provider(provider)
    return TracingInterceptor()


class Impersonal(SpanExporter):
    """Exports spans without texts: of an exception its kind, and of a workflow no person that its id is made of."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Used by the SDK."""
        return self._exporter.export([_impersonal(span) for span in spans])

    def shutdown(self) -> None:
        """Used by the SDK."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Used by the SDK."""
        return self._exporter.force_flush(timeout_millis)


def _impersonal(span: ReadableSpan) -> ReadableSpan:
    events = [
        Event(event.name, {KIND_OF_ERROR: (event.attributes or {}).get(KIND_OF_ERROR, "")}, event.timestamp)
        for event in span.events
    ]
    attributes = {
        name: impersonal(str(value)) if name == "temporalWorkflowID" else value
        for name, value in (span.attributes or {}).items()
    }
    return ReadableSpan(
        name=span.name,
        context=span.get_span_context(),
        parent=span.parent,
        resource=span.resource,
        attributes=attributes,
        events=events,
        links=span.links,
        kind=span.kind,
        instrumentation_scope=span.instrumentation_scope,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
    )
