"""Who carries how much, as the API shows it."""

from followthrough.domain.answered.report.load import Duty
from followthrough.domain.replayed.values import PersonId
from followthrough.web.shapes.shape import Shape


class ShownLoad(Shape):
    """How often somebody was woken, led and resolved an incident, and how many open action items they own."""

    person: PersonId
    woken: int
    """Incidents in which they were asked for a role at night, where they are."""
    led: int
    """Incidents in which they were the Incident Commander."""
    resolved: int
    """Incidents in which they were a Resolver."""
    owns: int
    """Action items that they own and that are open now."""


class ShownOverload(Shape):
    """One person carries more than the policy's share."""

    person: PersonId
    duty: Duty
    """What they carry."""
    count: int
    """Of this person."""
    total: int
    """Of all people."""
    others: list[PersonId]
    """Who could take some, the least loaded first."""


class ShownLoads(Shape):
    """The most loaded first."""

    people: list[ShownLoad]
    """Everybody who carries something."""
    overloads: list[ShownOverload]
    """Who carries more than the policy's share, and of what."""
