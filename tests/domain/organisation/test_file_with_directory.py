"""The organisation file with a directory beside it."""

import logging
from datetime import date
from pathlib import Path

import pytest

from followthrough.domain.answered.organisation.directory import Directory
from followthrough.organisation_file import OrganisationError, OrganisationFile
from tests.domain.organisation.test_directory import person

EXAMPLE = Path("followthrough.example.yaml").read_text()


class Beside:
    """A directory that a test changes."""

    def __init__(self) -> None:
        self.directory = Directory()

    def __call__(self) -> Directory:
        return self.directory


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "followthrough.yaml"
    path.write_text(EXAMPLE)
    return path


@pytest.fixture
def beside() -> Beside:
    return Beside()


def test_a_change_of_the_directory_is_another_organisation_and_one_without_effect_is_the_same(
    file: Path, beside: Beside
) -> None:
    current = OrganisationFile(file, directory=beside)
    before = current()
    beside.directory = Directory(1, (person("ada", manager="marcos"),))
    after = current()
    assert (set(after.people) - set(before.people), current.file) == ({"ada"}, before)
    beside.directory = Directory(2, (person("ada", manager="marcos"),))
    assert current() is after
    file.write_text(EXAMPLE.replace("name: Payments", "name: Paying", 1))
    assert (current().teams["payments"].name, "ada" in current().people) == ("Paying", True)


def test_the_file_may_name_people_of_the_directory_once_they_are_there(
    file: Path, beside: Beside, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_text(EXAMPLE.replace("lead: marcos", "lead: ada", 1))
    with pytest.raises(OrganisationError, match="'ada' is not under people"):
        OrganisationFile(file, directory=beside)
    beside.directory = Directory(1, (person("ada"),))
    current = OrganisationFile(file, directory=beside)
    assert current().teams["payments"].lead == "ada"
    file.write_text(EXAMPLE.replace("lead: marcos", "lead: bo", 1))
    caplog.clear()
    for version in (2, 3):
        beside.directory = Directory(version, (person("ada"),))
        assert (current().teams["payments"].lead, len(current.problems)) == ("ada", 1)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    beside.directory = Directory(4, (person("ada"), person("bo", left=date(2026, 3, 2))))
    assert (current().teams["payments"].lead, current.problems) == ("bo", ())


def test_a_person_that_the_file_names_has_only_the_files_key(file: Path, beside: Beside) -> None:
    beside.directory = Directory(1, (person("irobles", email="ines@example.com"),))
    file.write_text(EXAMPLE.replace("lead: marcos", "lead: irobles", 1))
    with pytest.raises(OrganisationError, match="'irobles' is not under people"):
        OrganisationFile(file, directory=beside)


def test_while_the_file_is_broken_the_directory_is_followed_all_the_same(file: Path, beside: Beside) -> None:
    current = OrganisationFile(file, directory=beside)
    file.write_text("name: [")
    beside.directory = Directory(1, (person("ines", left=date(2026, 3, 2)),))
    assert current().people["ines"].left == date(2026, 3, 2)
    assert current.problems
