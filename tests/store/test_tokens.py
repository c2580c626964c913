"""Tokens are kept by their hashes, end, and stay on record."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from followthrough.domain.answered.access.actor import Scope
from followthrough.store import tokens
from tests.records import NOW

HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
READS = (Scope.READ,)


@pytest.mark.parametrize(("person", "prefix"), [("ines", "ftp_"), (None, "fts_")])
def test_a_token_is_shown_once_and_says_what_it_is(database: Engine, person: str | None, prefix: str) -> None:
    with Session(database) as session:
        row, token = tokens.make(session, "CI", person, READS, "ines", NOW, NOW + DAY)
        kept = str(session.exec(text("SELECT * FROM token")).all())  # type: ignore[call-overload]
        found = tokens.known(session, token, NOW)
    assert token.startswith(prefix)
    assert len(token) >= len(prefix) + 43
    assert token not in kept
    assert token.removeprefix(prefix) not in kept
    assert found is not None
    assert (found.id, found.name, found.person, found.scopes) == (row.id, "CI", person, ["read"])


def test_a_token_ends_and_can_be_revoked_before(database: Engine) -> None:
    with Session(database) as session:
        row, token = tokens.make(session, "CI", None, READS, "ines", NOW, NOW + DAY)
        assert tokens.known(session, token, NOW + DAY - SECOND)
        assert tokens.known(session, token, NOW + DAY) is None
        tokens.revoke(session, row, NOW + HOUR)
        tokens.revoke(session, row, NOW + 2 * HOUR)
        assert tokens.known(session, token, NOW + HOUR) is None
        assert tokens.known(session, "fts_guessed", NOW) is None
        assert [one.revoked_at for one in tokens.tokens_of(session, None)] == [NOW + HOUR]


def test_its_last_use_is_known_to_the_minute(database: Engine) -> None:
    with Session(database) as session:
        _, token = tokens.make(session, "CI", "ines", READS, "ines", NOW, NOW + DAY)
        used = []
        for seconds in (0, 30, 90):
            row = tokens.known(session, token, NOW + seconds * SECOND)
            assert row is not None
            used.append(row.used_at)
    assert used == [NOW, NOW, NOW + 90 * SECOND]


def test_people_see_their_own_and_services_have_theirs(database: Engine) -> None:
    with Session(database) as session:
        for number, (name, person) in enumerate((("old", "ines"), ("new", "ines"), ("his", "tomas"), ("CI", None))):
            tokens.make(session, name, person, READS, person, NOW + number * HOUR, NOW + DAY)
        assert [row.name for row in tokens.tokens_of(session, "ines")] == ["new", "old"]
        assert [row.name for row in tokens.tokens_of(session, None)] == ["CI"]


def test_a_terminal_is_answered_once_by_whoever_types_its_code(database: Engine) -> None:
    with Session(database) as session:
        tokens.ask_for_terminal(session, "secret", "a terminal", NOW, HOUR, code="WXYZ-1234")
        waiting = tokens.waiting_terminal(session, "WXYZ-1234", NOW)
        assert waiting is not None
        assert (waiting.name, waiting.person) == ("a terminal", None)
        assert tokens.waiting_terminal(session, "WXYZ-1234", NOW + HOUR) is None
        assert not tokens.agree(session, "WXYZ-9999", "ines", NOW)
        assert not tokens.agree(session, "WXYZ-1234", "ines", NOW + HOUR)
        assert tokens.agree(session, "WXYZ-1234", "ines", NOW)
        assert not tokens.agree(session, "WXYZ-1234", "tomas", NOW)
        answered = tokens.terminal(session, "secret", NOW)
        assert answered is not None
        assert answered.person == "ines"
        assert tokens.terminal(session, "secret", NOW + HOUR) is None
        assert [tokens.take_terminal(session, answered) for _ in range(2)] == [True, False]


def test_a_browser_brings_a_code_to_the_terminal_beside_it(database: Engine) -> None:
    with Session(database) as session:
        code = tokens.bring_to_terminal(session, "laptop", "ines", "challenge", NOW, HOUR)
        row = tokens.terminal(session, code, NOW)
        assert row is not None
        assert (row.person, row.challenge) == ("ines", "challenge")
        assert tokens.terminal(session, "guessed", NOW) is None
