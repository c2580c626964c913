from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from followthrough.domain.replayed.text import (
    CUT,
    KEY,
    POSTMORTEM,
    Note,
    PostmortemText,
    Reason,
    Title,
    clean,
    cut,
    key,
    one_line,
    shortened,
)

ANYTHING = st.text(st.characters(categories=None), max_size=500)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("CPU \0 90 %", "CPU  90 %"),
        ("Pay \ud83d", "Pay \ufffd"),
        ("\x1b[31mred\x9b", "[31mred"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("ab\u202edc", "abdc"),
        ("a\u200eb\u200fc\u061cd", "abcd"),
        ("a\tb", "a\tb"),
        ("señal 😀", "señal 😀"),
    ],
)
def test_what_no_store_or_terminal_can_hold_is_taken_out(given: str, wanted: str) -> None:
    assert clean(given) == wanted


@given(ANYTHING)
def test_clean_text_is_stored_as_it_is_and_stays_clean(text: str) -> None:
    cleaned = clean(text)
    assert cleaned.encode().decode() == cleaned
    assert "\0" not in cleaned
    assert clean(cleaned) == cleaned
    assert "\n" not in one_line(text)


@given(ANYTHING, ANYTHING)
def test_keys_are_short_and_differ_where_strangers_keys_do(one: str, other: str) -> None:
    assert len(key(one * 3)) <= KEY
    assert (key(one) == key(other)) == (one == other)


def test_a_cut_text_says_so_within_its_limit() -> None:
    assert cut("a" * 20, 20) == "a" * 20
    assert cut("a" * 21, 20) == "a" * (20 - len(CUT)) + CUT


@pytest.mark.parametrize(
    ("kind", "text", "sentence"),
    [
        (Title, "a" * 251, "at most 250 characters"),
        (Reason, "a" * 2_001, "at most 2000 characters"),
        (Note, "a" * 10_001, "at most 10000 characters"),
        (PostmortemText, "é" * 50_001, "has 100 KB, and may have 100"),
        (Reason, " \0 ", "at least 1 character"),
    ],
)
def test_a_persons_text_is_refused_beyond_its_limit_in_words(kind: Any, text: str, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        TypeAdapter(kind).validate_python(text)


def test_a_text_at_its_limit_is_taken() -> None:
    assert len(TypeAdapter(PostmortemText).validate_python("é" * (POSTMORTEM // 2)).encode()) == POSTMORTEM


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("The queue is full", "The queue…"),
        ("Short", "Short"),
        ("キューの深さが上限を超えた", "キューの深さが上限を…"),
        ("A Donaudampfschiff", "A Donaudam…"),
        ("a\nb", "a b"),
    ],
)
def test_what_is_shortened_ends_between_words_and_says_something_without_them(given: str, wanted: str) -> None:
    assert shortened(given, 11) == wanted
