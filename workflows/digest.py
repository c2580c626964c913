"""The weekly and the monthly digest."""

import asyncio
from collections.abc import Awaitable, Iterable
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ActivityError

from activities.mails.digest import Digests
from followthrough.domain.replayed.report.mails import MonthlyMail, WeeklyMail
from workflows.calls import LOCAL, MAIL
from workflows.mail_problem import find_other_paths

SCHEDULED_AT = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")
"""Set by Temporal's schedules; a mail that is made up for later is still about its own month or week."""


@workflow.defn
class DigestWorkflow:
    """Started by its schedule, where the day begins first, or by hand; a month's mail is sent once."""

    @workflow.run
    async def run(self) -> None:
        """Tells of the month before, when it is time."""
        mails = await workflow.execute_local_activity_method(Digests.plan_monthly, _due(), **LOCAL)
        await _all(self._send(mail) for mail in mails)

    async def _send(self, mail: MonthlyMail) -> None:
        if (wait := mail.at - workflow.now()) > timedelta(0):
            await workflow.sleep(wait)
        await workflow.execute_activity_method(Digests.send_monthly, mail, **MAIL)


@workflow.defn
class WeeklyDigestWorkflow:
    """Started by its schedule, where the day begins first, or by hand; a week's mail is sent once."""

    @workflow.run
    async def run(self) -> None:
        """Tells each manager when it is time where they are."""
        mails = await workflow.execute_local_activity_method(Digests.plan_weekly, _due(), **LOCAL)
        await _all(self._send(mail) for mail in mails)

    async def _send(self, mail: WeeklyMail) -> None:
        await workflow.sleep(max(mail.at - workflow.now(), timedelta(0)))
        now = mail.model_copy(update={"at": workflow.now()})
        await workflow.execute_activity_method(Digests.send_weekly, now, **MAIL)


def _due() -> datetime:
    return workflow.info().typed_search_attributes.get(SCHEDULED_AT) or workflow.now()


async def _all(mails: Iterable[Awaitable[None]]) -> None:
    """A mail that is refused stops no other; then the workflow fails, so that it is seen."""
    results = await asyncio.gather(*mails, return_exceptions=True)
    errors = [error for error in results if error is not None]
    for error in errors:
        if isinstance(error, ActivityError):
            await find_other_paths(error)
    if errors:
        raise errors[0]
