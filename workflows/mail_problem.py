"""A mail that was not delivered leads to another path, never to silence."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.mails.problems import MailProblems
from workflows.calls import MAIL, RECORDS, reason, unsent
from workflows.messages.mail import MailProblem
from workflows.signals import ToRecord, say


@workflow.defn(name="UndeliveredWorkflow")
class MailProblemWorkflow:
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
    for missed in await workflow.execute_activity_method(MailProblems.record_problem, problem, **RECORDS):
        if missed.record_id is None or not await say(missed.record_id, ToRecord.undelivered, missed):
            try:
                await workflow.execute_activity_method(MailProblems.tell_above, missed, **MAIL)
            except ActivityError as error:
                workflow.logger.warning("Nobody could be told of mail %s: %s", missed.key, reason(error))
