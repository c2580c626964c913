"""The commands as a shell would run them, against the service as ``make up`` runs it."""

import asyncio
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.end_to_end.processes import FOLLOWTHROUGH, service, until


async def run(*arguments: str, **environment: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *FOLLOWTHROUGH,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "COLUMNS": "200", **environment},
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def refused(item: str, url: str) -> None:
    """An item that is closed, what is not a link, and an incident that is not there."""
    code, _, err = await run("waive", item, "Too late", "--by", "marcos", FOLLOWTHROUGH_URL=url)
    assert (code, "is closed" in err) == (1, True)
    code, _, err = await run("done", item, "not a link", "--by", "lucia", FOLLOWTHROUGH_URL=url)
    assert (code, "is not a link" in err) == (2, True)
    code, _, _ = await run("show", "inc-ffffffffff", FOLLOWTHROUGH_URL=url)
    assert code == 4


async def planned(item: str, url: str) -> None:
    async def followthrough(*arguments: str) -> str:
        code, out, err = await run(*arguments, FOLLOWTHROUGH_URL=url, FOLLOWTHROUGH_USER="ines")
        assert code == 0, err
        return out

    (line,) = json.loads(await followthrough("planning", "payments", "--json"))["proposal"]["lines"]
    assert (line["id"], line["estimate"], line["place"]) == (item, 3, "not planned yet")
    assert item in await followthrough("approve-planning", "payments")
    in_sprint = await until(f"{url}/api/items/{item}", lambda it: it["sprint"])
    assert f"Planned in {in_sprint['sprint']['name']}" in await followthrough("show", item)


STATUSES = ("--status", "to do", "--status", "done")


async def test_an_incident_and_its_action_item_can_be_led_from_the_command_line(
    tmp_path: Path, unused_tcp_port_factory: Callable[[], int]
) -> None:
    async with service(tmp_path, unused_tcp_port_factory()) as url:

        async def followthrough(*arguments: str, by: str = "ines") -> str:
            code, out, err = await run(*arguments, FOLLOWTHROUGH_URL=url, FOLLOWTHROUGH_USER=by)
            assert code == 0, err
            return out

        async def read(*arguments: str) -> Any:
            return json.loads(await followthrough(*arguments, "--json"))

        await until(f"{url}/healthz", bool)
        declared = await read("declare", "Payments fail", "--service", "checkout", "--severity", "SEV3")
        incident = declared["incident"]
        await until(f"{url}/api/incidents/{incident}", lambda it: it["roles"])
        assert [found["id"] for found in await read("incidents")] == [incident]
        assert "Payments fail" in await followthrough("incidents")
        await followthrough("ack", incident)
        assert (await read("show", incident))["roles"][0]["acknowledged_at"]
        await followthrough("resolve", incident, "Rolled back")
        await followthrough("propose", incident, "Add a test for the refund path to the checkout suite", "tomas")
        item = f"{incident}.1"
        assert [found["id"] for found in await read("items", "--owner", "tomas")] == [item]
        assert [found["id"] for found in await read("items", "REFUND path", *STATUSES)] == [item]
        await followthrough("reassign", item, "lucia", "Tomas is away")
        assert item in await followthrough("mine", by="lucia")
        await followthrough("accept", "refund path", by="lucia")
        await until(f"{url}/api/items/{item}", lambda it: it["ticket"])
        ticket = (await read("show", item))["ticket"]["key"]
        assert f"{item} is accepted." in await followthrough("estimate", ticket.lower(), "3", by="lucia")
        assert "checkout" in await followthrough("services")
        assert "marcos" in await followthrough("people")
        assert "lucia" in await followthrough("outbox", "--person", "lucia")
        await planned(item, url)
        assert "You don't have to do anything" in await followthrough("digest", "monthly", "2020-01")
        assert (await read("digest", "weekly", "marcos"))["person"] == "marcos"
        assert "outbox" in await followthrough("digest", "send", "weekly")
        for arguments in (("calendar", "lucia"), ("calendar", "lucia", "--revoke")):
            assert (await followthrough(*arguments)).startswith(f"{url}/people/lucia/deadlines.ics?token=")
        day = str((datetime.now(UTC) + timedelta(days=400)).date())
        await followthrough("extend", item, day, "Agreed in planning", by="marcos")
        assert "is closed" in await followthrough("done", item, "https://example.com/changes/1", by="lucia")
        assert f"Extended to {day}" in await followthrough("show", item)

        await refused(item, url)
    code, _, err = await run("incidents", FOLLOWTHROUGH_URL=url)
    assert (code, "make up" in err) == (3, True)


