"""What every client of Temporal is made with: how it encrypts, what it counts, and how it is traced."""

import logging
import socket
from functools import cache
from typing import TYPE_CHECKING, Any

from temporalio.client import HeaderCodecBehavior
from temporalio.runtime import LogForwardingConfig, LoggingConfig, PrometheusConfig, Runtime, TelemetryConfig

from followthrough.converter import converting_with
from followthrough.encryption import WithoutKeys, encryption_of
from followthrough.settings import Settings

if TYPE_CHECKING:
    from temporalio.client import Interceptor

ATTEMPTS = 3
LOGGING = LoggingConfig(
    filter=LoggingConfig.default.filter,
    forwarding=LogForwardingConfig(logging.getLogger("temporal_core"), append_target_to_name=False),
)
"""What the SDK's core says goes where everything else goes, instead of onto stdout in colours."""


class TracesUnavailable(Exception):
    """Traces are wanted and can't be made; the message says what to do."""


def client_options(settings: Settings) -> dict[str, Any]:
    """For ``Client.connect``. Raises TracesUnavailable."""
    options: dict[str, Any] = {
        "data_converter": converting_with(encryption_of(settings) or WithoutKeys()),
        "header_codec_behavior": HeaderCodecBehavior.CODEC,
        "runtime": counting()[0] if settings.metrics_address else _not_counting(),
    }
    if settings.traces_url:
        options["interceptors"] = [_traced(settings.traces_url)]
    return options


@cache
def _traced(url: str) -> "Interceptor":
    """Once for a process; its packages are an extra, and are not needed without it."""
    try:
        from followthrough.traces import traced_to
    except ImportError as error:
        raise TracesUnavailable(
            f"FOLLOWTHROUGH_TRACES_URL needs packages that are not there ({error.name}); "
            "install them with `pip install 'followthrough[traces]'`, or unset it."
        ) from error
    return traced_to(url)


@cache
def _not_counting() -> Runtime:
    """Where nothing takes logs, as in a command that ends at once, the core says none.

    What it hands to Python in a thread of its own while Python ends makes the process abort.
    """
    logs = LOGGING if logging.getLogger().hasHandlers() else LoggingConfig(filter="off")
    return Runtime(telemetry=TelemetryConfig(logging=logs))


@cache
def counting() -> tuple[Runtime, str]:
    """What counts in the SDK for as long as the process lasts, and where that is read on loopback."""
    for attempt in range(ATTEMPTS):
        address = f"127.0.0.1:{free_port()}"
        try:
            metrics = PrometheusConfig(bind_address=address)
            return Runtime(telemetry=TelemetryConfig(logging=LOGGING, metrics=metrics)), address
        except (RuntimeError, ValueError):  # somebody has taken the port meanwhile
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError


def free_port() -> int:
    """A loopback port that nobody is given for the next minute, but that can be bound.

    That is what the state TIME_WAIT does to it, which a connection leaves behind at the end that closes first.
    """
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        server.accept()[0].close()
        port: int = server.getsockname()[1]
        return port
