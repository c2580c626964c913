"""Each line of the threat model has a test that is there."""

import ast
import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

TEXT = Path("SECURITY.md").read_text()
SUBJECTS = (
    "Signing in",
    "Sessions and the browser",
    "Tokens",
    "Rights",
    "Webhooks",
    "Links in mails",
    "Anonymous notes",
    "Audit",
    "Directory",
    "Logs, files and limits",
)

TO_COME = frozenset(
    {
        "to come: rights",
        "test_a_break_glass_code_signs_in_once_and_is_kept",
        "test_a_break_glass_code_signs_in_once_for_an_hour",
        "test_a_circle_of_managers_is_told_and_who_managed_before_stays",
        "test_a_code_is_brought_to_no_other_place",
        "test_a_cookie_is_for_this_host_and_no_script",
        "test_a_due_date_is_moved_by_the_owner_and_who_is_above",
        "test_a_form_that_no_page_of_the_session_had_changes_nothing",
        "test_a_password_is_never_kept",
        "test_a_session_ends_when_it_is_idle_for_too_long_and_in_any_case_some_day",
        "test_a_session_ends_when_its_person_leaves",
        "test_a_sign_in_counts_once_and_only_in_the_browser_that_began_it",
        "test_a_token_can_not_be_sent_in_an_address_or_read_from_a_page",
        "test_a_token_ends_by_itself_and_when_its_person_leaves",
        "test_a_token_is_shown_once_and_says_what_it_is",
        "test_a_token_makes_none_that_may_more_than_itself",
        "test_a_token_may_what_its_scopes_say_until_it_is_revoked",
        "test_an_address_of_two_people_signs_in_neither",
        "test_an_e_mail_of_two_stays_whose_it_was_and_is_told",
        "test_elsewhere_nothing_is_shown_and_no_alert_taken_until_it_is_set_up",
        "test_every_address_has_a_row_and_every_row_an_address",
        "test_every_command_has_a_row",
        "test_guessing_and_hammering_are_slowed_down",
        "test_nobody_gets_more_by_a_token_than_they_have",
        "test_nobody_is_sent_elsewhere_after_signing_in",
        "test_nobody_verifies_their_own_item_nor_their_own_evidence",
        "test_only_administrators_have_tokens_of_services",
        "test_only_services_speak_for_others",
        "test_only_the_directory_with_its_token_gets_in",
        "test_only_these_routes_are_open_to_everybody",
        "test_signing_out_everywhere_ends_all_of_ones_sessions",
        "test_the_database_does_not_hold_what_a_cookie_holds",
        "test_the_files_person_with_that_e_mail_gives_the_key_and_another_person_never_gets_it",
        "test_the_page_shows_a_token_once_and_revokes_it",
        "test_the_table_is_what_counts",
        "test_the_timeline_says_through_what_a_service_spoke",
        "test_the_validator_compares_with_who_commands_now",
        "test_what_a_person_is_decides_and_not_what_they_say",
        "test_what_the_provider_is_asked_has_a_challenge_and_no_secret",
        "test_what_would_break_the_organisation_changes_nothing_and_is_told",
        "test_who_is_not_known_is_told_why",
        "test_whoever_can_close_a_ticket_in_jira_may_unless_the_file_says_otherwise",
    }
)
"""With the parts of signing in, rights and the directory, which are not here yet."""


def lines(text: str) -> list[tuple[str, ...]]:
    """Of all tables below the heading of the threat model, without their heads."""
    found: list[tuple[str, ...]] = []
    cells: list[str] = []
    tokens = MarkdownIt("commonmark").enable("table").parse(text[text.index("## Threat model") :])
    for token, after in pairwise(tokens):
        if token.type == "tr_open":
            cells = []
        elif token.type == "td_open":
            cells.append(after.content)
        elif token.type == "tr_close" and cells:
            found.append(tuple(cells))
    return found


def named_in(line: tuple[str, ...]) -> list[str]:
    return re.findall(r"`(test_\w+)`", line[-1])


@cache
def known() -> frozenset[str]:
    functions = (
        node.name
        for file in Path("tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return frozenset(name for name in functions if name.startswith("test_"))


def missing(line: tuple[str, ...]) -> list[str]:
    return [name for name in named_in(line) if name not in known() | TO_COME]


@pytest.mark.parametrize("line", lines(TEXT), ids=lambda line: line[0])
def test_each_line_says_who_what_stops_them_and_which_test_shows_it(line: tuple[str, ...]) -> None:
    who, stopped, _left, _tests = line
    assert who
    assert stopped
    assert named_in(line) or line[-1] in TO_COME
    assert missing(line) == []


def test_it_speaks_of_every_part() -> None:
    assert tuple(re.findall(r"^### (.+)$", TEXT, re.MULTILINE)) == SUBJECTS


def test_a_test_that_is_not_there_is_found() -> None:
    (line,) = lines(
        "## Threat model\n\n| Who | What | Left | Test |\n| --- | --- | --- | --- |\n| a | b | | `test_no` |"
    )
    assert missing(line) == ["test_no"]