async def test_whatever_is_typed_is_shown_as_text_and_what_is_too_long_is_refused(
    tmp_path: Path, unused_tcp_port_factory: Callable[[], int]
) -> None:
    seen = "disk [/] full [bold]now[/bold] :fire: [31mred"
    title = seen.replace("[31m", "\x1b[31m") + "\u202e"
    async with service(tmp_path, unused_tcp_port_factory()) as url:

        async def followthrough(*arguments: str, by: str = "ines", code: int = 0) -> str:
            got, out, err = await run(*arguments, FOLLOWTHROUGH_URL=url, FOLLOWTHROUGH_USER=by)
            assert got == code, err
            assert "\x1b" not in out + err
            return out or err

        await until(f"{url}/healthz", bool)
        declared = await followthrough("declare", title, "--service", "checkout", "--severity", "SEV3", "--json")
        incident = json.loads(declared)["incident"]
        await followthrough("note", incident, title)
        await followthrough("propose", incident, f"Alert on {title}", "tomas")
        await followthrough("resolve", incident, title)
        draft = tmp_path / "postmortem.md"
        draft.write_text(f"# {title}\n\nIt was full.\n")
        await followthrough("postmortem", "submit", incident, str(draft))
        for arguments in (
            ("incidents",),
            ("items",),
            ("planning", "payments"),
            ("show", incident),
            ("show", f"{incident}.1"),
            ("timeline", incident, "--format", "json"),
            ("postmortem", "draft", incident),
            ("draft", incident, "internal"),
        ):
            assert seen in " ".join((await followthrough(*arguments)).split()), arguments

        refused = await followthrough("waive", f"{incident}.1", "x" * 40_000, by="marcos", code=1)
        assert "the text has 40000 characters, and may have 2000" in refused
        assert "no action item with “[/x]”" in await followthrough(
            "block", f"{incident}.1", "x", "--on", "[/x]", code=4
        )


async def test_what_was_declared_is_there_after_a_restart(
    tmp_path: Path, unused_tcp_port_factory: Callable[[], int]
) -> None:
    port = unused_tcp_port_factory()
    async with service(tmp_path, port) as url:
        await until(f"{url}/healthz", bool)
        code, out, err = await run(
            "declare", "Payments fail", "--service", "checkout", "--by", "ines", "--json", FOLLOWTHROUGH_URL=url
        )
        assert code == 0, err
        incident = json.loads(out)["incident"]
    async with service(tmp_path, port) as url:
        await until(f"{url}/healthz", bool)
        code, _, err = await run("note", incident, "We are back", "--by", "ines", FOLLOWTHROUGH_URL=url)
        assert code == 0, err


async def test_the_demo_leaves_something_of_each_kind_to_decide_where_the_service_goes_on(
    tmp_path: Path, unused_tcp_port_factory: Callable[[], int]
) -> None:
    port = unused_tcp_port_factory()
    where = {"FOLLOWTHROUGH_DATA_DIR": str(tmp_path / "data"), "FOLLOWTHROUGH_PORT": str(port)}
    code, out, err = await run("demo", **where)
    assert code == 0, err
    assert "What waits for whom" in out
    assert "when (UTC)" in out
    assert "its times are ahead of today's" in " ".join(out.split())
    async with service(tmp_path, port) as url:
        await until(f"{url}/healthz", bool)
        people = [one["key"] for one in (await until(f"{url}/api/people", bool))["people"]]
        waiting = [one for each in people for one in await until(f"{url}/api/mine?by={each}", lambda _: True)]
    wanted = {one["wanted"] for one in waiting}
    assert wanted >= {"role", "late", "more time", "to accept", "to verify", "to review", "postmortem"}


async def test_the_demo_tells_what_came_of_it_as_json() -> None:
    code, out, err = await run("demo", "--json")
    assert code == 0, err
    assert "Traceback" not in err
    story = json.loads(out)
    assert story["incidents"] == 1
    assert story["action_items"] == {"closed": 3, "waived": 1}
    assert story["tickets"] == 3
    assert story["escalations"].keys() >= {"level 1", "level 2"}
    assert story["emails"]["item-escalation"] >= 3
    assert story["virtual_days"] > 30
