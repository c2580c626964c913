"""Sentences of Markdown prose, with their places in the source."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from markdown_it import MarkdownIt

_BLOCKS = MarkdownIt("commonmark").enable("table").disable("inline")
_LINE = re.compile(r"[^\r\n]++(?:\r\n?|\n)?|\r\n?|\n")
_CODE_OR_ADDRESS = re.compile(r"(?<!`)`++[^`]++`++|https?://[^\s<>)\]]++|(?<=\])\([^\s()\[\]]*+\)")
_STOP = re.compile(r"(?<![.!?])[.!?]++[\"'\u201d\u2019)\]*_]*+(?=\s|$)|\|")
_ABBREVIATION = re.compile(
    r"(?:^|[^\w.])(?:\w|(?:\w\.)++\w|etc|vs|cf|al|approx|ca|dr|mr|mrs|ms|prof|st|jr|sr|fig|incl|resp)$", re.I
)


LONGEST = 1_000
"""Characters; a longer sentence is taken in pieces, for lints look at each one in ways that are not linear."""


class Sentence(NamedTuple):
    """``text`` is ``source[start:end]`` with inline code and addresses replaced by x, so that only prose is left."""

    text: str
    start: int
    end: int


def _blocks(source: str) -> Iterator[tuple[int, int]]:
    """Start and end of each paragraph, heading, list item or table row; code is left out."""
    starts: set[int] = set()
    code: set[int] = set()
    for token in _BLOCKS.parse(source):
        if token.map is None:
            continue
        if token.type in ("fence", "code_block"):
            code.update(range(*token.map))
        elif token.nesting >= 0:
            starts.add(token.map[0])
    begin, end = 0, 0
    for number, line in enumerate(_LINE.finditer(source)):
        if number in starts or number in code or not line[0].strip():
            yield begin, end
            begin = line.end() if number in code else line.start()
        end = line.end()
    yield begin, end


def sentences(source: str) -> Iterator[Sentence]:
    """Every sentence of ``source``, in order; takes any text, in time linear in its length."""
    for begin, end in _blocks(source):
        prose = _CODE_OR_ADDRESS.sub(lambda hidden: "x" * len(hidden[0]), source[begin:end])
        stops = [
            stop.end()
            for stop in _STOP.finditer(prose)
            if not _ABBREVIATION.search(prose[max(0, stop.start() - 12) : stop.start()])
        ]
        for start, stop in _in_pieces(prose, [*stops, len(prose)]):
            piece = prose[start:stop].rstrip("|")
            text = piece.strip()
            if text:
                place = begin + start + len(piece) - len(piece.lstrip())
                yield Sentence(text, place, place + len(text))


def _in_pieces(prose: str, stops: Iterable[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for stop in stops:
        while stop - start > LONGEST:
            space = prose.rfind(" ", start, start + LONGEST)
            piece = space if space > start else start + LONGEST
            yield start, piece
            start = piece
        yield start, stop
        start = stop
