"""Hands mails that can wait to their person's inbox, which is a workflow."""

from asyncio import AbstractEventLoop

from temporalio.client import Client

from activities.engine_calls import wait_for
from followthrough.domain.replayed.ids import inbox_id
from followthrough.domain.replayed.values import PersonId
from followthrough.queues import TASK_QUEUE
from workflows.messages.mail import InboxProgress, PutInInbox
from workflows.signals import ToInbox, saying


class Inboxes:
    """Used in the threads of activities, while the client belongs to a loop."""

    def __init__(self, client: Client, loop: AbstractEventLoop) -> None:
        self._client = client
        self._loop = loop

    def put(self, person: PersonId, put: PutInInbox) -> None:
        """Once it returns, nothing is lost. Raises ApplicationError while the engine does not answer."""
        started = self._client.start_workflow(
            "InboxWorkflow",
            InboxProgress(),
            id=inbox_id(person),
            task_queue=TASK_QUEUE,
            **saying(ToInbox.put, put),
        )
        wait_for(started, self._loop)
