"""A directory as a CSV file: a line for each person, and one sentence for each line that is wrong."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel, ConfigDict, EmailStr, Field, ValidationError, ValidationInfo, field_validator

from followthrough.domain.answered.organisation.directory import DirectoryPerson, absences, day, team_named
from followthrough.domain.answered.organisation.file_types import TimeZone
from followthrough.domain.answered.organisation.organisation import Away, Organisation
from followthrough.domain.answered.organisation.taking_over import LONGEST_KEY, SAFE
from followthrough.domain.answered.wording import what_is_wrong
from followthrough.domain.replayed.text import Title

COLUMNS = ("key", "name", "email", "manager", "team", "time_zone", "left", "away")
NEEDED = ("name", "email")


class Line(BaseModel):
    """What a line says of somebody; ``number`` is its last line in the file, which begins with 1."""

    model_config = ConfigDict(frozen=True)

    number: int
    key: str | None = None
    name: Title
    email: EmailStr
    manager: str | None = None
    teams: tuple[str, ...] = Field((), alias="team")
    time_zone: TimeZone | None = None
    left: date | None = None
    away: tuple[Away, ...] = ()

    @field_validator("key")
    @classmethod
    def _safe(cls, key: str | None) -> str | None:
        if key is not None and not SAFE.fullmatch(key):
            raise ValueError(
                f"{key!r} can't be a key; write 1 to {LONGEST_KEY} letters, digits, dots, underscores and hyphens"
            )
        return key

    @field_validator("teams", mode="before")
    @classmethod
    def _known(cls, written: str | None, info: ValidationInfo) -> tuple[str, ...]:
        teams = tuple(team.strip() for team in (written or "").split(";") if team.strip())
        for team in teams:
            if info.context is not None and team_named(info.context, team) is None:
                raise ValueError(f"{team!r} is no team of the organisation file; write a key or name of one")
        return teams

    @field_validator("left", mode="before")
    @classmethod
    def _day(cls, written: str | None) -> date | None:
        return day(written) if written else None

    @field_validator("away", mode="before")
    @classmethod
    def _absences(cls, written: str | None) -> tuple[Away, ...]:
        return absences(written or "")


@dataclass(frozen=True)
class Wrong:
    """A line that can't be taken over, and why."""

    line: int
    sentence: str

    def __str__(self) -> str:
        """As it is shown."""
        return f"Line {self.line}: {self.sentence}"


def read(text: str, file: Organisation) -> tuple[list[Line], list[Wrong]]:
    """What the file says, and what is wrong in it: then nothing of it may be taken over."""
    text = text.removeprefix("\ufeff").rstrip()
    rows = csv.reader((f"{line}\n" for line in text.split("\n")), delimiter=_delimiter(text), strict=True)
    lines: list[Line] = []
    wrong: list[Wrong] = []
    try:
        header = [column.strip().casefold() for column in next(rows, [])]
        if problem := _wrong_header(header):
            return [], [Wrong(1, problem)]
        for row in rows:
            if any(cell.strip() for cell in row):
                _read_row(header, row, rows.line_num, file, lines, wrong)
    except csv.Error as error:
        wrong.append(Wrong(rows.line_num, f"it is no CSV ({error}); close what is quoted."))
    return lines, [*wrong, *_twice(lines)]


def changes(before: Mapping[str, DirectoryPerson], after: Mapping[str, DirectoryPerson]) -> Iterator[str]:
    """A line for each person who is new or not as before."""
    for one, person in after.items():
        if (known := before.get(one)) is None:
            yield f"{person.name} ({person.key}) is new."
        elif known != person:
            said = [
                f"{name.replace('_', ' ')} {_shown(value)}, was {_shown(getattr(known, name))}"
                for name, value in person
                if value != getattr(known, name)
            ]
            yield f"{person.name} ({person.key}): {'; '.join(said)}."
    for one in sorted(before.keys() - after.keys()):
        yield f"{before[one].name} ({before[one].key}) comes from elsewhere now."


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return (
            " and ".join(f"{one.first_day} to {one.last_day}" if isinstance(one, Away) else f"{one}" for one in value)
            or "none"
        )
    return "none" if value is None else str(value)


def _delimiter(text: str) -> str:
    """Some spreadsheets write semicolons."""
    first = text.partition("\n")[0]
    return ";" if ";" in first and "," not in first else ","


def _wrong_header(header: list[str]) -> str | None:
    said = f"the first line names the columns {', '.join(COLUMNS)}"
    if unknown := [column for column in header if column not in COLUMNS]:
        return f"{unknown[0]!r} is no column; {said}."
    if missing := [column for column in NEEDED if column not in header]:
        return f"the column {missing[0]} is missing; {said}."
    if len(set(header)) != len(header):
        return f"a column comes twice; {said}."
    return None


def _read_row(
    header: list[str], row: list[str], number: int, file: Organisation, lines: list[Line], wrong: list[Wrong]
) -> None:
    if len(row) > len(header):
        wrong.append(Wrong(number, f"it has {len(row)} cells and {len(header)} columns; quote what has a comma in it."))
        return
    cells = {column: cell.strip() for column, cell in zip(header, row, strict=False) if cell.strip()}
    try:
        lines.append(Line.model_validate({"number": number, **cells}, context=file))
    except ValidationError as error:
        first = error.errors()[0]
        where = str(first["loc"][0])
        what = "is missing; add it" if first["type"] == "missing" else what_is_wrong(first).rstrip(".")
        wrong.append(Wrong(number, f"{where}: {what}."))


def _twice(lines: list[Line]) -> Iterator[Wrong]:
    seen: dict[str, int] = {}
    for line in lines:
        for said in (f"e-mail {line.email.casefold()}", f"key {line.key}" if line.key else None):
            if said and (first := seen.setdefault(said, line.number)) != line.number:
                yield Wrong(line.number, f"the {said} is on line {first}, too; keep one of the two.")
