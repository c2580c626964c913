"""What is said between who sends events and their endpoint's workflow."""

from pydantic import AwareDatetime

from followthrough.domain.replayed.values import Message


class DeliverWebhooks(Message):
    """What is due by ``at`` for an endpoint of the organisation file."""

    endpoint: str
    at: AwareDatetime


class Delivered(Message):
    """When something is due next; None while nothing waits."""

    next_at: AwareDatetime | None = None
