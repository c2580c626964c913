"""Each refusal: its whole sentence, that it changes nothing, and that what is nearly the same is accepted."""

import ast
import traceback
from pathlib import Path

import pytest

import activities
import followthrough
import workflows
from followthrough.domain.replayed.values import Refusal
from tests.domain.refusals.forms import FORMS
from tests.domain.refusals.incidents import INCIDENTS
from tests.domain.refusals.items import ITEMS
from tests.domain.refusals.jira import JIRA
from tests.domain.refusals.postmortems import POSTMORTEMS
from tests.domain.refusals.row import Row, do

ROWS = [*INCIDENTS, *POSTMORTEMS, *ITEMS, *JIRA, *FORMS]
SAID_BY_WHAT_RUNS = {
    "Refusal(answer.refusal)",
    "Refusal(reason(error))",
    "Refusal(refusal)",
    "Refusal(sentence)",
    "Refusal(f'Nothing is proposed to team {team}; name the action items.')",
    "Refusal(f'Somebody has just reopened {record_id}.')",
    "Refusal(f'Team {new.team} has a drill already: {url}; resolve it or cancel it first.')",
    "Refusal(f'Team {new.team} has a drill that starts on {when(drill.starts_at)}; let it have that one.')",
    "Refusal(f'The sprint of {plan.first_day} is over; plan the next one.')",
    "Refusal(f'The ticket of action item {self._item.id} is being made; look again in a minute.')",
}
"""What only a running workflow, or one that has ended, gives a reason for, or passes on what another one said.

Tests in ``tests/web`` and ``tests/workflows`` have them.
"""

SAID_BY_PAGES = {
    "Refusal(f'{MADE_BEFORE} `followthrough token revoke {token_id}`, and make another with a new key.')",
    "Refusal('No Confluence is known here; whoever runs the service sets FOLLOWTHROUGH_CONFLUENCE_SPACE.')",
    "Refusal('Nothing is proposed any more; the page of the planning has all that can be planned.')",
    "Refusal(f'Choose at least one action item. {NOTHING}')",
    "Refusal(f'The estimate of “{line.title}”: {wrong}. {NOTHING}')",
    "Refusal(f'The estimate of “{titles[item]}” was not taken: {refusal}{before} {NOTHING}')",
    "Refusal('Two versions of some lines stand in the text, between <<<<<<< and >>>>>>>; keep what holds.')",
    """Refusal(f"{missing}: this can't be left out.")""",
    "Refusal(f'{label}: {what_is_wrong(first)}.')",
}
"""What forms that only one page has say of what was typed; its tests in ``tests/web`` have it."""


def raised() -> dict[tuple[str, int], str]:
    """Where a refusal is raised, by file and line, and how."""
    return {
        (str(file), node.lineno): ast.unparse(node.exc)
        for package in (followthrough, workflows, activities)
        for file in Path(package.__path__[0]).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Raise) and node.exc and ast.unparse(node.exc).partition("(")[0] == "Refusal"
    }


def refusal(row: Row) -> Refusal:
    """What is refused changes nothing."""
    record = row.record.model_copy(deep=True)
    with pytest.raises(Refusal) as refused:
        do(row.doing, record)
    assert record == row.record
    return refused.value


def raised_at(refused: Refusal) -> tuple[str, int]:
    frame, line = list(traceback.walk_tb(refused.__traceback__))[-1]
    return frame.f_code.co_filename, line


def test_every_refusal_has_a_row() -> None:
    """A new one fails here until it has; a row whose refusal is gone fails below."""
    seen = {raised_at(refusal(row)) for row in ROWS}
    assert {how for where, how in raised().items() if where not in seen} == SAID_BY_WHAT_RUNS | SAID_BY_PAGES


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_what_is_refused_is_said_in_a_sentence(row: Row) -> None:
    assert str(refusal(row)) == row.sentence


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_what_is_nearly_the_same_is_accepted(row: Row) -> None:
    record, doing = row.accepted
    do(doing, record.model_copy(deep=True))
