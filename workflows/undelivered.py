"""A mail that was not delivered leads to another path, never to silence."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.mails.bounces import Bounces
from workflows.calls import MAIL, RECORDS, reason, unsent
from workflows.messages.mail import MailProblem
from workflows.signals import ToRecord, say


@workflow.defn
class UndeliveredWorkflow:
    """Its id is that of the event, so that one that is reported again changes nothing."""

    @workflow.run
    async def run(self, problem: MailProblem) -> None:
        """Ends once somebody is told."""
        await find_another_path(problem)


async def find_other_paths(error: ActivityError) -> None:
    """For the mails to people that an activity could not send."""
    for missed in unsent(error):
        await find_another_path(MailProblem(key=missed.key, reason=missed.reason, at=workflow.now()))


async def find_another_path(problem: MailProblem) -> None:
    """Whatever the mail was about tells whoever is above; without that, or when it has ended, they are told here."""
    for undelivered in await workflow.execute_activity_method(Bounces.record_problem, problem, **RECORDS):
        if undelivered.record_id is None or not await say(undelivered.record_id, ToRecord.undelivered, undelivered):
            try:
                await workflow.execute_activity_method(Bounces.tell_above, undelivered, **MAIL)
            except ActivityError as error:
                workflow.logger.warning("Nobody could be told of mail %s: %s", undelivered.key, reason(error))
