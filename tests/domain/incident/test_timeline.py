from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from followthrough.domain.answered.incident.timeline import ExportedEntry, as_markdown
from followthrough.domain.replayed.incident.commands import AddNote
from followthrough.domain.replayed.values import EntryKind, Refusal
from tests.records import NOW, incident

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def entry(text: str, kind: EntryKind = EntryKind.NOTE, author: str | None = "ana", item: str = "") -> ExportedEntry:
    return ExportedEntry(at=NOW, kind=kind, text=text, author=author, record_id=item or incident().id)


def test_each_line_has_time_kind_and_author_and_decisions_stand_out() -> None:
    entries = [
        entry("The pager fires", EntryKind.ALERT, None),
        entry("Roll back,\nnot forward", EntryKind.DECISION),
        entry("Accepted", EntryKind.ACTION_ITEM, "ben", f"{incident().id}.1"),
    ]
    assert as_markdown(incident(), entries, str.title) == (
        "# Timeline of inc-0000000001: Payments fail\n\n"
        "- **2026-03-02 09:00 UTC** alert: The pager fires\n"
        "- **2026-03-02 09:00 UTC** **DECISION**, Ana: Roll back,\\\n  not forward\n"
        "- **2026-03-02 09:00 UTC** action item, Ben (inc-0000000001.1): Accepted\n"
    )


BLOCKS = ["# Big", "- one", "+ one", "1. one", "1) one", "    code", "```", "~~~", "> quote", "---", "***", "==="]
LINKS = ["[a](https://evil.example)", "[a]: https://evil.example", "![i](x)", "<https://evil.example>"]
INLINE = ["<b>x</b>", "<!--", "&lt;", "`x`", "\\", "*a*", "_b_", "~~c~~", "| a | b |", "|---|---|"]
TYPED = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20), st.sampled_from([*BLOCKS, *LINKS, *INLINE])
)
LINES = st.lists(TYPED, max_size=5)


@given(LINES, LINES)
@example(["one", "```"], ["# Big"])
def test_nothing_that_people_type_breaks_out_of_its_line(first: list[str], title: list[str]) -> None:
    about = incident(title="\n".join(title) or "-")
    text = as_markdown(about, [entry("\n".join(first)), entry("The end")], str)
    tokens = MARKDOWN.parse(text)
    assert [token.type for token in tokens if token.type.endswith("_open") and token.type != "paragraph_open"] == [
        "heading_open",
        "bullet_list_open",
        "list_item_open",
        "list_item_open",
    ]
    inline = [token for token in tokens if token.type == "inline"]
    assert len(inline) == 3
    seen = [[child.type for child in token.children or []] for token in inline]
    assert all(set(types) <= {"text", "strong_open", "strong_close", "hardbreak"} for types in seen)
    said = "".join(child.content if child.type == "text" else " " for child in (inline[1].children or []))
    typed = " ".join(" ".join(line.split()) for line in "\n".join(first).splitlines() if line.strip())
    assert " ".join(said.split()).endswith(typed)


def test_people_add_what_happened_earlier_but_nothing_that_is_yet_to_come() -> None:
    about = incident()
    AddNote(by="ana", text="A deployment", at=NOW - timedelta(hours=2)).apply(about, NOW)
    assert (about.unwritten[-1].at, about.unwritten[-1].author) == (NOW - timedelta(hours=2), "ana")
    with pytest.raises(Refusal, match="yet to come"):
        AddNote(by="ana", text="A deployment", at=NOW + timedelta(minutes=1)).apply(about, NOW)
