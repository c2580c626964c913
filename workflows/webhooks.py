"""Events go out to an endpoint, in their order, however long that is away."""

import contextlib
from datetime import timedelta

from temporalio import workflow

from activities.webhooks import Webhooks
from workflows.calls import WEBHOOKS
from workflows.messages.webhook import DeliverWebhooks
from workflows.signals import ToWebhooks, hears

AT_LEAST = timedelta(seconds=1)
"""Until it looks again: clocks differ a little."""


@workflow.defn
class WebhooksWorkflow(ToWebhooks):
    """One for each endpoint, over when nothing waits. What waits, and until when, is in the database."""

    @workflow.init
    def __init__(self, endpoint: str) -> None:
        self._new = False

    @workflow.run
    async def run(self, endpoint: str) -> None:
        """Whatever was told before it begins anew is found by its first look."""
        while True:
            self._new = False
            request = DeliverWebhooks(endpoint=endpoint, at=workflow.now())
            delivered = await workflow.execute_activity_method(Webhooks.deliver_webhooks, request, **WEBHOOKS)
            if not self._new:
                if delivered.next_at is None:
                    return
                with contextlib.suppress(TimeoutError):
                    within = max(delivered.next_at - workflow.now(), AT_LEAST)
                    await workflow.wait_condition(lambda: self._new, timeout=within)
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(endpoint)

    @hears
    def waits(self, endpoint: str) -> None:
        """An activity under way may have looked before."""
        self._new = True
