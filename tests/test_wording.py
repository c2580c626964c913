"""Words of mails, logs and timelines."""

import pytest

from followthrough.wording import without_addresses


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<ana@example.com> is not known", "[address] is not known"),
        ("to ana@example.com,ben@example.com: no", "to [address] no"),
        ("Thanks @ana, 5 @ 3", "Thanks @ana, 5 @ 3"),
        ("line one\n  a@b ", "line one\n  [address] "),
        ("x" * 500_000, "x" * 500_000),
    ],
)
def test_addresses_are_left_out(text: str, left: str) -> None:
    assert without_addresses(text) == left
