from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from followthrough.domain.answered.mail.times import gather_time, quiet_until
from followthrough.domain.answered.organisation.calendar import is_working_day
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.organisation.policies import MailPolicies, QuietHours
from tests.notices import ORGANISATION

ZONES = ("Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata", "UTC")
START = datetime(2025, 1, 1, tzinfo=UTC)
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=2500)).map(lambda later: START + later)
TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))


@st.composite
def policies(draw: st.DrawFn) -> MailPolicies:
    quiet = QuietHours(start=draw(TIMES), end=draw(TIMES))
    gather_at = draw(TIMES.filter(lambda at: not quiet.has(at)))
    return MailPolicies(gather_at=gather_at, quiet_hours=quiet)


def with_ana_in(zone: str, mails: MailPolicies) -> Organisation:
    people = {**ORGANISATION.people, "ana": ORGANISATION.people["ana"].model_copy(update={"time_zone": zone})}
    team = ORGANISATION.teams["payments"].model_copy(update={"members": ("ana",)})
    rules = ORGANISATION.policies.model_copy(update={"mails": mails})
    return ORGANISATION.model_copy(update={"people": people, "teams": {"payments": team}, "policies": rules})


@given(MOMENTS, st.sampled_from(ZONES), policies())
def test_the_daily_mail_comes_soon_on_a_working_day_and_never_in_quiet_hours(
    moment: datetime, zone: str, mails: MailPolicies
) -> None:
    organisation = with_ana_in(zone, mails)
    at = gather_time(moment, "ana", organisation)
    there = at.astimezone(ZoneInfo(zone))
    assert moment < at <= moment + timedelta(days=5)
    assert is_working_day(there.date(), organisation.teams["payments"])
    assert not mails.quiet_hours.has(there.time())
    assert gather_time(at - timedelta(microseconds=1), "ana", organisation) == at


@given(MOMENTS, st.sampled_from(ZONES), policies())
def test_quiet_hours_end_within_a_day_in_which_all_of_them_are_quiet(
    moment: datetime, zone: str, mails: MailPolicies
) -> None:
    ends = quiet_until(moment, "ana", with_ana_in(zone, mails))
    assert (ends is None) == (not mails.quiet_hours.has(moment.astimezone(ZoneInfo(zone)).time()))
    if ends is not None:
        assert moment < ends <= moment + timedelta(hours=25)


MADRID = with_ana_in("Europe/Madrid", MailPolicies())


@pytest.mark.parametrize(
    ("moment", "at"),
    [
        ("2026-03-06T07:29:59Z", "2026-03-06T07:30:00Z"),
        ("2026-03-06T07:30:00Z", "2026-03-09T07:30:00Z"),
        ("2026-03-27T12:00:00Z", "2026-03-30T06:30:00Z"),
    ],
    ids=["the same morning", "over the weekend", "into summer time"],
)
def test_what_can_wait_comes_at_half_past_eight(moment: str, at: str) -> None:
    assert gather_time(datetime.fromisoformat(moment), "ana", MADRID) == datetime.fromisoformat(at)


@pytest.mark.parametrize(
    ("moment", "ends"),
    [
        ("2026-03-05T18:59:00Z", None),
        ("2026-03-05T19:00:00Z", "2026-03-06T06:00:00Z"),
        ("2026-03-06T05:59:00Z", "2026-03-06T06:00:00Z"),
    ],
)
def test_nights_are_quiet(moment: str, ends: str | None) -> None:
    until = quiet_until(datetime.fromisoformat(moment), "ana", MADRID)
    assert until == (ends and datetime.fromisoformat(ends))


def test_a_daily_mail_in_quiet_hours_is_refused() -> None:
    with pytest.raises(ValidationError, match="gather_at 21:00 is in the quiet_hours"):
        MailPolicies(gather_at=time(21))
