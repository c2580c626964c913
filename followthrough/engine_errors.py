"""What the workflow engine says no to, and what that means here."""

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from followthrough.checks import NotCarriedOut
from followthrough.domain.replayed.values import Refusal
from followthrough.permission import Forbidden


@contextmanager
def if_known() -> Iterator[None]:
    """Goes on behind it where the engine does not know the workflow or schedule. Raises RPCError for all else."""
    try:
        yield
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


class NotHeard(Exception):
    """No worker looked at an update, which is not carried out: it may be said again."""


class Changed(NotCarriedOut):
    """The record is no more as whoever gave the command had read it."""


@contextmanager
def refusing() -> Iterator[None]:
    """Raises Refusal for what a rule refused, Forbidden for who may not, Changed, NotHeard; all else stays as it is."""
    try:
        yield
    except WorkflowUpdateFailedError as error:
        match error.cause:
            case ApplicationError(type="Refusal", message=sentence):
                raise Refusal(sentence) from error
            case ApplicationError(type="UnprocessedUpdate"):
                raise NotHeard from error
            case ApplicationError(type="Forbidden", message=sentence):
                raise Forbidden(sentence) from error
            case ApplicationError(type="Changed", message=sentence):
                raise Changed(sentence) from error
        raise
