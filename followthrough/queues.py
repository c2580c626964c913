"""Where work waits for a worker: each queue has slots and threads of its own, so that a slow one stops no other."""

from enum import StrEnum


class Queue(StrEnum):
    """Its value is the name of Temporal's task queue."""

    WORKFLOWS = "followthrough"
    """Workflows, and activities that ask only the database, the organisation file and the engine."""
    TICKETS = "followthrough-tickets"
    """Activities that ask the tracker."""
    MAILS = "followthrough-mails"
    """Activities that send mails."""
    PAGES = "followthrough-pages"
    """Activities that page, which wait for nothing else."""
    WEBHOOKS = "followthrough-webhooks"
    """Activities that send events to receivers, which may be slow."""


TASK_QUEUE = Queue.WORKFLOWS.value
"""Where records and everything that runs for them is."""

OURS = f"TaskQueue = '{TASK_QUEUE}'"
RUNNING = f"{OURS} AND ExecutionStatus = 'Running'"
"""Workflows, as Temporal's visibility is asked for them."""
