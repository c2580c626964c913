"""A CSV file as the directory, over HTTP and by command."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from typer.testing import CliRunner

from followthrough import doctor_directory
from followthrough.cli import app
from followthrough.settings import Settings
from tests.web.directory import NOBODY_LISTENS, Office, office_in, user

HEADER = "key,name,email,manager,team,time_zone,left,away\n"
ADA = "ada,Ada Lovelace,ada@example.com,marcos,Payments,Europe/Rome,,2026-08-03/2026-08-21; 2026-12-24\n"
BO = "bo,Bo Diddley,bo@example.com,ada@example.com,payments;platform,,,\n"


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    client = await Client.connect(NOBODY_LISTENS, lazy=True)
    with office_in(tmp_path, client) as office:
        yield office


def imported(office: Office, text: str, *, dry_run: bool = False) -> dict[str, Any]:
    answer = office.api.post("/api/directory/import", json={"csv": text, "dry_run": dry_run})
    said: dict[str, Any] = answer.json()
    return said


def test_people_of_a_file_are_there_with_all_that_it_says(office: Office) -> None:
    assert imported(office, HEADER + ADA + BO) == {
        "people": 2,
        "changes": ["Ada Lovelace (ada) is new.", "Bo Diddley (bo) is new."],
        "dry_run": False,
    }
    organisation = office.organisation()
    assert organisation.managers("bo") == ("ada", "marcos", "nora")
    assert (organisation.people["ada"].time_zone, len(organisation.people["ada"].away)) == ("Europe/Rome", 2)
    assert organisation.teams["payments"].members[-2:] == ("ada", "bo")
    assert organisation.teams["platform"].members[-1:] == ("bo",)
    assert imported(office, HEADER + ADA + BO)["changes"] == []


def test_a_dry_run_says_what_would_change_and_changes_nothing(office: Office) -> None:
    imported(office, HEADER + ADA + BO)
    before = office.organisation()
    today = datetime.now(UTC).date()
    said = imported(office, HEADER + ADA.replace("marcos", "grace").replace("Europe/Rome", ""), dry_run=True)
    assert said["changes"] == [
        "Ada Lovelace (ada): manager grace, was marcos; time zone none, was Europe/Rome.",
        f"Bo Diddley (bo): left {today}, was none.",
    ]
    assert office.organisation() is before


def test_who_is_not_in_the_file_any_more_has_left_and_may_come_back(office: Office) -> None:
    imported(office, HEADER + ADA + BO)
    imported(office, HEADER + ADA)
    assert office.organisation().people["bo"].left is not None
    imported(office, HEADER + ADA + BO.replace("bo@example.com", "bo.d@example.com"))
    bo = office.organisation().people["bo"]
    assert (bo.left, bo.email) == (None, "bo.d@example.com")


def test_each_wrong_line_is_told_with_its_number_and_nothing_is_changed(office: Office) -> None:
    lines = [
        ADA,
        "x y,Key,key@example.com,,,,,\n",
        ",,nobody@example.com,,,,,\n",
        "mail,Mail,nowhere,,,,,\n",
        "team,Team,team@example.com,,Sales,,,\n",
        "zone,Zone,zone@example.com,,,Mars,,\n",
        "day,Day,day@example.com,,,,31.12.2026,\n",
        "away,Away,away@example.com,,,,,2026-08-21/2026-08-03\n",
        "twice,Twice,ADA@example.com,,,,,\n",
        "many,Many,many@example.com,,,,,,,,\n",
        '"two\nlines",Two,two@example.com,,,,,\n',
    ]
    said = imported(office, HEADER + "".join(lines))
    assert said["error"] == "10 lines are wrong, so nothing was changed."
    assert said["lines"] == [
        "Line 3: key: 'x y' can't be a key; write 1 to 64 letters, digits, dots, underscores and hyphens.",
        "Line 4: name: is missing; add it.",
        "Line 5: email: value is not a valid email address: An email address must have an @-sign.",
        "Line 6: team: 'Sales' is no team of the organisation file; write a key or name of one.",
        "Line 7: time_zone: 'Mars' is not a time zone; write it like Europe/Madrid.",
        "Line 8: left: '31.12.2026' is no day; write it like 2026-09-30.",
        "Line 9: away: last_day 2026-08-03 is before first_day 2026-08-21; exchange them.",
        "Line 10: the e-mail ada@example.com is on line 2, too; keep one of the two.",
        "Line 11: it has 11 cells and 8 columns; quote what has a comma in it.",
        "Line 13: key: 'two\\nlines' can't be a key; write 1 to 64 letters, digits, dots, underscores and hyphens.",
    ]
    assert "ada" not in office.organisation().people


def test_what_would_break_the_organisation_is_told_with_its_line(office: Office) -> None:
    circle = ADA.replace("marcos", "bo") + BO + "cy,Cy,cy@example.com,nobody,,,,\nines,Cy,other@example.com,,,,,\n"
    assert imported(office, HEADER + circle)["lines"] == [
        "Line 2: The managers above Ada Lovelace would lead back to them, so the one before still counts; correct one "
        "of them.",
        "Line 3: The managers above Bo Diddley would lead back to them, so the one before still counts; correct one of "
        "them.",
        "Line 4: The manager of Cy, nobody, is nobody known; add them, or correct it.",
        "Line 5: The key ines is that of Inés Robles already; write 1 to 64 letters, digits, dots, underscores and "
        "hyphens that nobody else has.",
    ]
    assert office.problems() == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Line 1: the column name is missing; the first line names the columns key, name, email, manager, team,"),
        ("name,mail\n", "Line 1: 'mail' is no column; the first line names the columns"),
        ("name,email,name\n", "Line 1: a column comes twice; the first line names the columns"),
        ('name,email\n"Ada,ada@example.com\n', "Line 2: it is no CSV (unexpected end of data); close what is quoted."),
    ],
)
def test_a_file_of_another_kind_is_told(office: Office, text: str, said: str) -> None:
    (line,) = imported(office, text)["lines"]
    assert line.startswith(said)


def test_a_file_as_spreadsheets_write_it_is_read(office: Office) -> None:
    text = "\ufeffName;Email;Team\r\nAda Lovelace;ada@example.com;Payments\r\n;;\r\n"
    assert imported(office, text)["changes"] == ["Ada Lovelace (ada) is new."]


def test_who_comes_by_scim_is_no_line_of_a_file_and_who_was_one_goes_over_to_it(office: Office) -> None:
    imported(office, HEADER + ADA)
    office.created("/Users", **user("lovelace", emails=[{"value": "ada@example.com"}]))
    assert "lovelace" not in office.organisation().people
    assert office.organisation().people["ada"].name == "Lovelace"
    assert imported(office, HEADER + ADA)["lines"] == ["Line 2: ada@example.com comes by SCIM; remove the line."]


def test_the_command_imports_a_file_and_prints_each_wrong_line(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOLLOWTHROUGH_URL", str(office.api.base_url))
    file = tmp_path / "people.csv"
    file.write_text(HEADER + ADA)
    dry = CliRunner().invoke(app, ["directory", "import", str(file), "--dry-run"])
    assert (dry.exit_code, "Nothing was changed yet." in dry.output) == (0, True), dry.output
    assert "ada" not in office.organisation().people
    done = CliRunner().invoke(app, ["directory", "import", str(file)])
    assert (done.exit_code, "Ada Lovelace (ada) is new." in done.output) == (0, True), done.output
    file.write_text(HEADER + ADA + "x,,,,,,,\n")
    wrong = CliRunner().invoke(app, ["directory", "import", str(file)])
    assert wrong.exit_code == 1
    assert "Line 3: name: is missing; add it." in wrong.output
    missing = CliRunner().invoke(app, ["directory", "import", str(tmp_path / "none.csv")])
    assert missing.exit_code == 2


def test_the_api_lists_people_with_where_they_are_from(office: Office) -> None:
    imported(office, HEADER + ADA)
    known = office.api.get("/api/people").json()
    people = {person["key"]: person for person in known["people"]}
    assert (people["ada"]["in_file"], people["ada"]["source"], people["ada"]["teams"]) == (False, "CSV", ["payments"])
    assert (people["ines"]["in_file"], people["ines"]["source"]) == (True, None)
    assert (known["scim_at"], known["csv_at"] is not None, known["problems"]) == (None, True, [])


def test_the_doctor_says_what_comes_from_where_and_what_does_not_fit(office: Office, tmp_path: Path) -> None:
    imported(office, HEADER + ADA)
    settings = Settings(data_dir=tmp_path, organisation_file=tmp_path / "followthrough.yaml")
    file, both, said = doctor_directory.read(settings)
    assert ("ada" in file.people, "ada" in both.organisation.people, both.problems) == (False, True, ())
    assert [line.split(", heard")[0] for line in said] == ["People known by CSV: 1"]
    text = settings.organisation_file.read_text()
    settings.organisation_file.write_text(text.replace("name: Payments", "name: Paying").replace("payments", "paying"))
    assert doctor_directory.read(settings)[1].problems == (
        "Ada Lovelace of the directory is in the team 'Payments', which is not in the organisation file; add it there.",
    )
    assert "directory not followed" in office.api.get("/trouble").text
    nowhere = Settings(data_dir=tmp_path / "none", organisation_file=settings.organisation_file)
    assert "ada" not in doctor_directory.in_effect(nowhere).people
