"""How what is typed is read, without pydantic.

Typer asks pydantic for each argument, and importing that takes longer than all else that most commands do.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, get_args, get_origin

import typer
from typer.core import TyperGroup

PLAIN = (str, bool, int, float, datetime)
YES, NO = ("1", "true", "t", "yes", "y", "on"), ("0", "false", "f", "no", "n", "off", "")


class Plain:
    """Reads one parameter's values, as Typer's own readers do."""

    def __init__(self, annotation: Any, declared: Any) -> None:
        self._annotation, self._declared = annotation, declared

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Raises BadParameter."""
        several = param.multiple or param.nargs == -1
        if value is None:
            return () if several else None
        try:
            return [self._read(one) for one in value] if several else self._read(value)
        except ValueError as error:
            raise typer.BadParameter(str(error), ctx=ctx, param=param) from None

    def _read(self, value: Any) -> Any:
        if self._declared.parser is not None:
            return self._declared.parser(value)
        if self._annotation is bool:
            return _yes_or_no(value)
        if self._annotation is datetime:
            return value if isinstance(value, datetime) else _time(value, self._declared.formats)
        if self._annotation is str:
            return str(value)
        return self._number(value)

    def _number(self, value: Any) -> Any:
        try:
            number = self._annotation(value)
        except ValueError:
            raise ValueError(f"{value!r} is no number.") from None
        least, most = self._declared.min, self._declared.max
        if (least is not None and number < least) or (most is not None and number > most):
            bounds = f"from {least}" + (f" to {most}" if most is not None else " on")
            raise ValueError(f"{value} is out of reach; it can be {bounds}.")
        return number


def read_plainly(command: Any, context: Any) -> None:
    """From now on, for all parameters of a command and those below it that need no more."""
    for param in command.get_params(context):
        described = getattr(param, "type_descriptor", None)
        if described is None:
            continue
        annotation = described.annotation
        if get_origin(annotation) is list:
            (annotation,) = get_args(annotation)
        if annotation in PLAIN or described.parameter_info.parser is not None:
            param.get_runtime_param = _giving(Plain(annotation, described.parameter_info))
    for below in command.commands.values() if isinstance(command, TyperGroup) else ():
        read_plainly(below, below.context_class(below, parent=context))


def _giving(reader: Plain) -> Callable[[], Plain]:
    return lambda: reader


def _yes_or_no(value: Any) -> bool:
    typed = str(value).strip().lower()
    if typed not in (*YES, *NO):
        raise ValueError(f"{value!r} is neither yes nor no.")
    return typed in YES


def _time(value: str, formats: Iterable[str]) -> datetime:
    for form in formats:
        try:
            return datetime.strptime(value, form)  # noqa: DTZ007 -- who asked for it knows the zone
        except ValueError:
            continue
    raise ValueError(f"{value!r} does not match the formats {', '.join(map(repr, formats))}.")
