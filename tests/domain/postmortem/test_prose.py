"""Sentences of prose, whatever its length."""

import pytest

from followthrough.domain.answered.postmortem.prose import LONGEST, sentences


def test_code_and_addresses_are_no_prose_and_abbreviations_end_nothing() -> None:
    found = [sentence.text for sentence in sentences("It broke, e.g. at `a.b` noon. See https://x.example/a.b now.")]
    assert found == ["It broke, e.g. at xxxxx noon.", "See xxxxxxxxxxxxxxxxxxxxx now."]


@pytest.mark.parametrize("word", ["word ", "x", "[", "道"])
def test_a_sentence_without_an_end_comes_in_pieces(word: str) -> None:
    text = word * (3_500 // len(word))
    found = list(sentences(text))
    assert max(len(sentence.text) for sentence in found) <= LONGEST
    assert (
        " ".join(sentence.text for sentence in found).split()
        == " ".join(text[sentence.start : sentence.end] for sentence in found).split()
    )
    assert sum(len(sentence.text.replace(" ", "")) for sentence in found) == len(text.replace(" ", ""))
