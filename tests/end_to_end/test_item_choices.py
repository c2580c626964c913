"""What can become of an action item, as people decide it from a terminal."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.end_to_end.processes import service, until
from tests.end_to_end.test_command_line import run

NEXT_YEAR = str((datetime.now(UTC) + timedelta(days=400)).date())


async def test_an_action_item_is_declined_extended_blocked_split_merged_waived_and_reopened_from_a_terminal(
    tmp_path: Path, unused_tcp_port_factory: Callable[[], int]
) -> None:
    async with service(tmp_path, unused_tcp_port_factory()) as url:

        async def followthrough(*arguments: str, by: str = "ines", code: int = 0) -> str:
            got, out, err = await run(*arguments, FOLLOWTHROUGH_URL=url, FOLLOWTHROUGH_USER=by)
            assert got == code, err
            return out or err

        await until(f"{url}/healthz", bool)
        arguments = ("declare", "Payments fail", "--service", "checkout", "--severity", "SEV3", "--json")
        incident = json.loads(await followthrough(*arguments))["incident"]
        for owner in ("tomas", "lucia"):
            await followthrough("propose", incident, f"Add the test of {owner} to the suite", owner)
        first, second = f"{incident}.1", f"{incident}.2"

        assert "is proposed" in await followthrough("decline", first, "No time", by="tomas")
        await followthrough("accept", first, by="tomas")
        asked = await followthrough("extend", first, NEXT_YEAR, "The supplier is late", by="tomas")
        assert "An approver is asked for that much time" in asked
        wanted = json.loads(await followthrough("show", first, "--json"))["extension_wanted"]
        assert datetime.fromisoformat(wanted["until"]) == datetime.combine(
            date.fromisoformat(NEXT_YEAR), time(17), ZoneInfo("Europe/Madrid")
        )
        assert "ask Marcos Vidal" in await followthrough("approve-extension", first, by="tomas", code=1)
        await followthrough("refuse-extension", first, "It can't wait", by="marcos")

        assert "--until a day, or --on" in await followthrough("block", first, "Somehow", code=2)
        await followthrough("block", first, "It comes first", "--on", second)
        await followthrough("unblock", first)

        assert "at least two parts" in await followthrough("split-item", first, "--part", "ines: Test it", code=2)
        parts = ("--part", "ines: Alert on queue depth", "--part", "tomas: Test the fallback monthly")
        assert f"{first} is split into {first}.1, {first}.2." in await followthrough("split-item", first, *parts)
        assert "is no action item's id" in await followthrough("merge-item", f"{first}.1", incident, code=2)
        assert f"{first}.1 is merged." in await followthrough("merge-item", f"{first}.1", second)

        until_day = ("--until", NEXT_YEAR)
        assert "180 days" in await followthrough("waive", second, "It goes", *until_day, by="marcos", code=1)
        assert "is waived" in await followthrough("waive", second, "It goes away", by="marcos")
        assert "is proposed" in await followthrough("reopen-item", second, "It stays after all")
        await followthrough("accept", second, by="lucia")
        done = ("done", second, "https://example.com/changes/1", "--kind", "change")
        assert "is closed" in await followthrough(*done, by="lucia")
        assert "Done, evidence (change)" in await followthrough("show", second)
        assert "is proposed" in await followthrough("reopen-item", second, "It was rolled back")
