"""Text that comes in: cleaned once, at the entrance, and bounded by what it is.

People's entrances use the types below and answer a longer text with a sentence that says the limit; machines'
entrances use ``cut`` and ``key``, which lose no alert for its length. Limits count characters, but for a postmortem's,
which counts bytes of UTF-8. A limit may grow: a command that lies in a history has to be read again.
"""

import hashlib
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, HttpUrl

from followthrough.domain.replayed.plain_text import CUT as CUT
from followthrough.domain.replayed.plain_text import clean as clean
from followthrough.domain.replayed.plain_text import clean_all as clean_all
from followthrough.domain.replayed.plain_text import cut as cut
from followthrough.domain.replayed.plain_text import one_line as one_line
from followthrough.domain.replayed.plain_text import shortened as shortened

KEY, TITLE, LABEL, REASON, NOTE, URL = 200, 250, 500, 2_000, 10_000, 2_000
POSTMORTEM = 100_000
"""Bytes: about forty pages."""


def key(text: str) -> str:
    """A stranger's key in at most ``KEY`` characters; different keys stay different."""
    line = one_line(text[: 4 * KEY])
    if line == text and len(line) <= KEY:
        return line
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    return f"{line[: KEY - len(digest) - 1]}~{digest}"


def _cleaned(value: Any) -> Any:
    return clean(value).strip() if isinstance(value, str) else value


def _in_one_line(value: Any) -> Any:
    return one_line(value) if isinstance(value, str) else value


def _hashed(value: Any) -> Any:
    return key(value) if isinstance(value, str) else value


def _cut_line(value: Any) -> Any:
    return cut(one_line(value), LABEL) if isinstance(value, str) else value


def _cut_note(value: Any) -> Any:
    return cut(clean(value).strip(), NOTE) if isinstance(value, str) else value


def _short_enough(url: HttpUrl) -> HttpUrl:
    if len(str(url)) > URL:
        raise ValueError(f"the link has {len(str(url))} characters, and may have {URL}")
    return url


def _forty_pages(text: str) -> str:
    size = len(text.encode())
    if size > POSTMORTEM:
        raise ValueError(f"the text has {size // 1000} KB, and may have {POSTMORTEM // 1000}; link to what is longer")
    return text


Line = Annotated[str, BeforeValidator(_in_one_line)]
"""For what workflows keep: it was bounded when it came in, and what came in before that cleaned it is now."""
Key = Annotated[str, Field(max_length=KEY), BeforeValidator(_in_one_line)]
"""A name in the organisation file, an id: looked up, so that a strange one is refused by who knows them all."""
Label = Annotated[str, Field(min_length=1, max_length=LABEL), BeforeValidator(_in_one_line)]
Title = Annotated[str, Field(min_length=1, max_length=TITLE), BeforeValidator(_in_one_line)]
Reason = Annotated[str, Field(min_length=1, max_length=REASON), BeforeValidator(_cleaned)]
"""A few sentences: why, or what happened."""
Note = Annotated[str, Field(min_length=1, max_length=NOTE), BeforeValidator(_cleaned)]
"""A page or two: a note, an update to stakeholders."""
ReasonIfAny = Annotated[str, Field(max_length=REASON), BeforeValidator(_cleaned)]
NoteIfAny = Annotated[str, Field(max_length=NOTE), BeforeValidator(_cleaned)]
Link = Annotated[HttpUrl, AfterValidator(_short_enough)]
PostmortemText = Annotated[
    str, Field(min_length=1, max_length=POSTMORTEM), BeforeValidator(_cleaned), AfterValidator(_forty_pages)
]
"""Markdown."""
MachineKey = Annotated[str, BeforeValidator(_hashed)]
MachineLine = Annotated[str, BeforeValidator(_cut_line)]
"""A vendor's name or word for something."""
MachineNote = Annotated[str, BeforeValidator(_cut_note)]
"""What a vendor says at length, its answer to an error for one."""
