"""Stands in for any vendor that takes connections and requests, and never answers."""

import socket
import threading
from types import TracebackType
from typing import Self


class Silence:
    """Runs while it is entered as a context; ``callers`` are the connections, which are cut at the end."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1000)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.callers: list[socket.socket] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.cut_off()

    def cut_off(self) -> None:
        """Nobody waits any longer, and nobody is let in."""
        self._listener.close()
        for caller in self.callers:
            caller.close()

    def _accept(self) -> None:
        while True:
            try:
                self.callers.append(self._listener.accept()[0])
            except OSError:  # closed
                return
