"""Markdown as people write it: without raw HTML and without ``javascript:`` links, in a time that the text allows."""

from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

MOST_LINK_WORK = 2_000_000
"""Brackets of a paragraph times its characters: a hundred links in a paragraph of ten pages stay below."""


def ready(made: MarkdownIt) -> MarkdownIt:
    """Once it has rendered a link: the tables for that are filled by the first one, and half of one is seen by others.

    At the import of whatever renders in threads, which happens in one.
    """
    made.render("<https://example.com/%20>")
    return made


ready(MarkdownIt("js-default"))


def parser(**options: Any) -> MarkdownIt:
    """Of the preset that takes no HTML, with these of its options besides."""
    made = MarkdownIt("js-default", options)
    made.core.ruler.before("inline", "spare_brackets", _spare_brackets)
    return made


def _spare_brackets(state: StateCore) -> None:
    """From each bracket on a link is looked for to the paragraph's end; with too many they stay as they were typed."""
    for token in state.tokens:
        if token.type == "inline" and token.content.count("[") * len(token.content) > MOST_LINK_WORK:
            token.content = token.content.replace("[", "&#91;")
