"""Who is signed in, for how long, and by what else than the provider."""

from datetime import timedelta

from sqlalchemy import Engine, text
from sqlmodel import Session, select

from followthrough.domain.answered.access.actor import Door
from followthrough.store import sessions
from followthrough.store.access_tables import BreakGlassRow, SessionRow, SignInRow
from tests.records import NOW

IDLE, LASTS = timedelta(hours=12), timedelta(days=7)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def test_a_session_ends_when_nobody_asks_for_long(database: Engine) -> None:
    with Session(database) as session:
        secret = sessions.begin(session, "ines", Door.SESSION, NOW, LASTS)
        found = sessions.current(session, secret, NOW + IDLE - SECOND, IDLE)
        assert found is not None
        assert (found.person, found.door) == ("ines", Door.SESSION)
        assert sessions.current(session, secret, NOW + IDLE + HOUR, IDLE)
        assert sessions.current(session, secret, NOW + 2 * IDLE + HOUR, IDLE) is None


def test_a_session_ends_however_often_somebody_asks(database: Engine) -> None:
    with Session(database) as session:
        secret = sessions.begin(session, "ines", Door.SESSION, NOW, LASTS)
        for hours in range(0, 7 * 24, 6):
            assert sessions.current(session, secret, NOW + hours * HOUR, IDLE)
        assert sessions.current(session, secret, NOW + LASTS, IDLE) is None
        sessions.begin(session, "tomas", Door.SESSION, NOW + LASTS + SECOND, LASTS)
        assert [row.person for row in session.exec(select(SessionRow))] == ["tomas"]


def test_signing_out_ends_one_session_and_leaving_ends_all(database: Engine) -> None:
    with Session(database) as session:
        laptop, phone, other = (
            sessions.begin(session, person, Door.SESSION, NOW, LASTS) for person in ("ines", "ines", "tomas")
        )
        sessions.end(session, laptop)
        assert sessions.current(session, laptop, NOW, IDLE) is None
        assert sessions.current(session, phone, NOW, IDLE)
        assert sessions.end_all(session, "ines") == 1
        assert sessions.current(session, phone, NOW, IDLE) is None
        assert sessions.current(session, other, NOW, IDLE)


def test_the_database_does_not_hold_what_a_cookie_holds(database: Engine) -> None:
    with Session(database) as session:
        secret = sessions.begin(session, "ines", Door.SESSION, NOW, LASTS)
        code = sessions.make_code(session, "ines", "The provider is down", NOW, HOUR)
        kept = [str(session.exec(text(f"SELECT * FROM {table}")).all()) for table in ("session", "break_glass")]  # type: ignore[call-overload]
    assert len(secret) >= 43
    assert not any(secret in row or code in row for row in kept)


BEGUN = sessions.Begun(nonce="nonce", code_verifier="verifier", to="/items")


def test_a_sign_in_is_finished_once_by_the_browser_that_began_it(database: Engine) -> None:
    with Session(database) as session:
        sessions.keep_sign_in(session, "state", "browser", BEGUN, NOW)
        assert sessions.take_sign_in(session, "state", "another browser", NOW) is None
        assert sessions.take_sign_in(session, "another state", "browser", NOW) is None
        assert sessions.take_sign_in(session, "state", "browser", NOW + HOUR) is None
        assert sessions.take_sign_in(session, "state", "browser", NOW) == BEGUN
        assert sessions.take_sign_in(session, "state", "browser", NOW) is None
        sessions.keep_sign_in(session, "late", "browser", BEGUN, NOW)
        sessions.keep_sign_in(session, "new", "browser", BEGUN, NOW + HOUR)
        assert [row.state_hash for row in session.exec(select(SignInRow))] == [sessions.hashed("new")]


def test_a_break_glass_code_signs_in_once_and_is_kept(database: Engine) -> None:
    with Session(database) as session:
        code = sessions.make_code(session, "ines", "The provider is down", NOW, HOUR)
        late = sessions.make_code(session, "tomas", "The provider is down", NOW, HOUR)
        assert sessions.use_code(session, "guessed", NOW) is None
        assert sessions.use_code(session, code, NOW + SECOND) == "ines"
        assert sessions.use_code(session, code, NOW + 2 * SECOND) is None
        assert sessions.use_code(session, late, NOW + HOUR) is None
        kept = {row.person: row.used_at for row in session.exec(select(BreakGlassRow))}
    assert kept == {"ines": NOW + SECOND, "tomas": None}
