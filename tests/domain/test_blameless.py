import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followthrough.domain.blameless import _RULES, _Rule, check
from tests.domain.corpus import Quality, corpus, measure

CORPUS = corpus("blameless")
PEOPLE = CORPUS["people"]


# Measured: 1.00 and 1.00 in the tuning part, 1.00 and 0.97 in the held-out part.
@pytest.mark.parametrize(
    ("part", "least"), [("tuning", Quality(precision=0.98, recall=0.98)), ("held_out", Quality(0.98, 0.95))]
)
def test_it_tells_blaming_sentences_from_fair_ones(part: str, least: Quality) -> None:
    quality = measure(lambda text: bool(check(text, PEOPLE)), CORPUS[part]["blaming"], CORPUS[part]["fair"])

    assert quality.precision >= least.precision
    assert quality.recall >= least.recall


@pytest.mark.parametrize(
    ("sentence", "rule"),
    [
        ("Ana forgot to run the migration.", "omission"),
        ("The outage was caused by Ana.", "person as cause"),
        ("Ana should have asked.", "counterfactual"),
        ("Ana misread the graph.", "mistake"),
        ("It was human error.", "judgement"),
        ("It was Ana's fault.", "blame"),
    ],
)
def test_a_finding_names_its_rule_and_says_why_and_how_else(sentence: str, rule: str) -> None:
    (finding,) = check(sentence, PEOPLE)

    assert finding.rule == rule
    assert finding.explanation
    assert not check(finding.suggestion, PEOPLE)


def test_it_finds_the_sentence_where_it_stands_in_markdown() -> None:
    text = (
        "# What happened\r\n\r\n"
        "The deploy went out at 9 a.m. UTC, i.e. early. See [Ben forgot](https://example.com/Ben.forgot).\n\n"
        "```\nBen forgot to quote\n```\n\n    Ben forgot to indent\n\n"
        "> Dr. **Ben**\n> forgot `the. flag`. It was late.\n\n"
        "- Rolled back\n- Chen failed to call\n\n"
        "| who | what |\n|---|---|\n| Ana | forgot it |\n| team | Ana ignored the page |\n"
    )

    found = [text[finding.start : finding.end] for finding in check(text, PEOPLE)]

    assert found == [
        "See [Ben forgot](https://example.com/Ben.forgot).",
        "> Dr. **Ben**\n> forgot `the. flag`.",
        "- Chen failed to call",
        "Ana ignored the page",
    ]
    assert [finding.sentence for finding in check(text, PEOPLE)] == found


@pytest.mark.parametrize("name", ["José", "Jose\u0301", "Álvarez", "José Álvarez"])
def test_it_knows_a_person_by_any_part_of_the_name(name: str) -> None:
    assert check(f"{name} forgot it.", PEOPLE)
    assert not check(f"{name} forgot it.", ["Ana Ruiz"])


@given(
    st.text()
    | st.lists(st.sampled_from([*"¤`*_|>.'\n\r\x00 ", "Ana", "forgot", "had", "who", "- ", "    "])).map("".join),
    st.lists(st.text()),
)
def test_any_prose_and_any_names_are_taken(text: str, people: list[str]) -> None:
    for finding in check(text, [*people, *PEOPLE]):
        assert text[finding.start : finding.end] == finding.sentence


@pytest.mark.parametrize("rule", _RULES, ids=[rule.name for rule in _RULES])
def test_every_repetition_in_a_rule_is_bounded(rule: _Rule) -> None:
    """So that its time is linear in the length of a text."""
    assert not re.search(r"(?<!\\)[*+]|\{\d*,\}", rule.pattern.pattern)
