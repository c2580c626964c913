"""Reads ``followthrough.yaml``; what is wrong in it is said with the line."""

import contextlib
import json
import logging
import re
import sys
from collections.abc import Hashable
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import ErrorDetails

from followthrough.file_types import Section
from followthrough.organisation import Organisation

logger = logging.getLogger(__name__)

ADVICE = {
    "missing": "is missing; add it",
    "extra_forbidden": "is not known here; correct its spelling or remove it",
    "string_type": "has to be text; put the value in quotes",
    "tuple_type": "has to be a list; write it like [first, second]",
    "too_short": "is empty; add at least one",
}
"""What to do about pydantic's terser errors, by their type."""

SectionT = TypeVar("SectionT", bound=Section)


class OrganisationError(Exception):
    """The file can't be used; one line for each error: ``followthrough.yaml:LINE: where.it.is: what is wrong``."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


class Yaml12Loader(yaml.SafeLoader):
    """YAML 1.2's core schema, as editors read it: ``NO`` is a country, ``10:00`` a time, and a key comes once."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Raises ConstructorError for a key that comes twice."""
        keys: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in keys:
                raise yaml.constructor.ConstructorError(
                    problem=f"the key {key.value!r} comes a second time; keep one of the two",
                    problem_mark=key.start_mark,
                )
            keys.add(key.value)
        return super().construct_mapping(node, deep)


for tag, pattern, first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+0123456789."),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    Yaml12Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))


def load(path: Path) -> Organisation:
    """The organisation as the file says. Raises OrganisationError with everything that is wrong."""
    return load_section(path, Organisation, example="followthrough.example.yaml")


def load_section(path: Path, section: type[SectionT], example: str) -> SectionT:
    """What a file of its own says. Raises OrganisationError, which advises to start from a copy of ``example``."""
    try:
        loader = Yaml12Loader(path.read_text(encoding="utf-8"))
        root = loader.get_single_node()
        data = loader.construct_document(root) if root is not None else None
    except OSError as error:
        raise OrganisationError(
            [f"{path}: can't be read ({error.strerror}); start from a copy of {example}."]
        ) from error
    except UnicodeDecodeError as error:
        raise OrganisationError([f"{path}: is not UTF-8 text; save it as UTF-8."]) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise OrganisationError([f"{where}: {error.problem or error.context}."]) from error
    except yaml.YAMLError as error:
        raise OrganisationError([f"{path}: is not YAML: {' '.join(str(error).split())}."]) from error
    if root is None or not isinstance(data, dict):
        raise OrganisationError([f"{path}:1: holds no {section.__name__.lower()}; start from a copy of {example}."])
    sections = {name: section for name, section in data.items() if isinstance(section, dict)}
    try:
        return section.model_validate(data, context={**sections, "folder": path.parent})
    except ValidationError as error:
        found = [(_line(root, details["loc"]), _sentence(details)) for details in error.errors()]
        raise OrganisationError([f"{path}:{line}: {sentence}" for line, sentence in sorted(found)]) from error


def _sentence(details: ErrorDetails) -> str:
    where = ".".join(str(part) for part in details["loc"] if part != "[key]")
    what = ADVICE.get(details["type"]) or details["msg"].removeprefix("Value error, ").rstrip(".")
    return f"{where}: {what}."


def _line(node: yaml.Node, loc: tuple[int | str, ...]) -> int:
    """The line of the deepest part of ``loc`` that is there."""
    line = node.start_mark.line
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line
    return line + 1


class OrganisationFile:
    """The current organisation; call it each time one is needed. Raises OrganisationError when the first read fails."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folders: set[Path] = set()
        self._stamp = self._stamp_now()
        self._take(load(path))

    def __call__(self) -> Organisation:
        """As the file and its templates say now; a broken edit is warned of once, the last good one stays in use."""
        stamp = self._stamp_now()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._take(load(self._path))
            except OrganisationError as error:
                logger.warning(
                    "%s can't be taken over, the last good version stays in use; `followthrough doctor` lists what "
                    "is wrong (%d in all).",
                    self._path,
                    len(error.errors),
                )
        return self._organisation

    def _take(self, organisation: Organisation) -> None:
        folders = (organisation.update_templates_of(team) for team in organisation.teams)
        self._folders = {templates.folder for templates in chain.from_iterable(folders)}
        self._organisation = organisation

    def _stamp_now(self) -> dict[Path, tuple[int, int, int]]:
        """Of the file and of the templates that it names."""
        stamp = {}
        for path in (self._path, *(path for folder in self._folders for path in folder.glob("*.j2"))):
            with contextlib.suppress(OSError):
                status = path.stat()
                stamp[path] = status.st_mtime_ns, status.st_size, status.st_ino
        return stamp


class _Schema(GenerateJsonSchema):
    def encode_default(self, dft: Any) -> Any:
        """Durations as the file takes them."""
        if isinstance(dft, tuple):
            return [self.encode_default(part) for part in dft]
        return str(dft) if isinstance(dft, timedelta) else super().encode_default(dft)


def json_schema() -> dict[str, Any]:
    """JSON Schema of the file, for editors; ``python -m followthrough.organisation_file`` prints it."""
    schema = Organisation.model_json_schema(schema_generator=_Schema)
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(json_schema(), indent=2) + "\n")
