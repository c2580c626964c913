"""How a refusal travels from a workflow to whoever gave the command."""

from temporalio.exceptions import ApplicationError


def refused(sentence: str) -> ApplicationError:
    """What the caller of an update sees; the same command would be refused again."""
    return ApplicationError(sentence, type="Refusal", non_retryable=True)


def forbidden(sentence: str) -> ApplicationError:
    """What the caller of an update sees who may not give that command."""
    return ApplicationError(sentence, type="Forbidden", non_retryable=True)


def changed(sentence: str) -> ApplicationError:
    """What the caller of an update sees who had read the record as it is no more."""
    return ApplicationError(sentence, type="Changed", non_retryable=True)
