"""How well a check tells two lists of sentences apart."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml


class Quality(NamedTuple):
    precision: float
    recall: float


def corpus(name: str) -> Any:
    return yaml.safe_load((Path(__file__).parent / f"{name}_corpus.yaml").read_text(encoding="utf-8"))


def measure(is_found: Callable[[str], bool], to_find: Sequence[str], to_leave: Sequence[str]) -> Quality:
    """Prints what was missed and what was found by mistake."""
    missed = [text for text in to_find if not is_found(text)]
    by_mistake = [text for text in to_leave if is_found(text)]
    found = len(to_find) - len(missed)
    quality = Quality(precision=found / (found + len(by_mistake)), recall=found / len(to_find))
    print(f"{quality}, of {len(to_find)} to find and {len(to_leave)} to leave", *missed, *by_mistake, sep="\n  ")
    return quality
