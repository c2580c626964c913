"""How workflows hear each other."""

from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast, get_type_hints

from temporalio import workflow
from temporalio.common import RawValue

HandlerT = TypeVar("HandlerT", bound=Callable[..., Any])


def hears(handler: HandlerT) -> HandlerT:
    """Makes a method with one message the handler of the signal with its name.

    What can't be read fails the workflow task, which is seen, and is read by the next version that can; handed to
    ``workflow.signal`` itself the message would be dropped.
    """
    kind = next(hint for name, hint in get_type_hints(handler).items() if name != "return")

    def read(said: Any) -> Any:
        return workflow.payload_converter().from_payload(said.payload, kind) if isinstance(said, RawValue) else said

    async def later(self: Any, said: RawValue) -> None:
        await handler(self, read(said))

    def at_once(self: Any, said: RawValue) -> None:
        handler(self, read(said))

    hear: Callable[..., Any] = later if iscoroutinefunction(handler) else at_once
    hear.__annotations__ = {"said": RawValue, "return": None}  # with its type, self would count as an argument
    hear.__doc__ = handler.__doc__
    return cast(HandlerT, workflow.signal(name=handler.__name__)(hear))
