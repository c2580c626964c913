"""The engine as a release has it, from a server of files and from a folder: the right one, and all that is not it."""

import asyncio
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from followthrough import ROOT, __version__, engine_release
from followthrough.doctor import examine
from followthrough.engine import EngineError, RunningEngine, engine
from followthrough.engine_release import file_name, pinned
from followthrough.engine_sources import built_copy
from followthrough.settings import Settings

BYTES = b"an engine, or so it says" * 10_000


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Without Temporal, Go and cached copies; gives its cache."""
    for tool in ("bin", "cache"):
        (tmp_path / tool).mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "followthrough"


@pytest.fixture
def binary(running_engine: RunningEngine) -> bytes:
    return Path(running_engine.how.split("(")[1].rstrip(")")).read_bytes()


@contextmanager
def files(content: bytes, said: int | None = None, status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """Answers every address alike, also with a length that it does not have; gives where, and what was asked for."""
    asked = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content) if said is None else said))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def pin(content: bytes, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sums = folder / "SHA256SUMS"
    sums.write_text(f"{hashlib.sha256(content).hexdigest()}  {file_name()}\n")
    monkeypatch.setattr(engine_release, "PINNED", sums)


def kept(cache: Path) -> set[str]:
    return {path.suffix for path in cache.iterdir()}


async def start(place: str) -> tuple[str, list[str]]:
    said: list[str] = []
    async with engine(
        Settings(engine_from=place), database=None, ui=False, need_time_skipping=True, say=said.append
    ) as running:
        return running.how, said


async def refusal(place: str) -> str:
    with pytest.raises(EngineError) as refused:
        await start(place)
    return str(refused.value)


def test_the_pinned_ones_are_of_these_sources_for_each_platform_of_a_release() -> None:
    [platforms] = re.findall(r"^platforms=\((.+)\)$", (ROOT / "deploy" / "engine").read_text(), re.MULTILINE)
    names = {f"{built_copy().name}-{platform.replace('/', '-')}" for platform in platforms.split()}
    assert pinned().keys() == names, "run deploy/engine --pin"


async def test_the_right_one_is_taken_once_and_starts(
    machine: Path, binary: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(binary, tmp_path, monkeypatch)
    with files(binary) as (address, asked):
        how, said = await start(f"{address}/v{{version}}/")
        assert (how, said) == (
            f"FOLLOWTHROUGH_ENGINE_FROM ({machine / built_copy().name})",
            [f"Taking the engine from {address}/v{__version__}/{file_name()}, once"],
        )
        assert await start(address) == (f"the cached copy ({machine / built_copy().name})", [])
    assert asked == [f"/v{__version__}/{file_name()}"]


@pytest.mark.parametrize("named", ["folder", "file"])
async def test_it_is_copied_from_a_path(
    machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    script = b"#!/bin/sh\necho it ran\nexit 1\n"
    pin(script, tmp_path, monkeypatch)
    (tmp_path / file_name()).write_bytes(script)
    assert "it ran" in await refusal(str(tmp_path / file_name() if named == "file" else tmp_path))
    assert os.access(machine / built_copy().name, os.X_OK)


@pytest.mark.parametrize(
    ("content", "said", "status", "why"),
    [
        (BYTES[1:], None, 200, f"is not the one of Followthrough {__version__}, so it is not used (its SHA-256 is"),
        (BYTES[: len(BYTES) // 2], len(BYTES), 200, "peer closed connection without sending complete message body"),
        (BYTES[: len(BYTES) // 2], None, 200, "is not the one of"),
        (b"There is no such file.", None, 404, "it answers 404"),
    ],
    ids=["another", "broken-off", "half", "missing"],
)
async def test_what_is_not_it_is_refused_in_a_sentence_and_nothing_is_kept(
    machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, said: int, status: int, why: str
) -> None:
    pin(BYTES, tmp_path, monkeypatch)
    with files(content, said, status) as (address, _):
        sentence = await refusal(address.replace("//", "//mirror:a-password@"))
    assert sentence.startswith("The engine ")
    assert f" {address}/{file_name()} " in sentence
    assert why in sentence
    assert "FOLLOWTHROUGH_ENGINE_FROM" in sentence
    assert "\n" not in sentence
    assert kept(machine) == {".lock"}


async def test_where_nobody_answers_or_nothing_is_pinned_it_says_so(
    machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(BYTES, tmp_path, monkeypatch)
    assert "could not be taken from http://127.0.0.1:9/" in await refusal("http://127.0.0.1:9")
    assert "No such file or directory" in await refusal(str(tmp_path / "nowhere"))
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    assert f"A release has no engine for this machine ({built_copy().name}-linux-riscv64)" in await refusal("/srv")
    findings = await asyncio.to_thread(examine, Settings(engine_from="/srv"))
    assert [one.state.name for one in findings if one.subject == "engine"] == ["WRONG"]
