"""What is kept as JSON is read as it was written, on both databases."""

from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from followthrough.store.tables import MailRow
from tests import records


def nested(depth: int) -> Any:
    return {"in": nested(depth - 1)} if depth else "it"


@pytest.mark.parametrize("request_", [{"text": "Zürich \N{SNOWMAN}"}, {"text": "half \ud83d"}, nested(300)])
def test_what_was_kept_can_be_read(database: Engine, request_: dict[str, Any]) -> None:
    with Session(database) as session, session.begin():
        session.add(records.mail("any", request=request_))
    with Session(database) as session:
        assert session.get_one(MailRow, "any").request == request_
