"""Reads ``followthrough.yaml``; what is wrong in it is said with the line."""

import contextlib
import hashlib
import json
import logging
import re
import sys
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import ErrorDetails

from followthrough.domain.answered.organisation.calendar import regions_with_holidays
from followthrough.domain.answered.organisation.directory import NO_DIRECTORY, Directory, DirectoryPerson, merged
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.update_templates import read as read_templates

logger = logging.getLogger(__name__)

ADVICE = {
    "missing": "is missing; add it",
    "extra_forbidden": "is not known here; correct its spelling or remove it",
    "string_type": "has to be text; put the value in quotes",
    "tuple_type": "has to be a list; write it like [first, second]",
    "too_short": "is empty; add at least one",
    "int_type": "has to be a whole number; write it without quotes, and without a 0 in front",
    "float_type": "has to be a number; write it without quotes, and without a 0 in front",
    "bool_type": "has to be true or false",
    "model_type": "has to be a section with keys of its own",
    "dict_type": "has to be a section with keys of its own",
    "date_from_datetime_inexact": "has to be a day; write it like 2026-09-30",
}
"""What to do about pydantic's terser errors, by their type."""

MOST_DIGITS = 18
MOST_BYTES = 5_000_000
"""Of a file, which is far more than ten thousand people take."""

SectionT = TypeVar("SectionT", bound=BaseModel)


class OrganisationError(Exception):
    """The file can't be used; one line for each error: ``followthrough.yaml:LINE: where.it.is: what is wrong``."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


@dataclass(frozen=True, repr=False)
class Digits:
    """Digits that are no number everywhere, such as a phone's with a 0 in front: nothing takes them without quotes."""

    text: str

    def __repr__(self) -> str:
        """As they stand in the file."""
        return self.text


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

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Raises ConstructorError for a value that is none of its tag."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError) as error:
            raise yaml.constructor.ConstructorError(
                problem=f"{node.value!r} is no {node.tag.rpartition(':')[2]}", problem_mark=node.start_mark
            ) from error

    def construct_whole_number(self, node: yaml.ScalarNode) -> int | Digits:
        """Decimal, never octal."""
        digits = node.value.lstrip("+-")
        plain = digits.isdecimal() and len(digits) <= MOST_DIGITS and (digits == "0" or digits[0] != "0")
        return int(node.value) if plain else Digits(node.value)


for tag, pattern, first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+0123456789."),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    Yaml12Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))


Yaml12Loader.add_constructor("tag:yaml.org,2002:int", Yaml12Loader.construct_whole_number)


def load(path: Path, directory: Directory | None = None) -> Organisation:
    """The organisation as the file says, which may name people of the directory.

    Raises OrganisationError with everything that is wrong.
    """
    beside = directory.people if directory else ()
    return load_section(path, Organisation, example="followthrough.example.yaml", beside=beside)


def load_section(path: Path, section: type[SectionT], example: str, beside: Sequence[DirectoryPerson] = ()) -> SectionT:
    """What a file of its own says. Raises OrganisationError, which advises to start from a copy of ``example``."""
    root, data = _read(path, example)
    if root is None or not isinstance(data, dict):
        raise OrganisationError([f"{path}:1: holds no {section.__name__.lower()}; start from a copy of {example}."])
    sections = {name: section for name, section in data.items() if isinstance(section, dict)}
    if beside:
        sections["people"] = _with_people_of(beside, sections.get("people", {}))
    context = {**sections, "read_templates": lambda folder: read_templates(path.parent / folder)}
    try:
        return section.model_validate(data, context=context)
    except ValidationError as error:
        found = [(_line(root, details["loc"]), _sentence(details)) for details in error.errors()]
        raise OrganisationError([f"{path}:{line}: {sentence}" for line, sentence in sorted(found)]) from error


def _with_people_of(beside: Sequence[DirectoryPerson], said: dict[str, Any]) -> dict[str, Any]:
    """Whom the directory adds; whoever has an e-mail of the file has the key of the file."""
    emails = {str(person.get("email")).casefold() for person in said.values() if isinstance(person, dict)}
    return {**{person.key: person for person in beside if person.email.casefold() not in emails}, **said}


