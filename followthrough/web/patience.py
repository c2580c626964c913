"""Connections end with whoever says nothing, says it too slowly, or does not take the answer: each costs memory."""

import asyncio
from datetime import timedelta
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


def patient_for(within: timedelta) -> type[H11Protocol]:
    """A protocol that cuts connections off whose request is not complete in time, or whose answer is not taken.

    How long one that had an answer may wait for its next request is uvicorn's ``timeout_keep_alive``.
    """

    class Patient(H11Protocol):
        _asking: asyncio.TimerHandle | None = None
        _taking: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._asking = self._end_later()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._follow()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if self.conn.their_state is not h11.IDLE:
                self._follow()

        def pause_writing(self) -> None:
            super().pause_writing()
            self._taking = self._taking or self._end_later()

        def resume_writing(self) -> None:
            super().resume_writing()
            self._taking = _cancelled(self._taking)

        def timeout_keep_alive_handler(self) -> None:
            super().timeout_keep_alive_handler()
            self._taking = self._taking or self._end_later()

        def connection_lost(self, exc: Exception | None) -> None:
            self._asking, self._taking = _cancelled(self._asking), _cancelled(self._taking)
            super().connection_lost(exc)

        def _follow(self) -> None:
            """One time for a whole request, however many pieces it comes in."""
            if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
                self._asking = self._asking or self._end_later()
            else:
                self._asking = _cancelled(self._asking)

        def _end_later(self) -> asyncio.TimerHandle:
            return self.loop.call_later(within.total_seconds(), self.transport.abort)

    return Patient


def _cancelled(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    """No timer any more."""
    if timer is not None:
        timer.cancel()
    return None
