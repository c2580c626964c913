"""``/metrics`` for Prometheus, on an address of its own: of the process, of the Temporal client, of the database."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET6
from threading import Lock, Thread
from typing import Any

import httpx
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine, exc
from sqlmodel import Session

from followthrough.client_options import counting
from followthrough.domain.replayed.item.action_item import OPEN, ItemStatus
from followthrough.metrics import REGISTRY
from followthrough.organisation_file import OrganisationFile
from followthrough.settings import Settings
from followthrough.store.counts import AGES, ENDS, WAITING, Counts, counts
from followthrough.troubles import TroubleKind, counted

KEPT_FOR = 15
"""Seconds, however often it is asked for."""
CLIENT_WITHIN = 5
"""Seconds in which the Temporal client says what it has counted."""


class MetricsError(Exception):
    """Metrics can't be offered; the message says why and what to do."""


@contextmanager
def metrics_offered(settings: Settings, organisation: OrganisationFile, database: Engine) -> Iterator[None]:
    """At the address of the settings, until the context is left. Raises MetricsError."""
    if not settings.metrics_address:
        yield
        return
    registry = CollectorRegistry()
    registry.register(OfDatabase(database, organisation))
    registry.register(OfFile(organisation))

    def page() -> bytes:
        return generate_latest(REGISTRY) + generate_latest(registry) + _of_client()

    with _served(settings.metrics_address, page):
        yield


@contextmanager
def _served(address: str, page: Callable[[], bytes]) -> Iterator[None]:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path.partition("?")[0] == "/metrics"
            body = page() if found else b"See /metrics.\n"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", CONTENT_TYPE_PLAIN_0_0_4)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Who scrapes is no news."""

    host, _, port = address.rpartition(":")

    class Server(ThreadingHTTPServer):
        address_family = AF_INET6 if host.startswith("[") else ThreadingHTTPServer.address_family

    try:
        server = Server((host.strip("[]"), int(port)), Answers)
    except (OSError, OverflowError) as error:
        raise MetricsError(
            f"Metrics can't be offered at {address} ({error}); set FOLLOWTHROUGH_METRICS_ADDRESS to one that is free."
        ) from error
    with server:
        Thread(target=server.serve_forever, daemon=True, name="metrics").start()
        try:
            yield
        finally:
            server.shutdown()


def _of_client() -> bytes:
    """Nothing while it does not answer: what else there is, is worth as much."""
    try:
        return httpx.get(f"http://{counting()[1]}/metrics", timeout=CLIENT_WITHIN, trust_env=False).content
    except (httpx.HTTPError, RuntimeError):
        return b""


class OfFile(Collector):
    """How old the organisation file is, and whether it is in use."""

    def __init__(self, organisation: OrganisationFile) -> None:
        self._organisation = organisation

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Used by the registry."""
        problems = len(self._organisation.problems)
        yield _gauge("organisation_file_problems", "Why the organisation file is not taken over", problems)
        try:
            changed = self._organisation.in_use.stat().st_mtime
        except OSError:
            return
        yield _gauge("organisation_file_changed_timestamp_seconds", "When it was changed last", changed)


class OfDatabase(Collector):
    """The same from each process, so whoever adds them up takes the largest."""

    def __init__(self, database: Engine, organisation: OrganisationFile) -> None:
        self._database, self._organisation = database, organisation
        self._reading = Lock()
        self._read_at = float("-inf")
        self._counts: Counts | None = None
        self._troubles: Mapping[TroubleKind, int] = {}
        self._at = datetime.now(UTC)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Used by the registry."""
        with self._reading:
            if time.monotonic() - self._read_at > KEPT_FOR:
                self._at = datetime.now(UTC)
                try:
                    self._counts = counts(self._database, self._at)
                    with Session(self._database) as session:
                        self._troubles = counted(session, self._organisation, self._at)
                except (exc.DBAPIError, exc.TimeoutError):
                    self._counts = None
                self._read_at = time.monotonic()
            found, troubles, at = self._counts, self._troubles, self._at
        yield _gauge("database_read", "Whether the database could be asked for what follows", int(found is not None))
        if found is not None:
            yield from _families(found, at)
            kinds = {(kind.value,): number for kind, number in troubles.items()}
            yield _gauges("troubles", "What the service can't mend alone", ("kind",), kinds)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """So that the database is not asked when this is registered."""
        yield from ()


def _families(found: Counts, now: datetime) -> Iterator[GaugeMetricFamily]:
    open_ones = {(status.value, age): 0 for status in OPEN for age in AGES} | dict(found.open_items)
    yield _gauges("action_items", "Open action items", ("status", "age"), open_ones)
    ended = {(status.value,): 0 for status in ItemStatus if status not in OPEN} | dict(found.ended_items)
    yield _gauges("action_items_ended", "Action items that have ended", ("status",), ended)
    yield _gauge("action_items_late", "Action items whose time to accept or do them has passed", found.late)
    yield _gauges("escalations", "Open action items, by how high they were escalated", ("level",), found.escalations)
    yield _gauge("escalations_unanswered", "Escalated ones that nobody did anything about since", found.unanswered)
    waivers = {(end,): 0 for end in ENDS} | dict(found.waivers)
    yield _gauges("waivers", "Waived action items, by what is left of their waiver", ("ends",), waivers)
    yield _gauges("incidents", "Incidents that have not ended", ("status", "severity"), found.incidents)
    mails = {(state.value,): 0 for state in WAITING} | dict(found.mails)
    yield _gauges("mails_waiting", "Mails that have not gone out, by state", ("state",), mails)
    yield _gauge("projections_unchecked", "Rows that were not compared with their workflows yet", found.unchecked)
    lag = (now - found.unchecked_since).total_seconds() if found.unchecked_since else 0
    yield _gauge("projection_lag_seconds", "Since when the oldest of them waits", lag)
    pauses = {(pause.vendor,): max((pause.until - now).total_seconds(), 0) for pause in found.pauses}
    yield _gauges("vendor_pause_seconds", "For how long a vendor is left alone", ("vendor",), pauses)
    lost = {(pause.vendor,): int(pause.login_lost) for pause in found.pauses}
    yield _gauges("vendor_login_lost", "Whether a vendor does not know us", ("vendor",), lost)
    heard = {(way,): at.timestamp() for way, at in found.directory.items()}
    yield _gauges("directory_heard_timestamp_seconds", "When the directory was heard last", ("way",), heard)


def _gauge(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"followthrough_{name}", help_text, value=value)


def _gauges(name: str, help_text: str, labels: tuple[str, ...], values: Mapping[Any, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"followthrough_{name}", help_text, labels=labels)
    for of, value in sorted(values.items()):
        family.add_metric(of, value)
    return family
