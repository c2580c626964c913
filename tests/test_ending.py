import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.ending import ended_in_time


async def stand_still() -> None:
    await asyncio.Event().wait()


@asynccontextmanager
async def endless() -> AsyncIterator[str]:
    yield "used"
    await stand_still()


async def test_what_does_not_end_is_left_and_says_where() -> None:
    with pytest.warns(UserWarning, match=r"did not end in 0.01 s: endless:\d+ > stand_still:\d+ > Event.wait"):
        async with ended_in_time(endless(), within=0.01) as used:
            assert used == "used"
