"""What of a directory is taken over, and that what would break the organisation changes nothing."""

from datetime import date

import pytest

from followthrough.domain.answered.organisation.directory import DirectoryPerson, Source
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.organisation.taking_over import Entry, slug, take_over

Before = dict[str, DirectoryPerson]


def entry(number: str, **said: object) -> Entry:
    start = {"id": number, "name": f"Person {number}", "email": f"p{number}@example.com", "names": (f"p{number}",)}
    return Entry.model_validate({**start, **said})


def first(organisation: Organisation, *entries: Entry) -> Before:
    people, problems = take_over(entries, {}, organisation)
    assert problems == []
    return people


def test_keys_come_from_user_names_and_stay_when_these_change(organisation: Organisation) -> None:
    before = first(organisation, entry("1", names=("Åsa.Öberg@example.com",)), entry("2", names=("asa.oberg@b.com",)))
    assert [person.key for person in before.values()] == ["asa.oberg", "asa.oberg-2"]
    after, _ = take_over([entry("1", names=("renamed",)), entry("2", names=("x",))], before, organisation)
    assert [person.key for person in after.values()] == ["asa.oberg", "asa.oberg-2"]


def test_the_files_person_with_that_e_mail_gives_the_key_and_another_person_never_gets_it(
    organisation: Organisation,
) -> None:
    people = first(
        organisation,
        entry("1", email="INES@example.com", names=("irobles",)),
        entry("2", names=("tomas",)),
    )
    assert [person.key for person in people.values()] == ["ines", "tomas-2"]


def test_managers_are_named_by_id_user_name_e_mail_or_key_also_of_the_file(organisation: Organisation) -> None:
    ways = ("1", "P1", "p1@EXAMPLE.com", "marcos", "marcos@example.com", None)
    entries = [entry("1"), *(entry(f"1{number}", manager=way) for number, way in enumerate(ways))]
    people = first(organisation, *entries)
    assert [people[one.id].manager for one in entries[1:]] == ["p1", "p1", "p1", "marcos", "marcos", None]


def test_an_unknown_manager_is_told_and_the_one_before_stays_until_they_are_known(organisation: Organisation) -> None:
    before = first(organisation, entry("1", manager="marcos"))
    wanted = entry("1", manager="new-boss")
    after, problems = take_over([wanted], before, organisation)
    assert after["1"].manager == "marcos"
    assert [problem.sentence for problem in problems] == [
        "The manager of Person 1, new-boss, is nobody known; add them, or correct it."
    ]
    after, problems = take_over([wanted, entry("2", names=("new-boss",))], after, organisation)
    assert (after["1"].manager, problems) == ("new-boss", [])


def test_a_circle_of_managers_is_told_and_who_managed_before_stays(organisation: Organisation) -> None:
    before = first(organisation, entry("1"), entry("2", manager="1"), entry("3", manager="2"))
    after, problems = take_over(
        [entry("1", manager="3"), entry("2", manager="1"), entry("3", manager="2")], before, organisation
    )
    assert [person.manager for person in after.values()] == [None, "p1", "p2"]
    assert [problem.sentence for problem in problems] == [
        "The managers above Person 1 would lead back to them, so the one before still counts; correct one of them."
    ]


def test_a_circle_through_the_file_is_one_too(organisation: Organisation) -> None:
    entries = [entry("1", email="nora@example.com", manager="2"), entry("2", manager="ines")]
    people, problems = take_over(entries, {}, organisation)
    assert [person.manager for person in people.values()] == [None, None]
    assert len(problems) == 2
    named_by_the_file = [entry("1", email="ines@example.com", manager="2"), entry("2", manager="ines")]
    assert take_over(named_by_the_file, {}, organisation)[1] == [], "who manages Inés the file says"


def test_two_who_exchange_their_places_make_no_circle(organisation: Organisation) -> None:
    before = first(organisation, entry("1"), entry("2", manager="1"))
    after, problems = take_over([entry("1", manager="2"), entry("2")], before, organisation)
    assert ([person.manager for person in after.values()], problems) == (["p2", None], [])


def test_an_e_mail_of_two_stays_whose_it_was_and_is_told(organisation: Organisation) -> None:
    before = first(organisation, entry("1"), entry("2"))
    after, problems = take_over([entry("1", email="P2@example.com"), entry("2")], before, organisation)
    assert [person.email for person in after.values()] == ["p1@example.com", "p2@example.com"]
    assert [problem.sentence for problem in problems] == [
        "Person 1 has the e-mail P2@example.com, which is Person 2's; correct one of the two."
    ]
    after, _ = take_over([entry("1"), entry("3", email="p1@example.com")], {}, organisation)
    assert list(after) == ["1"], "who is new and has another's is not there at all"


@pytest.mark.parametrize("said", [{"email": None}, {"email": "a@b.example", "names": ("王伟",), "key": "no space"}])
def test_who_can_not_be_written_to_or_has_no_key_is_told_and_not_there(
    organisation: Organisation, said: dict[str, object]
) -> None:
    people, problems = take_over([entry("1", **said)], {}, organisation)
    assert (people, len(problems)) == ({}, 1)


def test_a_person_without_an_e_mail_now_keeps_the_one_before(organisation: Organisation) -> None:
    before = first(organisation, entry("1"))
    after, problems = take_over([entry("1", email=None, name="New name")], before, organisation)
    assert (after["1"].email, after["1"].name, len(problems)) == ("p1@example.com", "New name", 1)


def test_a_name_without_latin_letters_has_the_key_of_the_e_mail(organisation: Organisation) -> None:
    people = first(organisation, entry("1", names=("王伟",), email="wei.wang@example.com"))
    assert people["1"].key == "wei.wang"


def test_who_was_deleted_or_came_by_csv_is_the_same_person_by_scim(organisation: Organisation) -> None:
    left = date(2026, 3, 2)
    gone, listed = entry("1", gone=True, left=left), entry("2", source=Source.CSV, key="two")
    before = first(organisation, gone, listed)
    again = [entry("3", email="p1@example.com", names=("x",)), entry("4", email="p2@example.com", names=("y",))]
    after, problems = take_over([gone, listed, *again], before, organisation)
    assert {one: (person.key, person.left) for one, person in after.items()} == {"3": ("p1", None), "4": ("two", None)}
    assert problems == []


def test_what_can_not_be_read_is_told(organisation: Organisation) -> None:
    people, problems = take_over([entry("1", unread=("The time zone Mars is none.",))], {}, organisation)
    assert list(people) == ["1"]
    assert [problem.sentence for problem in problems] == ["The time zone Mars is none."]


@pytest.mark.parametrize(
    ("name", "key"),
    [("Ana Belén@x", "ana-belen"), ("../../etc", "etc"), ("王伟", ""), ("a" * 80, "a" * 64), ("<b>", "b")],
)
def test_keys_are_safe(name: str, key: str) -> None:
    assert slug(name) == key
