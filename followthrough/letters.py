"""Fonts for what is drawn and for pages: those that the product brings along, and names of Asian ones."""

from collections.abc import Mapping
from functools import cache
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph

FONTS = Path(__file__).parent / "fonts"
SANS, BOLD, OBLIQUE, MONO = "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono"
CHINESE, JAPANESE, KOREAN = "STSong-Light", "HeiseiMin-W3", "HYSMyeongJo-Medium"
"""Readers of PDF files have these, or something alike; a file only names them."""
HAS: Mapping[str, str] = {CHINESE: "gbk", JAPANESE: "cp932", KOREAN: "cp949"}
"""What each font has is what an encoding of its script has; that of Chinese has traditional letters, too."""
KANA, HANGUL = frozenset(map(chr, range(0x3041, 0x3100))), frozenset(map(chr, range(0xAC00, 0xD7A4)))


@cache
def register() -> None:
    """Makes the fonts known; before anything is laid out."""
    for name in (SANS, BOLD, OBLIQUE, MONO):
        pdfmetrics.registerFont(TTFont(name, FONTS / f"{name}.ttf"))
    pdfmetrics.registerFontFamily(SANS, SANS, BOLD, OBLIQUE, BOLD)
    pdfmetrics.registerFontFamily(MONO, MONO, MONO, MONO, MONO)
    for name in HAS:
        pdfmetrics.registerFont(UnicodeCIDFont(name))
        pdfmetrics.registerFontFamily(name, name, name, name, name)


class Letters:
    """Puts each letter of a text in a font that has it.

    What Chinese, Japanese and Korean write alike is as the ``whole`` has it, of which the text is a part.
    """

    def __init__(self, whole: str) -> None:
        first = CHINESE
        if any(letter in KANA for letter in whole):
            first = JAPANESE
        elif any(letter in HANGUL for letter in whole):
            first = KOREAN
        self._fonts = sorted(HAS, key=lambda font: font != first)

    def markup(self, text: str) -> str:
        """As the little markup that paragraphs take, with what would be markup escaped."""
        return "".join(
            self._asian("".join(run)) if is_asian else escape("".join(run)) for is_asian, run in groupby(text, asian)
        )

    def _asian(self, run: str) -> str:
        """In one font, or else in several; what none has is with the others."""
        if font := self._font(run):
            return f'<font face="{font}">{escape(run)}</font>'
        return "".join(map(self._asian, run)) if len(run) > 1 else escape(run)

    def _font(self, run: str) -> str | None:
        return next((font for font in self._fonts if _has(font, run)), None)


def asian(text: str) -> bool:
    """Whether a line of it may end between two letters."""
    return any("\u2e80" <= letter <= "\uffff" for letter in text)


def paragraph(markup: str, style: ParagraphStyle) -> Paragraph:
    """Whose lines end where its letters let them."""
    return Paragraph(markup, ParagraphStyle(f"{style.name} asian", style, wordWrap="CJK") if asian(markup) else style)


def _has(font: str, run: str) -> bool:
    try:
        run.encode(HAS[font])
    except UnicodeEncodeError:
        return False
    return True
