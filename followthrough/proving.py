"""Sends along with a command what proves who gave it (``workflows/proven.py``)."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    StartWorkflowUpdateInput,
    WorkflowUpdateHandle,
)

from followthrough.domain.replayed.proof import Proof
from workflows.proven import HEADER

_sent: ContextVar[Proof | None] = ContextVar("sent-proof", default=None)


@contextmanager
def proved_by(proof: Proof) -> Iterator[None]:
    """For the updates that are started in it."""
    before = _sent.set(proof)
    try:
        yield
    finally:
        _sent.reset(before)


def proving(client: Client) -> Client:
    """The client, which sends proofs along."""
    config = client.config()
    return Client(**config | {"interceptors": [*config["interceptors"], _Proving(client)]})


class _Proving(Interceptor):
    def __init__(self, client: Client) -> None:
        self._converter = client.data_converter.payload_converter

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002 - the SDK's name
        return _Outbound(next, self._converter)


class _Outbound(OutboundInterceptor):
    def __init__(self, following: OutboundInterceptor, converter: Any) -> None:
        super().__init__(following)
        self._converter = converter

    async def start_workflow_update(self, input: StartWorkflowUpdateInput) -> WorkflowUpdateHandle[Any]:  # noqa: A002
        if (proof := _sent.get()) is not None:
            input.headers = {**input.headers, HEADER: self._converter.to_payload(proof)}
        return await super().start_workflow_update(input)
