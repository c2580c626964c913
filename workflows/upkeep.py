"""What the service does for itself, by schedules of its own."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError
from temporalio.workflow import ActivityConfig

with workflow.unsafe.imports_passed_through():
    from activities.email import Email
    from activities.reconciler import Reconciler
    from workflows.durable import VENDOR, reason

ONCE_A_DAY = ActivityConfig(
    start_to_close_timeout=timedelta(hours=2),
    heartbeat_timeout=timedelta(minutes=1),
    retry_policy=RetryPolicy(maximum_attempts=5, non_retryable_error_types=["OtherEngine"]),
)


@workflow.defn
class ReconcileWorkflow:
    """Incidents and action items that are open although nothing runs go on in a new run."""

    @workflow.run
    async def run(self) -> int:
        """Gives how many there were."""
        return await workflow.execute_activity_method(Reconciler.reconcile, **ONCE_A_DAY)


@workflow.defn
class SendAgainWorkflow:
    """A mail that was set aside is made and handed over once more."""

    @workflow.run
    async def run(self, key: str) -> str:
        """Why it is set aside again; nothing when it is not."""
        try:
            asked = await workflow.execute_activity_method(Email.asked_for, key, **VENDOR)
            if asked is None:
                await workflow.execute_activity_method(Email.send_again, key, **VENDOR)
            else:
                await workflow.execute_activity(asked.activity, asked.argument, **VENDOR)
        except ActivityError as error:
            return reason(error)
        return ""
