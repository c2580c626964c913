"""What the vendors' stand-ins share: a server on loopback that keeps violations of the vendor's documents."""

import os
import socket
import threading
import time
from abc import ABC, abstractmethod
from typing import Self

import uvicorn
from starlette.types import Receive, Scope, Send

CONTRACTS = os.environ.get("FOLLOWTHROUGH_CONTRACTS", "")


class StandIn(ABC):
    """Runs while it is entered as a context."""

    def __init__(self, port: int) -> None:
        self.violations: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", port))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._serve,
                interface="asgi3",
                lifespan="off",
                proxy_headers=False,
                log_level="warning",
                timeout_graceful_shutdown=3,
            )
        )
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    @abstractmethod
    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None: ...

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        """Raises AssertionError for the first violation of the vendor's documents."""
        self._server.should_exit = True
        self._thread.join()
        assert not self.violations, self.violations[0]


def cut_off(receive: Receive) -> None:
    """Drops the connection without an answer."""
    receive.__self__.transport.abort()  # type: ignore[attr-defined]  # uvicorn's own object
