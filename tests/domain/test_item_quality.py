import pytest

from followthrough.domain.item_quality import missing
from tests.domain.corpus import corpus, measure

CORPUS = corpus("item_quality")


# Measured: 1.00 and 1.00 in both parts.
@pytest.mark.parametrize("part", ["tuning", "held_out"])
def test_it_tells_vague_titles_from_checkable_ones(part: str) -> None:
    quality = measure(
        lambda title: bool(missing(title, "ana", {"ana"}, {"payments"})),
        CORPUS[part]["vague"],
        CORPUS[part]["checkable"],
    )

    assert quality.precision >= 0.95
    assert quality.recall >= 0.95


@pytest.mark.parametrize(
    ("title", "owner", "lacks"),
    [
        ("Add an alert on queue depth", "ana", []),
        ("Add an alert on queue depth", "payments", ["One owner: payments is a team"]),
        ("Add an alert on queue depth", "ana, ben", ["One owner: ana, ben is not a person"]),
        ("Add an alert on queue depth", "", ["One owner: nobody is not a person"]),
        ("Queue alerts", "ana", ["A verb at the start"]),
        ("", "ana", ["A verb at the start"]),
        ("Improve monitoring", "payments", ["One owner", "A checkable end"]),
    ],
)
def test_it_says_what_is_missing(title: str, owner: str, lacks: list[str]) -> None:
    found = missing(title, owner, {"ana", "ben"}, {"payments"})

    assert len(found) == len(lacks)
    assert all(sentence.startswith(start) for sentence, start in zip(found, lacks, strict=True))


@pytest.mark.parametrize(
    "title", ["Improve search", "Investigate the leak", "Be careful", "Ensure quality", "Add", "Leak"]
)
def test_the_example_it_gives_would_be_accepted(title: str) -> None:
    (sentence,) = missing(title, "ana", {"ana"}, set())

    assert missing(sentence.split('"')[-2], "ana", {"ana"}, set()) == []
