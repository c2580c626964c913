"""What proves who gave a command comes in a header of its update.

A second argument could not: the SDK reads arguments by their types only where histories have as many of them as the
handler names now. A worker that does not know the header goes on without.
"""

from collections.abc import Mapping
from contextvars import ContextVar

from temporalio import workflow
from temporalio.api.common.v1 import Payload

from followthrough.domain.replayed.proof import Proof

HEADER = "followthrough-proof"

_heard: ContextVar[Proof | None] = ContextVar("followthrough-proof", default=None)


def hear(headers: Mapping[str, Payload]) -> None:
    """Of the update that is being handled."""
    payload = headers.get(HEADER)
    _heard.set(workflow.payload_converter().from_payload(payload, Proof) if payload is not None else None)


def proof() -> Proof | None:
    """Of the update that is being handled; None where whoever gave it was not asked for any."""
    return _heard.get()
