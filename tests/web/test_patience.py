"""Clients that say nothing, or too slowly, or do not take what they asked for."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import uvicorn
from fastapi import FastAPI, Request, Response

from followthrough.web.patience import patient_for
from tests.waiting import eventually

MUCH = 64 * 1024 * 1024
POST = b"POST /size HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"
SILENT = {
    "nothing": b"",
    "half a request": b"GET / HTT",
    "headers without an end": b"GET /size HTTP/1.1\r\nHost: localhost\r\nX-A: ",
    "no body": POST,
    "half a body": POST + b"x" * 50,
    "a chunk without an end": b"POST /size HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    "a second request without a body": POST + b"x" * 100 + POST,
    "half a second request": POST + b"x" * 100 + b"GET / HTT",
    "a question whose answer it does not take": b"GET /much HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


@contextlib.asynccontextmanager
async def serving(within: timedelta) -> AsyncIterator[tuple[uvicorn.Server, int]]:
    app = FastAPI()

    @app.post("/size")
    async def size(request: Request) -> int:
        return len(await request.body())

    @app.get("/much")
    async def much() -> Response:
        return Response(bytes(MUCH))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, http=patient_for(within), timeout_keep_alive=1, log_level="warning")
        server = uvicorn.Server(config)
        server.capture_signals = contextlib.nullcontext  # type: ignore[assignment,method-assign]
        task = asyncio.create_task(server.serve(sockets=[listener]))
        await eventually(lambda: server.started)
        yield server, listener.getsockname()[1]
        server.should_exit = True
        await task


@pytest.mark.parametrize("said", SILENT.values(), ids=SILENT)
async def test_a_client_that_falls_silent_is_cut_off(said: bytes) -> None:
    async with serving(timedelta(seconds=0.5)) as (server, port):
        _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await eventually(lambda: server.server_state.connections)
        writer.write(said)
        await writer.drain()
        await eventually(lambda: not server.server_state.connections)
        writer.close()


@pytest.mark.parametrize("said", [b"GET / HTTP/1.1\r\nX-Slow: ", POST])
async def test_a_client_that_dribbles_is_cut_off_however_long_it_goes_on(said: bytes) -> None:
    async with serving(timedelta(seconds=0.5)) as (server, port):
        _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await eventually(lambda: server.server_state.connections)
        writer.write(said)

        async def dribble() -> bool:
            with contextlib.suppress(ConnectionError):
                writer.write(b"x")
                await writer.drain()
            return not server.server_state.connections

        await eventually(dribble)
        writer.close()


async def test_a_client_may_ask_again_and_take_its_time_between() -> None:
    async with serving(timedelta(minutes=5)) as (_server, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):
            for piece in (POST[:30], POST[30:], b"x" * 40, b"x" * 60):
                writer.write(piece)
                await writer.drain()
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(3) == b"100"
        writer.write(b"GET /much HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        assert len(await reader.readexactly(MUCH)) == MUCH
        writer.close()
