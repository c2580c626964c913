"""Many who leave at once are held back, and stay so until somebody lets them."""

from datetime import date, timedelta

import pytest

from followthrough.domain.answered.organisation.directory import DirectoryPerson, Source
from followthrough.domain.answered.organisation.leaving import held_back, many, still_here
from followthrough.domain.answered.organisation.taking_over import Entry

TODAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("leaving", "here", "too_many"),
    [(5, 5, False), (6, 29, True), (6, 30, False), (20, 100, False), (21, 100, True), (0, 0, False)],
)
def test_many_are_more_than_five_and_more_than_a_fifth(leaving: int, here: int, too_many: bool) -> None:
    assert many(leaving, here) is too_many


def entries(count: int, leaving: int, source: Source = Source.SCIM) -> list[Entry]:
    return [
        Entry(id=f"{n}", name=f"Person {n}", source=source, left=TODAY if n < leaving else None) for n in range(count)
    ]


def people(count: int, left: dict[int, date] | None = None) -> dict[str, DirectoryPerson]:
    gone = left or {}
    return {
        f"{n}": DirectoryPerson(key=f"p{n}", name=f"Person {n}", email=f"p{n}@example.com", left=gone.get(n))
        for n in range(count)
    }


def test_few_leave_as_the_directory_says() -> None:
    assert held_back(entries(20, 5), people(20), (), TODAY) == set()


def test_of_many_who_have_not_left_yet_are_held_back() -> None:
    five = dict.fromkeys(range(5), TODAY)
    assert held_back(entries(20, 8), people(20, five), (), TODAY) == {"5", "6", "7"}


@pytest.mark.parametrize(("days", "held"), [(1, {"5"}), (2, set())])
def test_it_counts_who_left_within_a_day(days: int, held: set[str]) -> None:
    five = dict.fromkeys(range(5), TODAY - timedelta(days=days))
    assert held_back(entries(20, 6), people(20, five), (), TODAY) == held


def test_who_is_held_back_stays_so_on_other_days_unless_they_are_active_again() -> None:
    later = TODAY + timedelta(days=9)
    assert held_back(entries(20, 2), people(20), {"1", "2"}, later) == {"1"}


def test_who_is_new_or_comes_from_a_file_is_not_held_back() -> None:
    assert held_back(entries(20, 20, Source.CSV), people(20), (), TODAY) == set()
    assert held_back(entries(20, 20), {}, (), TODAY) == set()


def test_who_is_held_back_is_still_here_and_told_of() -> None:
    entry, problem = still_here(entries(1, 1)[0])
    assert entry.left is None
    assert "Person 0 would leave with many others" in problem.sentence
