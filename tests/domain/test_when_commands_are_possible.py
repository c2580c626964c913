"""Each command in each status: possible, or refused in a sentence that says in which it is."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import HttpUrl

from followthrough.domain.replayed.incident.commands import (
    Acknowledge,
    AssignRole,
    Cancel,
    ChangeSeverity,
    Mitigate,
    ProposeItem,
    Resolve,
    SendUpdate,
)
from followthrough.domain.replayed.incident.correction import CorrectTimes
from followthrough.domain.replayed.incident.incident import Audience, IncidentStatus, Role, RoleHolder, UpdateStage
from followthrough.domain.replayed.incident.lifecycle import Continued, HandOver, Merge, Reopen, Split, take_in
from followthrough.domain.replayed.incident.privacy import Admit, ChangePrivacy
from followthrough.domain.replayed.incident.subscriptions import Subscribe, Unsubscribe
from followthrough.domain.replayed.item.action_item import Block, Evidence, ItemStatus, OwnerWanted, Waiver
from followthrough.domain.replayed.item.commands import Accept, Decline, Extend, Finish, Reassign, Verify, Waive
from followthrough.domain.replayed.item.editing import Edit
from followthrough.domain.replayed.item.lifecycle import (
    BlockItem,
    Duplicate,
    MergeItem,
    Part,
    ReopenItem,
    SplitItem,
    Unblock,
)
from followthrough.domain.replayed.item.lifecycle import take_in as take_in_item
from followthrough.domain.replayed.postmortem.commands import (
    AssignPostmortem,
    ChooseFormat,
    Publish,
    ReviewPostmortem,
    SubmitPostmortem,
)
from followthrough.domain.replayed.postmortem.postmortem import FormatName, Postmortem
from followthrough.domain.replayed.sprint.commands import Estimate
from followthrough.domain.replayed.values import Record, Refusal, Severity
from tests.domain.changes import Doing
from tests.domain.refusals.row import do
from tests.records import NOW, incident, item

DAY, WHY = timedelta(days=1), "It has to be"
ITEM, OTHER_ITEM = "inc-0000000001.1", "inc-0000000001.2"
INCIDENT, OTHER = "inc-0000000001", "inc-0000000002"
URL = HttpUrl("https://example.com/changes/1")
FOR_GOOD = Waiver(reason=WHY, by="carla", at=NOW)
EXPIRES = Waiver(reason=WHY, by="carla", at=NOW, until=NOW + 9 * DAY)
AWAY = OwnerWanted(because="ana is away", since=NOW)
PARTS = (Part(title="Alert on queue depth", owner="ana"), Part(title="Test it", owner="ben"))
WAITS = Block(reason=WHY, until=NOW + DAY, by="ana", at=NOW)
DUPLICATE = Duplicate.model_validate(item(2))

WORKED_ON = "proposed or accepted"
ONGOING = "declared or mitigated"
UNRESOLVED = f"{ONGOING} or resolved"
UNCLOSED = f"{UNRESOLVED} or postmortem published"


def sentence(doing: Doing, record: Record) -> str | None:
    """Why it is refused; None when it is not."""
    try:
        do(doing, record.model_copy(deep=True))
    except Refusal as refusal:
        return str(refusal)
    return None


@pytest.mark.parametrize("status", ItemStatus)
@pytest.mark.parametrize(
    ("command", "possible", "done", "having"),
    [
        (Accept(by="ana"), "proposed", "accepted", {}),
        (Accept(by="ana"), WORKED_ON, "accepted", {"owner_wanted": AWAY}),
        (Decline(by="ana", reason=WHY), WORKED_ON, "declined", {}),
        (Reassign(by="ana", to="ben", reason=WHY), WORKED_ON, "reassigned", {}),
        (Extend(by="ana", until=NOW + 11 * DAY, reason=WHY), WORKED_ON, "extended", {}),
        (BlockItem(by="ana", reason=WHY, until=NOW + DAY), WORKED_ON, "blocked", {}),
        (Unblock(by="ana"), WORKED_ON, "unblocked", {"block": WAITS}),
        (SplitItem(by="ana", parts=PARTS), WORKED_ON, "split", {}),
        (MergeItem(by="ana", into=OTHER_ITEM), WORKED_ON, "merged into another", {}),
        (Estimate(by="ana", estimate=3), WORKED_ON, "estimated", {}),
        (Edit(by="ana", title="Test it"), f"{WORKED_ON} or done", "edited", {}),
        (Finish(by="ana", evidence=URL), "accepted", "done", {}),
        (Verify(by="ben"), "done", "verified", {}),
        (Waive(by="carla", reason=WHY), f"{WORKED_ON} or done", "waived", {"waiver": FOR_GOOD}),
        (ReopenItem(by="ben", reason=WHY), "closed or waived", "reopened", {}),
        (
            lambda record: take_in_item(record, DUPLICATE, NOW),
            WORKED_ON,
            f"the one that goes on for {OTHER_ITEM}",
            {},
        ),
    ],
)
def test_an_item_says_in_which_status_a_command_is_possible(
    command: Doing, possible: str, done: str, having: dict[str, Any], status: ItemStatus
) -> None:
    record = item(status=status, evidence=[Evidence(url=URL, by="ana", at=NOW)], **having)
    refused = f"Action item {ITEM} is {status}; only one that is {possible} can be {done}."
    assert sentence(command, record) == (None if status in possible.split(" or ") else refused)


@pytest.mark.parametrize("status", IncidentStatus)
def test_somebody_is_admitted_for_as_long_as_it_is_not_over(status: IncidentStatus) -> None:
    refused = f"Incident {INCIDENT} is {status}; only one that is {UNCLOSED} can be shown to somebody else."
    said = sentence(Admit(by="ana", person="ben"), incident(status=status, private=True))
    assert said == (None if status in UNCLOSED.split(" or ") else refused)


def test_a_waiver_that_ends_can_be_renewed() -> None:
    assert sentence(Waive(by="carla", reason=WHY), item(status=ItemStatus.WAIVED, waiver=EXPIRES)) is None


@pytest.mark.parametrize("status", IncidentStatus)
@pytest.mark.parametrize(
    ("command", "possible", "done"),
    [
        (AssignRole(by="ana", role=Role.RESOLVER, person="ben"), ONGOING, "given roles"),
        (Acknowledge(by="ana"), ONGOING, "acknowledged"),
        (HandOver(by="ana", person="ben", note=WHY), ONGOING, "handed over"),
        (ChangeSeverity(by="ana", severity=Severity.SEV1, reason=WHY), ONGOING, "given another severity"),
        (
            SendUpdate(by="ana", stage=UpdateStage.IDENTIFIED, audience=Audience.INTERNAL, text=WHY),
            UNCLOSED,
            "updated on",
        ),
        (Subscribe(by="ana"), UNCLOSED, "subscribed to"),
        (Unsubscribe(by="ana"), UNCLOSED, "unsubscribed from"),
        (Mitigate(by="ana", summary=WHY), "declared", "mitigated"),
        (Resolve(by="ana", summary=WHY), ONGOING, "resolved"),
        (Cancel(by="ana", reason=WHY), ONGOING, "cancelled"),
        (ProposeItem(by="ana", title="Alert on it", owner="ana"), UNCLOSED, "given action items"),
        (ChooseFormat(by="ana", format=FormatName.SHORT), UNRESOLVED, "given a postmortem format"),
        (AssignPostmortem(by="ana", to="ben", reason=WHY), "resolved", "given another postmortem owner"),
        (SubmitPostmortem(by="ana", text=WHY), "resolved", "given a postmortem"),
        (ReviewPostmortem(by="ana"), "resolved", "given a review of its postmortem"),
        (Publish(by="ana"), "resolved", "given a postmortem"),
        (Merge(by="ana", into=OTHER), UNRESOLVED, "merged into another"),
        (Split(by="ana", title="Refunds fail", reason=WHY), UNRESOLVED, "split"),
        (CorrectTimes(by="ana", declared_at=NOW - DAY, reason=WHY), UNCLOSED, "given other times"),
        (ChangePrivacy(by="ana", private=True, reason=WHY), UNCLOSED, "made private or open"),
        (Reopen(by="ana", reason=WHY), "resolved or postmortem published or closed or cancelled", "reopened"),
        (
            lambda record: take_in(record, Continued.of(incident(2)), NOW),
            ONGOING,
            f"merged with {OTHER}, which is declared",
        ),
        (
            lambda record: take_in(record, Continued.of(incident(2, status=IncidentStatus.RESOLVED)), NOW),
            UNRESOLVED,
            f"merged with {OTHER}, which is resolved",
        ),
    ],
)
def test_an_incident_says_in_which_status_a_command_is_possible(
    command: Doing, possible: str, done: str, status: IncidentStatus
) -> None:
    record = incident(
        status=status,
        roles=[RoleHolder(role=Role.INCIDENT_COMMANDER, person="ana", at=NOW)],
        postmortem=Postmortem(text="What happened", by="carla", at=NOW),
        postmortem_owner="carla",
    )
    refused = f"Incident {INCIDENT} is {status}; only one that is {possible} can be {done}."
    assert sentence(command, record) == (None if status in possible.split(" or ") else refused)