def _read(path: Path, example: str) -> tuple[yaml.Node | None, Any]:
    """The file's root, which knows lines, and what it means; None when it holds nothing."""
    try:
        content = path.read_bytes()
        if len(content) > MOST_BYTES:
            raise OrganisationError(
                [f"{path}:1: has {len(content) // 1_000_000} MB, and may have {MOST_BYTES // 1_000_000}; shorten it."]
            )
        loader = Yaml12Loader(content.decode())
        root = loader.get_single_node()
        return root, loader.construct_document(root) if root is not None else None
    except OSError as error:
        raise OrganisationError(
            [f"{path}: can't be read ({error.strerror}); start from a copy of {example}."]
        ) from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise OrganisationError([f"{path}:{line}: is not UTF-8 text; save it as UTF-8."]) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise OrganisationError([f"{where}: {error.problem or error.context}."]) from error
    except yaml.reader.ReaderError as error:
        line = content.decode().count("\n", 0, error.position) + 1
        unfit = f"the character U+{error.character:04X} can't stand in YAML; remove it"
        raise OrganisationError([f"{path}:{line}: {unfit}."]) from error
    except RecursionError as error:
        raise OrganisationError([f"{path}:1: is nested too deeply; close what is open."]) from error


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


def cautions(organisation: Organisation) -> Iterator[str]:
    """What can be as it is written and is probably not meant; a sentence each."""
    if "look_again_every" in organisation.policies.items.model_fields_set:
        yield (
            "policies.items.look_again_every: does nothing any more, for action items hear of what changes here within "
            "seconds; remove it."
        )
    for key, team in organisation.teams.items():
        country, regions = team.holidays.country, regions_with_holidays(team.holidays.country)
        if regions and team.holidays.subdivision is None:
            yield (
                f"teams.{key}.holidays: the country {country} is given without its region, so holidays of its regions "
                "count as working days and deadlines fall on them; "
                f"add the team's subdivision, one of {', '.join(regions)}."
            )


def stamp_of(path: Path) -> tuple[int, ...]:
    """What is another when the file is; empty when it can't be asked."""
    with contextlib.suppress(OSError):
        status = path.stat()
        return status.st_mtime_ns, status.st_size, status.st_ino
    return ()


class OrganisationFile:
    """The current organisation; call it each time one is needed.

    Until there is a file at ``path``, ``until_there`` is used. ``directory`` gives the people beside it. Raises
    OrganisationError when the first read fails.
    """

    def __init__(
        self, path: Path, until_there: Path | None = None, directory: Callable[[], Directory] = lambda: NO_DIRECTORY
    ) -> None:
        self._path = path
        self._directory = directory
        self._folders: set[Path] = set()
        self._cautions: tuple[str, ...] = ()
        self._reading = Lock()
        self._stamp = self._stamp_now()
        self.problems: tuple[str, ...] = ()
        """Why the file as it is now can't be taken over."""
        self.fingerprint = ""
        """SHA-256 of the file in use."""
        self._take(until_there if until_there is not None and not path.exists() else path, directory())

    def __call__(self) -> Organisation:
        """As the file, its templates and the directory say now.

        A broken edit is warned of once, the last good one stays in use.
        """
        with self._reading:  # nobody is given what was before while another thread reads what is now
            stamp, directory = self._stamp_now(), self._directory()
            changed = directory is not self._taken
            if stamp != self._stamp or (changed and self.problems):
                self._stamp = stamp
                self._try(directory)
            elif changed:
                self._merge(self.file, directory)
            return self._organisation

    def _try(self, directory: Directory) -> None:
        try:
            self._take(self._path, directory)
        except OrganisationError as error:
            if self.problems != (problems := tuple(error.errors)):
                logger.warning(
                    "%s can't be taken over, the last good version stays in use; `followthrough doctor` lists "
                    "what is wrong (%d in all).",
                    self._path,
                    len(problems),
                )
            self.problems = problems
            self._merge(self.file, directory)

    def _take(self, path: Path, directory: Directory) -> None:
        file = load(path, directory)
        known, self._cautions = self._cautions, tuple(cautions(file))
        for caution in self._cautions:
            if caution not in known:
                logger.warning("%s: %s", path, caution)
        folders = (file.update_templates_of(team) for team in file.teams)
        self._folders = {Path(templates.folder) for templates in chain.from_iterable(folders)}
        self.in_use, self.problems = path, ()
        with contextlib.suppress(OSError):  # it is gone again, and what was read of it counts
            self.fingerprint = hashlib.sha256(path.read_bytes()).hexdigest()
        self._merge(file, directory)

    def _merge(self, file: Organisation, directory: Directory) -> None:
        """What is the same as before stays the same object, so that nobody takes it for a change."""
        self.file = file
        """As the file says, without the directory."""
        self._taken = directory
        self.merged = merged(file, directory)
        before = getattr(self, "_organisation", None)
        self._organisation = self.merged.organisation if self.merged.organisation != before else before

    def _stamp_now(self) -> dict[Path, tuple[int, ...]]:
        """Of the file and of the templates that it names."""
        templates = (path for folder in self._folders for path in folder.glob("*.j2"))
        return {path: stamp_of(path) for path in (self._path, *templates)}


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
