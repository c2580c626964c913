"""Questions of a format that nobody answered."""

import pytest

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.postmortem.formats import draft
from followthrough.domain.answered.postmortem.prompts import unanswered
from followthrough.domain.replayed.postmortem.postmortem import FormatName
from tests.domain.postmortem.test_formats import resolved as resolved
from tests.records import incident

WHO = "Who was affected, how many, and what could they not do?"
WHEN = "When did it begin for them, and how long before it was detected?"


@pytest.mark.parametrize("name", FormatName)
def test_a_draft_has_all_its_questions_open(name: FormatName, organisation: Organisation) -> None:
    text = draft(name, incident(), [], organisation)
    asked = {line.lstrip("-0123456789. ") for line in text.splitlines() if line.endswith("?") and line[0] in "-12345"}
    assert {question.removeprefix("No update was sent. ") for question in asked} == set(unanswered(text))
    assert len(asked) > 8


def test_questions_behind_what_the_timeline_says_count_too() -> None:
    said = "- 2026-03-02 10:30 UTC: Send traffic away (Inés). What was known at that moment?"
    assert unanswered(f"## Decisions\n\n{said}\n{said}\n") == ["What was known at that moment?"]
    assert unanswered(f"## Decisions\n\n{said} That it was slow.\n") == []


@pytest.mark.parametrize(
    "answered",
    [
        f"- {WHO} Two thousand, who could not pay.",
        f"- {WHO}\n  Two thousand, who could not pay.",
        f"- {WHO}\n\nTwo thousand, who could not pay.",
        f"- {WHO}\n  - Two thousand",
        "- Two thousand could not pay.",
        "- Why does nobody know who was affected?",
        "",
    ],
)
def test_an_answer_stands_behind_below_or_instead(answered: str) -> None:
    assert unanswered(f"# Impact\n\n{answered}\n\n## Causes") == []


@pytest.mark.parametrize("left", [f"- {WHO}", f"* {WHO}  ", f"1. {WHO}\n\n", f"  - {WHO}\n- {WHEN} At noon."])
def test_what_is_left_as_it_came_is_named(left: str) -> None:
    assert unanswered(f"# Impact\n\n{left}\n\n## Causes\n\n- The certificate") == [WHO]
