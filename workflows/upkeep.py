"""What the service does for itself, by schedules of its own."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError
from temporalio.workflow import ActivityConfig

with workflow.unsafe.imports_passed_through():
    from activities.email import Email
    from activities.reconciler import Reconciler
    from activities.troubles import Troubles
    from workflows.durable import MAIL, reason
    from workflows.messages import TellTroubles

ONCE_A_DAY = ActivityConfig(
    start_to_close_timeout=timedelta(hours=2),
    heartbeat_timeout=timedelta(minutes=1),
    retry_policy=RetryPolicy(maximum_attempts=5, non_retryable_error_types=["OtherEngine"]),
)

LOOK = ActivityConfig(start_to_close_timeout=timedelta(minutes=30), retry_policy=RetryPolicy(maximum_attempts=3))

TELL: ActivityConfig = {**MAIL, "schedule_to_close_timeout": timedelta(minutes=30)}
"""The next look tells of what was not told."""


@workflow.defn
class ReconcileWorkflow:
    """Incidents and action items that are open although nothing runs go on in a new run."""

    @workflow.run
    async def run(self) -> int:
        """Gives how many there were."""
        return await workflow.execute_activity_method(Reconciler.reconcile, **ONCE_A_DAY)


@workflow.defn
class TroublesWorkflow:
    """Whoever runs the service hears of what it can't mend."""

    @workflow.run
    async def run(self) -> int:
        """Gives how many troubles there are."""
        found = await workflow.execute_activity_method(Troubles.look_for_troubles, **LOOK)
        await workflow.execute_activity_method(Troubles.tell_troubles, TellTroubles(at=workflow.now()), **TELL)
        return found


@workflow.defn
class SendAgainWorkflow:
    """A mail that was set aside is made and handed over once more."""

    @workflow.run
    async def run(self, key: str) -> str:
        """Why it is set aside again; nothing when it is not."""
        try:
            asked = await workflow.execute_activity_method(Email.asked_for, key, **MAIL)
            if asked is None:
                await workflow.execute_activity_method(Email.send_again, key, **MAIL)
            else:
                await workflow.execute_activity(asked.activity, asked.argument, **MAIL)
        except ActivityError as error:
            return reason(error)
        return ""
