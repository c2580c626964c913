"""What a pager is told of an incident's roles, beside the mails and without holding them up."""

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from activities.paging import Paging
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.incident.paging import PageAction, next_page, take_answer
from workflows.background import Background, Errand
from workflows.calls import PAGE, PAGE_OVER, reason
from workflows.messages.page import SendPage


class Pages(Errand):
    """One after the other, each as things are by then.

    Whether there is a pager at all is said by the plan, which lies in the history: one without is replayed as it was.
    """

    def __init__(self, incident: Incident, background: Background) -> None:
        self._incident = incident
        background.add(self)

    @property
    def wanted(self) -> bool:
        """See ``Errand``."""
        return next_page(self._incident) is not None

    async def run(self) -> None:
        """See ``Errand``."""
        incident = self._incident
        while (page := next_page(incident)) is not None:
            problem, refused = "", page.about.refused
            if page.action is PageAction.TRIGGER or not refused:
                asked = SendPage(page=page, incident=incident.lean(), at=workflow.now())
                config = PAGE if page.action is PageAction.TRIGGER else PAGE_OVER
                try:
                    refused = not await workflow.execute_activity_method(Paging.send_page, asked, **config)
                except ActivityError as error:
                    problem = reason(error)
                    refused = isinstance(error.cause, ApplicationError) and error.cause.non_retryable
            take_answer(incident, page, workflow.now(), problem, refused=refused)
