"""What the service does for itself, by schedules of its own or when something changed."""

import contextlib
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError
from temporalio.workflow import ActivityConfig

from activities.mails.email import Email
from activities.reconciler import Reconciler
from activities.replan import Replan
from activities.troubles import Troubles
from workflows.calls import MAIL, reason
from workflows.messages.mail import TellTroubles
from workflows.signals import ToReplan, hears

ONCE_A_DAY = ActivityConfig(
    start_to_close_timeout=timedelta(hours=2),
    heartbeat_timeout=timedelta(minutes=1),
    retry_policy=RetryPolicy(maximum_attempts=5, non_retryable_error_types=["OtherEngine"]),
)

REPLANNED = ActivityConfig(
    start_to_close_timeout=timedelta(hours=2),
    heartbeat_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=1)),
)
"""Without end: a worker with the new file, or the new version, may be started later."""
EVERYWHERE_AFTER = timedelta(hours=1)
"""By then a new file, or a new version, is where it has to be."""

LOOK = ActivityConfig(
    start_to_close_timeout=timedelta(minutes=30),
    heartbeat_timeout=timedelta(minutes=1),
    retry_policy=RetryPolicy(maximum_attempts=3),
)

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
class ReplanWorkflow(ToReplan):
    """Action items whose plans are not as the organisation file and the product's rules make them plan again.

    A change is told by a signal, so that one that comes during a run begins it anew and none is lost.
    """

    @workflow.init
    def __init__(self, made_of: str = "") -> None:
        self._made_of = made_of

    @workflow.run
    async def run(self, made_of: str = "") -> int:
        """Gives how many there were; ``made_of`` is the fingerprint of what plans have to be of, if that is known.

        After a change it looks a second time, for those who planned where the file, or the version, came later.
        """
        told = await self._replan()
        again = bool(self._made_of)
        while again:
            done = self._made_of
            with contextlib.suppress(TimeoutError):
                await workflow.wait_condition(lambda: self._made_of != done, timeout=EVERYWHERE_AFTER)  # noqa: B023
            told += await self._replan()
            again = self._made_of != done
        return told

    @hears
    def changed(self, made_of: str) -> None:
        """Plans have to be of this from now on."""
        self._made_of = made_of

    async def _replan(self) -> int:
        """Of the last change that was told."""
        while True:
            made_of = self._made_of
            replanned = workflow.start_activity_method(Replan.replan, made_of, **REPLANNED)
            await workflow.wait_condition(lambda: replanned.done() or self._made_of != made_of)  # noqa: B023
            if self._made_of == made_of:
                return await replanned
            replanned.cancel()
            with contextlib.suppress(ActivityError):
                await replanned


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
