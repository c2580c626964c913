"""Who carries how much, as the API shows it."""

from followthrough.domain.answered.report.load import Duty
from followthrough.domain.replayed.values import PersonId
from followthrough.web.shapes.shape import Shape


class ShownLoad(Shape):
    """How often somebody was woken, led and resolved an incident, and how many open action items they own."""

    person: PersonId
    woken: int
    led: int
    resolved: int
    owns: int


class ShownOverload(Shape):
    """One person carries more than the policy's share."""

    person: PersonId
    duty: Duty
    count: int
    total: int
    """Of all people."""
    others: list[PersonId]
    """Who could take some, the least loaded first."""


class ShownLoads(Shape):
    """The most loaded first."""

    people: list[ShownLoad]
    overloads: list[ShownOverload]
