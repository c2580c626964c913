import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from followthrough.domain.replayed.text import (
    CUT,
    KEY,
    LABEL,
    NOTE,
    POSTMORTEM,
    URL,
    Link,
    MachineKey,
    MachineLine,
    MachineNote,
    Note,
    PostmortemText,
    Reason,
    Title,
    clean,
    clean_all,
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


def test_whatever_is_printable_stays() -> None:
    printable = "".join(filter(str.isprintable, map(chr, range(sys.maxunicode + 1))))
    assert clean(f"{printable}\0") == printable


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


@pytest.mark.parametrize("spoilt", ["a" * 201, "a" * 5_000, "a\nb", "a\0b", " a", "\ud83d" * 300])
def test_a_key_that_is_long_or_spoilt_becomes_a_readable_one_of_its_own(spoilt: str) -> None:
    begins, _, digest = key(spoilt).rpartition("~")
    assert one_line(spoilt).startswith(begins)
    assert (len(begins), len(digest)) == (min(len(one_line(spoilt)), KEY - 65), 64)
    assert key(spoilt + "b") != key(spoilt)
    assert key("a" * KEY) == "a" * KEY


def test_every_text_of_a_vendors_json_is_cleaned_and_all_else_is_left() -> None:
    said = {"na\0me": ["re\0d", {"deep\0er": "\ud83d"}], "number": 3, "none": None, "yes": True}
    assert clean_all(said) == {"name": ["red", {"deeper": "\ufffd"}], "number": 3, "none": None, "yes": True}


@pytest.mark.parametrize(
    ("kind", "text", "taken"),
    [
        (MachineKey, "alert/1", "alert/1"),
        (MachineKey, "a" * 300, key("a" * 300)),
        (MachineLine, " In\nprogress ", "In progress"),
        (MachineLine, "a" * (LABEL + 1), cut("a" * (LABEL + 1), LABEL)),
        (MachineNote, " It failed:\r\nno space\0 ", "It failed:\nno space"),
        (MachineNote, "a" * (NOTE + 1), cut("a" * (NOTE + 1), NOTE)),
        (Title, " Cards\nare declined ", "Cards are declined"),
        (Reason, " One.\r\nTwo.\0 ", "One.\nTwo."),
    ],
)
def test_a_text_is_taken_cleaned_and_a_machines_is_cut_to_its_limit(kind: Any, text: str, taken: str) -> None:
    assert TypeAdapter(kind).validate_python(text) == taken


@pytest.mark.parametrize("kind", [MachineKey, MachineLine, MachineNote, Title, Reason])
def test_what_is_no_text_is_refused_as_such(kind: Any) -> None:
    with pytest.raises(ValidationError, match="should be a valid string"):
        TypeAdapter(kind).validate_python(3)


def test_a_link_has_a_limit_that_is_said() -> None:
    longest = f"https://example.com/{'a' * (URL - 20)}"
    assert str(TypeAdapter(Link).validate_python(longest)) == longest
    with pytest.raises(ValidationError, match="the link has 2001 characters, and may have 2000"):
        TypeAdapter(Link).validate_python(f"{longest}a")


def test_a_cut_text_says_so_within_its_limit() -> None:
    assert cut("a" * 20, 20) == "a" * 20
    assert cut("a" * 21, 20) == "a" * (20 - len(CUT)) + CUT


@pytest.mark.parametrize(
    ("kind", "text", "sentence"),
    [
        (Title, "a" * 251, "at most 250 characters"),
        (Reason, "a" * 2_001, "at most 2000 characters"),
        (Note, "a" * 10_001, "at most 10000 characters"),
        (PostmortemText, "é" * 50_001, "has 100 KB, and may have 100; link to what is longer"),
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
        ("Just enough", "Just enough"),
        ("Five 1 abcde", "Five 1…"),
        ("Five abcdefg", "Five abcde…"),
        ("Fives abcdefg", "Fives abcd…"),
    ],
)
def test_what_is_shortened_ends_between_words_and_says_something_without_them(given: str, wanted: str) -> None:
    assert shortened(given, 11) == wanted
