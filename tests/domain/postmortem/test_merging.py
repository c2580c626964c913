"""What two authors make of one text."""

from hypothesis import given
from hypothesis import strategies as st

from followthrough.domain.answered.postmortem.merging import Line, differences, merged, undecided

BEGAN = "# Postmortem\n\n## Impact\n\n- Who?\n\n## Causes\n\n- What broke?"
MINE = BEGAN.replace("- Who?", "- Everybody who paid by card")
THEIRS = BEGAN.replace("- What broke?", "- The certificate was unknown")
TEXTS = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=8).map("\n".join)


def test_what_each_changed_elsewhere_is_put_together() -> None:
    both = merged(BEGAN, MINE, THEIRS, "Tomás")
    assert both.conflicts == 0
    assert both.text == MINE.replace("- What broke?", "- The certificate was unknown")
    assert not undecided(both.text)


def test_where_both_changed_the_same_both_stay_until_somebody_decides() -> None:
    both = merged(BEGAN, MINE, BEGAN.replace("- Who?", "- Nobody noticed"), "Tomás")
    assert both.conflicts == 1
    assert both.text.splitlines()[4:9] == [
        "<<<<<<< What you wrote",
        "- Everybody who paid by card",
        "======= What Tomás wrote",
        "- Nobody noticed",
        ">>>>>>> Keep what holds of both, and take these three lines out",
    ]
    assert undecided(both.text)
    assert not undecided("A heading\n=======\n\n> quoted")


@given(TEXTS, TEXTS, TEXTS)
def test_no_line_of_either_is_lost_that_the_other_did_not_take_out(began: str, mine: str, theirs: str) -> None:
    both = merged(began, mine, theirs, "Tomás")
    kept = set(both.text.splitlines())
    for text in (mine, theirs):
        assert set(text.splitlines()) - set(began.splitlines()) <= kept
    assert undecided(both.text) == bool(both.conflicts)


@given(TEXTS, TEXTS)
def test_what_only_one_changed_is_theirs(began: str, mine: str) -> None:
    assert merged(began, mine, began, "Tomás") == merged(began, began, mine, "Tomás") == (mine, 0)


def test_differences_have_a_little_around_them() -> None:
    before = "\n".join("abcdefghijkl")
    assert differences(before, before) == []
    changed = before.replace("a", "A").replace("k", "k\nnew")
    assert differences(before, changed) == [
        Line("removed", "a"),
        Line("added", "A"),
        Line("same", "b"),
        Line("same", "c"),
        Line("gap", ""),
        Line("same", "j"),
        Line("same", "k"),
        Line("added", "new"),
        Line("same", "l"),
    ]
    assert differences("--- a", "--- b") == [Line("removed", "--- a"), Line("added", "--- b")]
