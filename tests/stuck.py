"""Workflows that do not get any further for a while."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from followthrough.domain.replayed.values import Record


@contextmanager
def stuck(*workflow_ids: str) -> Iterator[None]:
    """The code of their worker raises as soon as something is to be put on record."""
    note: Callable[..., None] = Record.note

    def broken(record: Record, *args: Any) -> None:
        if record.id in workflow_ids:
            raise RuntimeError("A mistake in the worker's code")
        note(record, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Record, "note", broken)
        yield
