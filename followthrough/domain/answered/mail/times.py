"""When a mail that can wait goes out."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from followthrough.domain.answered.organisation.calendar import next_working_time
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.values import PersonId


def gather_time(moment: datetime, person: PersonId, organisation: Organisation) -> datetime:
    """When the first daily mail after ``moment`` goes out to a person of the organisation file; in UTC."""
    policies, zone = organisation.policies.mails, ZoneInfo(organisation.people[person].time_zone)
    team = organisation.team_with(person, next(iter(organisation.teams.values())))
    there = team.model_copy(update={"time_zone": zone.key})
    at = next_working_time(moment, policies.gather_at, there)
    while policies.quiet_hours.has(at.astimezone(zone).time()):  # when clocks skip the time itself
        at = next_working_time(at, policies.gather_at, there)
    return at


def quiet_until(moment: datetime, person: PersonId, organisation: Organisation) -> datetime | None:
    """When the person's quiet hours end, in UTC; None outside of them."""
    quiet = organisation.policies.mails.quiet_hours
    local = moment.astimezone(ZoneInfo(organisation.people[person].time_zone))
    if not quiet.has(local.time()):
        return None
    ends = datetime.combine(local.date(), quiet.end, local.tzinfo).replace(fold=local.fold)
    if ends.astimezone(UTC) <= moment:
        ends += timedelta(days=1)
    return ends.astimezone(UTC)
