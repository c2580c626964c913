"""Gathers what can wait for a person into one mail a day."""

import contextlib

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.mails.daily import Daily
from followthrough.domain.replayed.ids import person_of
from workflows.calls import MAIL
from workflows.mail_problem import find_other_paths
from workflows.messages.mail import DailyMail, InboxProgress, InInbox, PutInInbox
from workflows.signals import ToInbox, hears

TOGETHER = 200
"""Mails in one at most; what is left of the same time goes out right after it."""
MANY = 2_000
"""Mails that may wait; more would not fit into the input of the next run, so the first go out early."""


@workflow.defn
class InboxWorkflow(ToInbox):
    """Its id is ``inbox/`` and the person; it runs for as long as something waits.

    A notice may come from a workflow that was fast-forwarded. So what is due at one time, by the notices' clock,
    goes out together, once the first of it has waited for as long as that is away, by this workflow's clock.
    """

    @workflow.init
    def __init__(self, progress: InboxProgress) -> None:
        self._waiting = {waiting.mail.key: waiting for waiting in progress.waiting}

    @workflow.run
    async def run(self, progress: InboxProgress) -> None:
        """Until nothing waits."""
        while self._waiting:
            first = self._first()
            if first.rings_at <= workflow.now() or len(self._waiting) > MANY:
                await self._send(first)
            elif self._is_long():
                workflow.continue_as_new(self.progress())
            else:
                await self._wait_for(first)

    @workflow.query
    def progress(self) -> InboxProgress:
        """What a further run needs to go on from here."""
        return InboxProgress(waiting=list(self._waiting.values()))

    @hears
    def put(self, put: PutInInbox) -> None:
        """A mail waits; the same one only once."""
        waiting = InInbox(mail=put.mail, due=put.due, rings_at=workflow.now() + put.wait)
        self._waiting.setdefault(put.mail.key, waiting)

    def _is_long(self) -> bool:
        return workflow.info().is_continue_as_new_suggested()

    def _first(self) -> InInbox:
        return min(self._waiting.values(), key=lambda waiting: waiting.rings_at)

    async def _wait_for(self, first: InInbox) -> None:
        """Or for one that is due before it."""
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._first() is not first or len(self._waiting) > MANY or self._is_long(),
                timeout=first.rings_at - workflow.now(),
            )

    async def _send(self, first: InInbox) -> None:
        """All that is due with ``first``, later by as much as this is late."""
        person = person_of(workflow.info().workflow_id)
        together = [waiting for waiting in self._waiting.values() if waiting.due == first.due][:TOGETHER]
        daily = DailyMail(
            key=f"daily/{person}/{first.due:%Y-%m-%d}/{workflow.uuid4().hex[:8]}",
            person=person,
            mails=tuple(waiting.mail for waiting in together),
            at=first.due + (workflow.now() - first.rings_at),
        )
        try:
            await workflow.execute_activity_method(Daily.send_daily, daily, **MAIL)
        except ActivityError as error:
            await find_other_paths(error)
        for waiting in together:
            del self._waiting[waiting.mail.key]
