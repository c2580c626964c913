"""The page of a postmortem in Confluence: written when somebody asks for it, however long Confluence is away."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.confluence import Confluence
from workflows.calls import CONFLUENCE, reason
from workflows.messages.confluence import WritePage
from workflows.signals import ToConfluencePage, hears


@workflow.defn
class ConfluencePageWorkflow(ToConfluencePage):
    """One for each incident. Whoever asks while it runs has the page written once more, after what is under way."""

    def __init__(self) -> None:
        self._wanted: WritePage | None = None

    @workflow.run
    async def run(self) -> str:
        """Why the page could not be written; nothing when it was."""
        problem = ""
        await workflow.wait_condition(lambda: self._wanted is not None)
        while (asked := self._wanted) is not None:
            self._wanted, problem = None, ""
            try:
                await workflow.execute_activity_method(Confluence.write_page, asked, **CONFLUENCE)
            except ActivityError as error:
                problem = reason(error)
        return problem

    @hears
    def write(self, asked: WritePage) -> None:
        """What is under way may have read an older text."""
        self._wanted = asked
