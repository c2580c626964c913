"""docs/runbooks/our-own-incident.md, its commands as they are there: what was led on paper is taken down afterwards."""

import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from tests.end_to_end.processes import service, until
from tests.end_to_end.test_command_line import run

PAGE = Path("docs/runbooks/our-own-incident.md").read_text()
WRITTEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d\+00:00")
ID = "inc-7f3a9c21d0"


def commands(heading: str) -> Iterator[list[str]]:
    """Those below a heading, in their order."""
    below = PAGE.partition(f"## {heading}\n")[2]
    for line in re.findall(r"^ +followthrough (.+)$", below, re.MULTILINE):
        yield shlex.split(line)


def earlier_today(written: str, last: datetime, now: datetime) -> str:
    """As long before this minute as it is before the page's last time."""
    return (now - (last - datetime.fromisoformat(written))).isoformat(timespec="minutes")


async def test_an_incident_that_was_led_on_paper_has_its_own_times_and_story_afterwards(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    typed, now = list(commands("Afterwards")), datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1)
    last = max(map(datetime.fromisoformat, WRITTEN.findall(PAGE)))
    assert [command for command, *_ in typed] == [
        *("doctor", "incidents", "declare", "role", "note", "mitigate", "resolve", "correct-times")
    ]
    async with service(tmp_path, unused_tcp_port) as address:
        await until(f"{address}/api/incidents", lambda found: found == [])
        incident = ""
        for command, *arguments in typed[1:]:
            given = [WRITTEN.sub(lambda found: earlier_today(found[0], last, now), one) for one in arguments]
            code, out, err = await run(
                command,
                *(incident if one == ID else one for one in given),
                FOLLOWTHROUGH_URL=address,
                FOLLOWTHROUGH_USER="ines",
            )
            assert code == 0, (command, err)
            if command == "declare":
                incident = re.search(r"inc-[0-9a-f]+", out)[0]  # type: ignore[index]
                await until(f"{address}/api/incidents/{incident}", lambda found: found["roles"])
        async with httpx.AsyncClient() as client:
            found = (await client.get(f"{address}/api/incidents/{incident}")).json()
    declared, resolved = (datetime.fromisoformat(found[name]) for name in ("declared_at", "resolved_at"))
    assert (resolved, resolved - declared) == (now, timedelta(minutes=45))
    leads = next(role for role in found["roles"] if role["role"] == "Incident Commander")
    assert (leads["person"], bool(leads["acknowledged_at"])) == ("ines", True)
    told = next(entry for entry in found["timeline"] if entry["text"] == "Rolled back to 4.2")
    assert datetime.fromisoformat(told["at"]) == now - timedelta(minutes=19)
