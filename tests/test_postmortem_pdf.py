"""A postmortem as pages: nothing that people write stops them from being made."""

import re

import pytest

from followthrough.pdf import pdf
from followthrough.postmortem_document import Document
from tests.pdf_words import shown

WRITTEN = {
    "of all kinds": "# A\n\n**b** *i* ~~s~~ `c`  \n[l](http://x.y?a&b)\n\n1. a\n   - b\n\n> q\n\n---\n\n```py\nx\n```",
    "markup that is not Markdown's": '<b>x</b> <para> &#0; <a href="x">y & z < w </font>',
    "other scripts, also without a glyph": "Привет, γειά, 世界, مرحبا, שלום, हिन्दी, \U0001f600, \ud7ff",
    "a heading without end": "# " + "w" * 1_000,
    "a heading at the end": "text\n\n# a",
    "a word without end": "x" * 3_000,
    "a line of code without end": "```\n" + "y" * 3_000 + "\n```",
    "code of many pages": "```\n" + "y\n" * 300 + "```",
    "a cell of many pages": "| a | b |\n|---|---|\n| " + "word " * 1_500 + " | x |\n",
    "a table with many columns": "|" + "a|" * 40 + "\n|" + "---|" * 40 + "\n|" + "b|" * 40,
    "a table in a list in a quote": "> - x\n>\n>   | a |\n>   |---|\n>   | `1` [l](http://x) |\n",
    "an image in a link in a cell": "| a |\n|---|\n| [![x](http://a)](http://b) |",
    "lists in each other": "\n".join("  " * depth + "- x" for depth in range(30)),
    "quotes in each other": "\n\n".join("> " * depth + "x" for depth in range(30)),
    "nothing in it": "#\n\n-\n\n```\n```\n\n>",
    "links to nowhere": "[a]() [b](#x) ![](http://z) <http://y>",
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_whatever_is_written_becomes_pages(written: str) -> None:
    items = (("inc-0000000001.1", "Alert on <depth> & more"),)
    made = pdf(Document("Search <is> slow", ("Corrected on 2 Mar 2026 by Ana: <late> & wrong",), written, items))
    assert made.startswith(b"%PDF-")
    assert made.rstrip().endswith(b"%%EOF")


ASIAN = {
    "Japanese": ("支払いの証明書が切れて", "HeiseiMin-W3"),
    "Chinese": ("支付证书已过期的发票", "STSong-Light"),
    "Chinese with traditional letters": ("付款憑證過期", "STSong-Light"),
    "Korean": ("결제인증서가만료되어", "HYSMyeongJo-Medium"),
}


@pytest.mark.parametrize("text", ["{}", "# {}", "Read **{}**, please", "`{}`", "| a |\n|---|\n| {} |", "```\n{}\n```"])
@pytest.mark.parametrize(("written", "font"), ASIAN.values(), ids=ASIAN)
def test_asian_letters_are_written_in_a_font_of_their_script(written: str, font: str, text: str) -> None:
    made = pdf(Document(written, (), text.format(written), ()))
    assert written.encode("utf-16-be") in shown(made)
    assert set(re.findall(rb"/BaseFont /(\w+-(?:W3|Light|Medium))", made)) == {font.encode()}


def test_what_scripts_write_alike_is_as_the_whole_text_has_it() -> None:
    made = pdf(Document("証明書", (), "# 証明書\n\nが切れた。简", ()))
    assert "証明書".encode("utf-16-be") in shown(made)
    assert b"HeiseiMin-W3" in made
    assert b"STSong-Light" in made, "one letter is Chinese alone"
