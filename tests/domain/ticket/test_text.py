import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from followthrough.domain.answered.ticket.text import (
    SUMMARY,
    TEXT,
    Document,
    Link,
    atlassian_document,
    formatted,
    plain_text,
    summary,
    wiki_text,
)
from tests.standins.jira_data import length

SCHEMA = Path(__file__).parents[2] / "contracts" / "atlassian-document-format.json"
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


WHOLE = Link("https://followthrough.example.com/items/whole", "https://followthrough.example.com/items/whole")


@given(documents, st.sampled_from([1, 20_000, 40_000]))
@settings(max_examples=settings().max_examples // 3)
def test_a_text_of_any_length_is_taken_by_jira_and_leads_to_the_whole_where_it_is_cut(
    document: Document, times: int
) -> None:
    longer: Document = (*document, ("[*é\U0001f4a5" * times,))
    wiki, atlassian = formatted(longer, WHOLE, wiki_text), formatted(longer, WHOLE, atlassian_document)
    assert length(wiki) <= TEXT
    assert length(json.dumps(atlassian, ensure_ascii=False)) <= TEXT
    ATLASSIAN_DOCUMENT.validate(atlassian)
    assert ("[cut]" in str(atlassian)) is (WHOLE.url in str(atlassian)) is (times > 1)
    assert (WHOLE.url in wiki) is (times > 1)


def test_a_text_is_cut_no_shorter_than_it_has_to_be() -> None:
    assert TEXT - length(formatted((("x" * 40_000,),), WHOLE, wiki_text)) < 2
    assert formatted((("x" * TEXT,),), WHOLE, wiki_text) == "x" * TEXT


@pytest.mark.parametrize("title", ["Alert on\x00\r\n queue\u202e depth ", "x" * 300, "\U0001f4a5" * 250])
def test_a_summary_is_one_clean_line_that_jira_takes(title: str) -> None:
    line = summary(title)
    assert length(line) <= SUMMARY
    assert line == "Alert on queue depth" or line.endswith("… [cut]")
