import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from followthrough.domain.ticket_text import Document, Link, atlassian_document, plain_text, wiki_text

SCHEMA = Path(__file__).parents[1] / "contracts" / "atlassian-document-format.json"
ATLASSIAN_DOCUMENT = Draft4Validator(json.loads(SCHEMA.read_text()))

words = st.text(min_size=1)
pieces = st.one_of(words, st.builds(Link, words, st.just("https://followthrough.example.com/items/1")))
documents = st.lists(st.lists(pieces, min_size=1).map(tuple), min_size=1).map(tuple)


@given(documents)
def test_whatever_people_write_makes_a_valid_atlassian_document(document: Document) -> None:
    ATLASSIAN_DOCUMENT.validate(atlassian_document(document))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (("a [~root] !x.png! {code} *b*",), r"a \[\~root\] \!x.png\! \{code\} \*b\*"),
        ((Link("the [item]", "https://x.example/a|b]"),), r"[the \[item\]|https://x.example/a%7Cb%5D]"),
        ((Link("https://x.example/a", "https://x.example/a"),), "[https://x.example/a]"),
    ],
)
def test_in_wiki_text_what_people_write_is_no_markup(written: tuple[str | Link, ...], shown: str) -> None:
    assert wiki_text((written,)) == shown


def test_plain_text_shows_where_links_lead() -> None:
    document: Document = (("See ", Link("item 1", "https://x.example/1")), ("Bye",))
    assert plain_text(document) == "See item 1 (https://x.example/1)\n\nBye"
