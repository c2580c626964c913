"""The keys by which a request that is repeated is carried out once."""

import hashlib
from typing import Annotated

from fastapi import Header
from pydantic import BaseModel

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Repeated with the same key, the same request is carried out once and has the same answer",
    ),
]


def update_id(key: str | None, command: BaseModel) -> str | None:
    """That of the workflow's update; another command with the same key is another one."""
    return key and hashlib.sha256(f"{key} {command.model_dump_json()}".encode()).hexdigest()[:32]
