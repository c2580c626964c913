"""The engine on real servers and real processes."""

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path

import psutil
import pytest
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError, RPCStatusCode

from followthrough import engine as engines
from followthrough.engine import EngineError, RunningEngine, engine
from followthrough.engine_sources import build, built_copy
from followthrough.service import connected
from followthrough.settings import Settings
from tests.end_to_end.processes import FOLLOWTHROUGH, process
from tests.waiting import eventually
from tests.web.conftest import new_namespace
from workflows.search_attributes import SERVICE

NOWHERE = "http://127.0.0.1:9"
RUN_AN_ENGINE = """
import asyncio, pathlib, sys
from followthrough.engine import engine
from followthrough.service import connected
from followthrough.settings import Settings

async def run():
    async with engine(Settings(), database=pathlib.Path(sys.argv[1]), ui=True, say=print) as running:
        print(running.address, flush=True)
        await asyncio.sleep(60)

asyncio.run(run())
"""


@pytest.fixture
def binary(running_engine: RunningEngine) -> Path:
    """A server that runs here: the one that the other tests use."""
    return Path(running_engine.how.split("(")[1].rstrip(")"))


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without Temporal, Go, cached copies and network; gives the folder that is its PATH."""
    path = tmp_path / "bin"
    path.mkdir()
    for tool in ("bash", "cp", "sleep"):
        (path / tool).symlink_to(str(shutil.which(tool)))
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HTTPS_PROXY", NOWHERE)
    return path


def script(path: Path, *lines: str) -> None:
    path.write_text("\n".join(["#!/usr/bin/env bash", *lines]))
    path.chmod(0o755)


async def start(said: list[str], settings: Settings | None = None, database: Path | None = None) -> str:
    async with engine(
        settings or Settings(), database=database, ui=False, need_time_skipping=True, say=said.append
    ) as running:
        return running.how


def processes_about(path: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter(["cmdline"]) if str(path) in (process.info["cmdline"] or [])]


async def test_finds_an_address_then_the_path_then_the_cache(binary: Path, bare: Path, address: str) -> None:
    said: list[str] = []
    built_copy().parent.mkdir(parents=True)
    built_copy().symlink_to(binary)
    assert (await start(said)).startswith("the cached copy")
    (bare / "temporal").symlink_to(binary)
    assert (await start(said)).startswith("the Temporal CLI on PATH")
    assert await start(said, Settings(TEMPORAL_ADDRESS=address)) == "TEMPORAL_ADDRESS"
    assert said == []


@pytest.mark.parametrize(
    ("old_cli", "reason"),
    [
        ('exec {binary} "${{@/SkippingEnabled=true/SkippingEnabled=false}}"', "it can't skip time"),
        ("echo unknown flag: --dynamic-config-value; exit 1", "unknown flag: --dynamic-config-value"),
    ],
)
async def test_falls_through_to_the_next_and_says_why(binary: Path, bare: Path, old_cli: str, reason: str) -> None:
    said: list[str] = []
    script(bare / "temporal", old_cli.format(binary=binary))
    built_copy().parent.mkdir(parents=True)
    built_copy().symlink_to(binary)
    assert (await start(said)).startswith("the cached copy")
    [line] = said
    assert line.startswith("Not using the Temporal CLI on PATH")
    assert reason in line


async def test_the_last_failure_names_every_step_and_what_to_install(bare: Path) -> None:
    with pytest.raises(EngineError) as failure:
        await start([])
    for part in (
        "PATH: there is no `temporal`",
        "cached copy: there is no copy in",
        "download: https://temporal.download can't be reached",
        "deploy/devserver: there is no `go`",
        "Install the Temporal CLI (https://docs.temporal.io/cli) or Go",
    ):
        assert part in str(failure.value)


async def test_an_address_where_nothing_answers_is_an_error_and_not_a_reason_to_start_another() -> None:
    with pytest.raises(EngineError, match=r"TEMPORAL_ADDRESS is 127\.0\.0\.1:9, but no Temporal server"):
        await start([], Settings(TEMPORAL_ADDRESS="127.0.0.1:9"))


async def test_two_builds_at_once_are_one_and_a_failed_one_is_forgotten(binary: Path, bare: Path) -> None:
    said: list[str] = []
    script(bare / "go", "echo cannot find module; exit 1")
    with pytest.raises(EngineError, match="cannot find module"):
        await start(said)
    script(bare / "go", "sleep 0.5", f"cp {binary} ${{@: -2:1}}")
    first, second = await asyncio.gather(build(said.append), build(said.append))
    assert first == second == built_copy()
    assert len(said) == 2
    assert (await start(said)).startswith("the cached copy")


async def test_two_at_once_have_their_own_ports(address: str) -> None:
    async with (
        engine(Settings(), database=None, ui=True, say=print) as first,
        engine(Settings(), database=None, ui=True, say=print) as second,
    ):
        assert len({first.address, first.ui_url, second.address, second.ui_url, address}) == 5
        assert (await second.client.count_workflows("")).count == 0


async def test_keeps_its_state_between_runs_and_gives_it_to_one_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "data" / "temporal.db"
    monkeypatch.setattr(engines, "LOCK_SECONDS", 0.5)
    with monkeypatch.context() as earlier_version:
        earlier_version.setattr(engines, "SEARCH_ATTRIBUTES", ())
        async with engine(Settings(), database=database, ui=False, say=print) as running:
            await running.client.start_workflow("Kept", id="kept", task_queue="none")
            with pytest.raises(EngineError, match="Another Followthrough uses"):
                await start([], database=database)
    async with engine(Settings(), database=database, ui=False, say=print) as running:
        assert (await running.client.get_workflow_handle("kept").describe()).workflow_type == "Kept"
        service = TypedSearchAttributes([SearchAttributePair(SERVICE, "checkout")])
        await running.client.start_workflow("New", id="new", task_queue="none", search_attributes=service)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
async def test_nothing_outlives_a_killed_program_and_the_next_takes_over(
    tmp_path: Path, number: signal.Signals
) -> None:
    database = tmp_path / "temporal.db"
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RUN_AN_ENGINE, database, stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout
    await program.stdout.readline()
    assert len(processes_about(database)) == 3
    os.kill(program.pid, number)
    await program.wait()
    await start([], database=database)
    await eventually(lambda: not processes_about(database))


async def test_search_attributes_that_are_there_are_used_where_none_may_be_listed(
    running_engine: RunningEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def denied(*_: object, **__: object) -> None:
        raise RPCError("not allowed", RPCStatusCode.PERMISSION_DENIED, b"")

    operator = running_engine.client.operator_service
    for call in ("list_search_attributes", "add_search_attributes"):
        monkeypatch.setattr(operator, call, denied)
    await engines.ensure_search_attributes(running_engine.client)
    monkeypatch.setattr(engines, "SEARCH_ATTRIBUTES", [SearchAttributeKey.for_keyword("FollowthroughUnheardOf")])
    with pytest.raises(EngineError, match=r"add those that are missing of: FollowthroughUnheardOf \(Keyword\)"):
        await engines.ensure_search_attributes(running_engine.client)


async def test_new_search_attributes_are_used_once_every_service_of_the_server_has_read_them(address: str) -> None:
    clock = asyncio.get_running_loop().time
    began = clock()
    client = await new_namespace(address)
    assert clock() - began > engines.REREAD_SECONDS
    await engines.ensure_search_attributes(client)


async def test_the_service_ends_in_words_when_its_engine_is_killed(tmp_path: Path) -> None:
    environment = {
        "FOLLOWTHROUGH_PORT": "0",
        "FOLLOWTHROUGH_DATA_DIR": str(tmp_path / "data"),
        "FOLLOWTHROUGH_ORGANISATION_FILE": "followthrough.example.yaml",
    }
    log = tmp_path / "service.log"
    async with process(*FOLLOWTHROUGH, "serve", log=log, **environment) as serving:
        await eventually(lambda: "Ctrl-C stops everything" in log.read_text(), within=120)
        servers = [
            child
            for child in psutil.Process(serving.pid).children(recursive=True)
            if "start-dev" in child.cmdline() and "followthrough.guard" not in child.cmdline()
        ]
        assert len(servers) == 1
        servers[0].kill()
        async with asyncio.timeout(60):
            assert await serving.wait() == 1
    assert "The embedded engine has ended, so everything stops; nothing is lost." in " ".join(log.read_text().split())


async def test_what_fails_because_the_engine_has_ended_is_told_as_that(tmp_path: Path) -> None:
    """Whatever notices it first, as a worker that can't ask for work any more."""

    async def serve() -> None:
        async with connected(Settings(data_dir=tmp_path / "data"), print, ui=False) as service:
            assert service.engine.own is not None
            service.engine.own.terminate()
            await service.engine.own.wait()
            raise RuntimeError("Poll failure: the connection was refused")

    with pytest.raises(EngineError, match="The embedded engine has ended"):
        await serve()
