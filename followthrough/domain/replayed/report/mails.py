"""Who is sent which digest."""

from pydantic import AwareDatetime

from followthrough.domain.replayed.values import Message, PersonId


class MonthlyMail(Message):
    """Who reads about a month like ``2026-11``, as it is known at ``at``."""

    person: PersonId
    month: str
    at: AwareDatetime

    @property
    def key(self) -> str:
        """Of the one mail that tells this person of the month."""
        return f"digest/{self.month}/{self.person}"


class WeeklyMail(Message):
    """Who reads about a week like ``2026-W10``, as it is known at ``at``."""

    person: PersonId
    week: str
    at: AwareDatetime

    @property
    def key(self) -> str:
        """Of the one mail that tells this person of the week."""
        return f"weekly/{self.week}/{self.person}"
