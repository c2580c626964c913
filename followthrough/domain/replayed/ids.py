"""Ids of records, of the other workflows and of schedules: made and told apart here alone.

Workflows make ids of each other with it, so it is part of what replays.
"""

import hashlib
import re
from datetime import date
from typing import Annotated

from pydantic import Field

from followthrough.domain.replayed.text import Key
from followthrough.domain.replayed.values import PersonId

INCIDENT_ID = r"inc-([0-9a-f]{20}|[0-9a-f]{10})(-[0-9]+)?"
"""The shorter ones are older: keys can be found that share one."""
ITEM_ID = INCIDENT_ID + r"(\.[0-9]+)+"
"""The parts of ``inc-7f3a9c21d0.2`` are ``inc-7f3a9c21d0.2.1`` and so on, whatever else its incident has."""
IncidentId = Annotated[Key, Field(pattern=f"^{INCIDENT_ID}$")]
ItemId = Annotated[Key, Field(pattern=f"^{ITEM_ID}$")]

DRILLS, SPRINTS, DIGESTS, JIRA, UPKEEP = "drill/", "sprint/", "digest/", "jira/", "upkeep/"
MONTHLY_DIGEST, WEEKLY_DIGEST, JIRA_SWEEP = f"{DIGESTS}monthly", f"{DIGESTS}weekly", f"{JIRA}sweep"
RECONCILE, REPLAN, TROUBLES = f"{UPKEEP}reconcile", f"{UPKEEP}replan", f"{UPKEEP}troubles"
"""Schedules, and with a time behind it the workflow that each starts."""
REPLANNING = f"{UPKEEP}plans"
"""The workflow that has plans made again."""
INBOXES, MAILS_AGAIN = "inbox/", "send-again/"


def incident_id(dedup_key: str, generation: int = 1) -> str:
    """The same key always gives the same id; generations count the incidents that one key started."""
    digest = hashlib.sha256(dedup_key.encode()).hexdigest()[:20]
    return f"inc-{digest}" if generation == 1 else f"inc-{digest}-{generation}"


def generation_of(incident_id: str) -> int:
    """How many incidents one key had started with it."""
    return int(incident_id.removeprefix("inc-").partition("-")[2] or 1)


def item_id(record_id: str, number: int) -> str:
    """The ``number``-th action item of an incident, or part of an action item."""
    return f"{record_id}.{number}"


def incident_of(record_id: str) -> str:
    """The incident that an action item, a part of one, or the incident itself belongs to."""
    return record_id.partition(".")[0]


def is_incident(text: str) -> bool:
    """Whether it is the id of one."""
    return re.fullmatch(INCIDENT_ID, text) is not None


def is_item(text: str) -> bool:
    """Whether it is the id of an action item, or of a part of one."""
    return re.fullmatch(ITEM_ID, text) is not None


def page_of(record_id: str) -> str:
    """The path of a record, on the dashboard and in the API."""
    return f"{'items' if is_item(record_id) else 'incidents'}/{record_id}"


def drill_id(team: str) -> str:
    """The workflow id that all drills of a team share, so that two never run at once."""
    return f"{DRILLS}{team}"


def is_drill(workflow_id: str) -> bool:
    """Whether it is that of a team's drills."""
    return workflow_id.startswith(DRILLS)


def planning_id(team: str, first_day: date) -> str:
    """The id of the one workflow that plans this sprint."""
    return f"planning/{team}/{first_day}"


def confluence_id(incident_id: str) -> str:
    """The workflow that keeps the page of its postmortem in Confluence."""
    return f"confluence/{incident_id}"


def inbox_id(person: PersonId) -> str:
    """The workflow in which a person's mails wait."""
    return f"{INBOXES}{person}"


def person_of(inbox_id: str) -> PersonId:
    """Whose inbox it is."""
    return inbox_id.removeprefix(INBOXES)


def webhooks_id(endpoint: str) -> str:
    """The workflow that sends events to this endpoint."""
    return f"webhooks/{endpoint}"


def mail_problem_id(event_id: str) -> str:
    """The workflow that finds another path after this event, once."""
    return f"undelivered/{event_id}"


def send_again_id(mail: str) -> str:
    """The workflow that sends the mail with this key once more."""
    return f"{MAILS_AGAIN}{mail}"


def run_by_hand(schedule_id: str, key: str) -> str:
    """A workflow that does what the schedule's would, now."""
    return f"{schedule_id}/{key}"


def sprint_schedule_id(team: str) -> str:
    """The schedule of a team's plannings; that of its drills is its ``drill_id``."""
    return f"{SPRINTS}{team}"


def is_sprint_schedule(schedule_id: str) -> bool:
    """Whether it is that of a team's plannings."""
    return schedule_id.startswith(SPRINTS)


def is_ours(schedule_id: str) -> bool:
    """Whether the schedule is kept as the organisation file says."""
    return schedule_id.startswith((DRILLS, SPRINTS, DIGESTS, JIRA, UPKEEP))
