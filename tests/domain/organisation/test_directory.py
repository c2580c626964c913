"""The organisation in effect: the file, and what a directory adds."""

from datetime import date

from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.directory import (
    Directory,
    DirectoryPerson,
    Group,
    Source,
    circle_members,
    merged,
)
from followthrough.domain.answered.organisation.organisation import Away, Organisation

HOLIDAY = Away(first_day=date(2026, 8, 3), last_day=date(2026, 8, 21))


def person(key: str, **said: object) -> DirectoryPerson:
    return DirectoryPerson.model_validate({"key": key, "name": key.title(), "email": f"{key}@example.com", **said})


def test_without_a_directory_the_file_is_all(organisation: Organisation) -> None:
    assert merged(organisation, Directory()).organisation == organisation


def test_people_of_the_directory_are_added_with_their_managers_and_teams(organisation: Organisation) -> None:
    directory = Directory(
        people=(person("ada", manager="marcos", time_zone="Europe/Rome", away=(HOLIDAY,)), person("bo", manager="ada")),
        groups=(Group(name="payments", members=("ada",)), Group(name="PLATFORM ", members=("bo",))),
    )
    found = merged(organisation, directory)
    assert found.problems == ()
    assert found.sources == {"ada": Source.SCIM, "bo": Source.SCIM}
    assert found.organisation.managers("bo") == ("ada", "marcos", "nora")
    assert found.organisation.people["ada"].away == (HOLIDAY,)
    assert found.organisation.people["ada"].time_zone == "Europe/Rome"
    assert found.organisation.teams["payments"].members == ("ines", "tomas", "lucia", "ada")
    assert found.organisation.teams["platform"].members == ("sam", "wei", "bo")


def test_the_file_wins_field_by_field(organisation: Organisation) -> None:
    said = {"manager": "nora", "time_zone": "Asia/Tokyo", "left": date(2026, 3, 2), "name": "I. Robles"}
    directory = Directory(people=(person("irobles", **{**said, "email": "INES@example.com"}),))
    found = merged(organisation, directory)
    ines = found.organisation.people["ines"]
    assert (ines.name, ines.manager, ines.time_zone) == ("Inés Robles", "marcos", "Europe/Madrid")
    assert ines.left == date(2026, 3, 2), "of which the file says nothing"
    assert list(found.organisation.people) == list(organisation.people)
    assert found.sources == {"ines": Source.SCIM}


def test_whom_the_file_names_otherwise_is_the_same_to_others(organisation: Organisation) -> None:
    directory = Directory(
        people=(person("irobles", email="ines@example.com"), person("bo", manager="irobles")),
        groups=(Group(name="Platform", members=("irobles",)),),
    )
    found = merged(organisation, directory).organisation
    assert found.people["bo"].manager == "ines"
    assert found.teams["platform"].members == ("sam", "wei", "ines")


def test_who_left_by_the_directory_is_gone_from_that_day(organisation: Organisation) -> None:
    directory = Directory(people=(person("marcos", left=date(2026, 3, 2)),))
    after = as_of(merged(organisation, directory).organisation, date(2026, 3, 2))
    assert "marcos" not in after.people
    assert after.people["ines"].manager == "nora"


def test_a_key_that_is_another_persons_in_the_file_is_told_and_left_out(organisation: Organisation) -> None:
    directory = Directory(people=(person("ines", email="other@example.com"), person("bo", manager="ines")))
    found = merged(organisation, directory)
    assert found.organisation.people["ines"] == organisation.people["ines"]
    assert found.problems == (
        "Ines of the directory has the key ines, which is Inés Robles's in the organisation file; give both the same "
        "e-mail, or the one in the file another key.",
    )


def test_managers_that_lead_back_with_those_of_the_file_are_told_and_do_not_count(organisation: Organisation) -> None:
    directory = Directory(people=(person("nora", manager="ada"), person("ada", manager="ines")))
    found = merged(organisation, directory)
    assert found.organisation.managers("ines") == ("marcos", "nora")
    assert found.organisation.people["ada"].manager is None
    assert [problem.split(",")[0] for problem in found.problems] == [
        "The managers above Ada lead back to them",
        "The managers above Nora Lindqvist lead back to them",
    ]


def test_a_team_that_the_file_does_not_have_is_told_where_a_person_is_in_it(organisation: Organisation) -> None:
    directory = Directory(people=(person("ada", teams=("Payments", "Sales")),), groups=(Group(name="Everyone"),))
    found = merged(organisation, directory)
    assert "ada" in found.organisation.teams["payments"].members
    assert found.problems == (
        "Ada of the directory is in the team 'Sales', which is not in the organisation file; add it there.",
    )


def test_circles_are_found_and_who_only_leads_to_one_is_in_none() -> None:
    managers = {"a": "b", "b": "c", "c": "b", "d": "d", "e": "a", "f": None, "g": "f"}
    assert circle_members(managers) == {"b", "c", "d"}
