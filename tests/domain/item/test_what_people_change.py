from datetime import timedelta
from typing import Any

import pytest
from pydantic import HttpUrl

from followthrough.domain.replayed.item.action_item import (
    ActionItem,
    Block,
    Comment,
    Evidence,
    EvidenceKind,
    ExtensionWanted,
    ItemStatus,
    Kind,
    OwnerWanted,
    Priority,
    Waiver,
)
from followthrough.domain.replayed.item.commands import (
    Accept,
    ApproveExtension,
    Decline,
    Extend,
    Finish,
    Reassign,
    RefuseExtension,
    Verify,
    Waive,
)
from followthrough.domain.replayed.item.editing import AddComment, Edit
from followthrough.domain.replayed.item.lifecycle import ReopenItem
from followthrough.domain.replayed.limits import COMMENTS
from followthrough.domain.replayed.sprint.commands import Estimate
from followthrough.domain.replayed.sprint.sprint import Sprint
from followthrough.domain.replayed.text import CUT, REASON
from followthrough.domain.replayed.values import EntryKind
from tests.domain.changes import LATER, Change, did
from tests.records import NOW, item

DAY = timedelta(days=1)
ITEM, OTHER = "inc-0000000001.1", "inc-0000000001.2"
URL = HttpUrl("https://example.com/changes/1")
LINE, TICKET, DECISION = EntryKind.ACTION_ITEM, EntryKind.TICKET, EntryKind.DECISION
WANTED = ExtensionWanted(until=NOW + 60 * DAY, reason="Illness", by="ana", at=NOW)
OWNER = OwnerWanted(because="ana is away", since=NOW)
WAITS = Block(reason="The new API", on=OTHER, until=NOW + 9 * DAY, by="ana", at=NOW)
SHOWN = Evidence(url=URL, note="See there", by="ana", at=NOW)
SAID = [Comment(by="ana", at=NOW, text=f"Comment {number}") for number in range(COMMENTS)]
SPRINTS = Sprint(id=1, name="Sprint 1"), Sprint(id=2, name="Sprint 2")

WORKING: dict[str, Any] = {"accepted_at": NOW, "working_since": NOW}
PENDING: dict[str, Any] = {"extension_wanted": WANTED, "owner_wanted": OWNER}
ENDS = {"block": None, "extension_wanted": None, "owner_wanted": None}


def unverified(**changes: Any) -> ActionItem:
    """Where nobody else has to look at the evidence."""
    record = item(**changes)
    policy = record.planned.policy.model_copy(update={"verified_by_other": False})
    record.plan = record.planned.model_copy(update={"policy": policy})
    return record


def finish(**shown: Any) -> Finish:
    return Finish(by="ana", evidence=URL, **shown)


@pytest.mark.parametrize(
    "change",
    [
        Change(
            item(status=ItemStatus.PROPOSED),
            Accept(by="ana"),
            {"status": ItemStatus.ACCEPTED, "accepted_at": LATER, "working_since": LATER},
            ((LINE, "Accepted", "ana"),),
        ),
        Change(
            item(owner_wanted=OWNER),
            Accept(by="ana"),
            {"accepted_at": LATER, "working_since": LATER, "owner_wanted": None},
            ((LINE, "Accepted", "ana"),),
        ),
        Change(
            item(extension_wanted=WANTED, **WORKING),
            Decline(by="ana", reason="No time"),
            {
                "status": ItemStatus.PROPOSED,
                "accepted_at": None,
                "extension_wanted": None,
                "owner_wanted": OwnerWanted(because="ana declined: No time", since=LATER),
            },
            ((LINE, "Declined: No time", "ana"),),
        ),
        Change(
            item(**PENDING, **WORKING),
            Reassign(by="carla", to="ben", reason="He knows it"),
            {
                "owner": "ben",
                "owner_since": LATER,
                "status": ItemStatus.PROPOSED,
                "accepted_at": None,
                "extension_wanted": None,
                "owner_wanted": None,
            },
            ((LINE, "Reassigned from ana to ben: He knows it", "carla"),),
        ),
        Change(
            item(extensions=1, **PENDING),
            Extend(by="ana", until=NOW + 12 * DAY, reason="Illness"),
            {
                "extensions": 2,
                "due": NOW + 12 * DAY,
                "working_since": LATER,
                "extension_wanted": None,
                "owner_wanted": None,
            },
            ((LINE, "Extended to 2026-03-14: Illness", "ana"),),
        ),
        Change(
            item(status=ItemStatus.PROPOSED, **PENDING),
            Extend(by="carla", until=NOW + 60 * DAY, reason="Illness"),
            {"extensions": 1, "due": NOW + 60 * DAY, "working_since": LATER, "extension_wanted": None},
            ((LINE, "Extended to 2026-05-01: Illness", "carla"),),
        ),
        Change(
            item(),
            Extend(by="ana", until=NOW + 60 * DAY, reason="Illness"),
            {"extension_wanted": WANTED.model_copy(update={"at": LATER})},
            ((LINE, "Asked for time until 2026-05-01: Illness", "ana"),),
        ),
        Change(
            item(extension_wanted=WANTED),
            ApproveExtension(by="carla"),
            {"extensions": 1, "due": NOW + 60 * DAY, "working_since": LATER, "extension_wanted": None},
            ((LINE, "Extended to 2026-05-01: Illness", "carla"),),
        ),
        Change(
            item(extension_wanted=WANTED),
            RefuseExtension(by="carla", reason="It can't wait"),
            {"extension_wanted": None},
            ((DECISION, "Not extended to 2026-05-01: It can't wait", "carla"),),
        ),
        Change(
            item(block=WAITS, **PENDING),
            finish(evidence_kind=EvidenceKind.TEST, note="See there"),
            {
                "status": ItemStatus.DONE,
                "done_at": LATER,
                "evidence": [Evidence(url=URL, kind=EvidenceKind.TEST, note="See there", by="ana", at=LATER)],
                **ENDS,
            },
            ((LINE, "Done, evidence (test): https://example.com/changes/1", "ana"),),
        ),
        Change(
            unverified(),
            finish(),
            {
                "status": ItemStatus.CLOSED,
                "done_at": LATER,
                "ended_at": LATER,
                "evidence": [Evidence(url=URL, by="ana", at=LATER)],
            },
            ((LINE, "Done, evidence: https://example.com/changes/1", "ana"),),
        ),
        Change(
            item(plan=None),
            finish(),
            {
                "status": ItemStatus.CLOSED,
                "done_at": LATER,
                "ended_at": LATER,
                "evidence": [Evidence(url=URL, by="ana", at=LATER)],
            },
            ((LINE, "Done, evidence: https://example.com/changes/1", "ana"),),
        ),
        Change(
            item(status=ItemStatus.DONE, evidence=[SHOWN], **PENDING),
            Verify(by="ben", note="Seen"),
            {"status": ItemStatus.CLOSED, "ended_at": LATER, "extension_wanted": None, "owner_wanted": None},
            ((LINE, "Verified. Seen", "ben"),),
        ),
        Change(
            item(status=ItemStatus.DONE, evidence=[SHOWN]),
            Verify(by="ben"),
            {"status": ItemStatus.CLOSED, "ended_at": LATER},
            ((LINE, "Verified.", "ben"),),
        ),
        Change(
            item(status=ItemStatus.DONE, evidence=[SHOWN], done_at=NOW),
            Verify(by="ben", holds=False, note="It still fails"),
            {
                "status": ItemStatus.ACCEPTED,
                "done_at": None,
                "working_since": LATER,
                "evidence": [SHOWN.model_copy(update={"refuted": "It still fails"})],
            },
            ((LINE, "Evidence does not hold. It still fails", "ben"),),
        ),
        Change(
            item(block=WAITS, **PENDING),
            Waive(by="carla", reason="It goes away"),
            {
                "status": ItemStatus.WAIVED,
                "ended_at": LATER,
                "waiver": Waiver(reason="It goes away", by="carla", at=LATER),
                **ENDS,
            },
            ((DECISION, "Waived: It goes away", "carla"),),
        ),
        Change(
            item(),
            Waive(by="carla", reason="It goes away", until=NOW + 60 * DAY),
            {
                "status": ItemStatus.WAIVED,
                "ended_at": LATER,
                "waiver": Waiver(reason="It goes away", by="carla", at=LATER, until=NOW + 60 * DAY),
            },
            ((DECISION, "Waived until 2026-05-01: It goes away", "carla"),),
        ),
        Change(
            item(drill=True),
            Waive(by="carla", reason="It goes away", until=NOW + 60 * DAY),
            {
                "status": ItemStatus.WAIVED,
                "ended_at": LATER,
                "waiver": Waiver(reason="It goes away", by="carla", at=LATER),
            },
            ((DECISION, "Waived: It goes away", "carla"),),
        ),
        Change(
            item(status=ItemStatus.CLOSED, evidence=[SHOWN], sprint=SPRINTS[0], blocks=[OTHER], due=NOW, ended_at=NOW),
            ReopenItem(by="ben", reason="It still fails"),
            {
                "status": ItemStatus.PROPOSED,
                "asked_at": LATER,
                "asked_because": "Reopened: It still fails",
                "evidence": [SHOWN.model_copy(update={"refuted": "It still fails"})],
                "ended_at": None,
                "due": None,
                "sprint": None,
                "blocks": [],
            },
            ((LINE, "Reopened: It still fails", "ben"),),
        ),
        Change(
            item(
                status=ItemStatus.WAIVED,
                evidence=[SHOWN],
                waiver=Waiver(reason="Later", by="carla", at=NOW),
                owner_since=NOW,
                done_at=NOW,
                blocked_at=NOW,
                **WORKING,
            ),
            ReopenItem(by="ben", reason="It is needed"),
            {
                "status": ItemStatus.PROPOSED,
                "asked_at": LATER,
                "asked_because": "Reopened: It is needed",
                "waiver": None,
                **dict.fromkeys(("owner_since", "accepted_at", "working_since", "done_at", "blocked_at")),
            },
            ((LINE, "Reopened: It is needed", "ben"),),
        ),
        Change(
            item(),
            Edit(by="ana", title="Alert on its age", description="See the runbook", hints=("Say where.",)),
            {"title": "Alert on its age", "description": "See the runbook", "edited": 1},
            (
                (
                    LINE,
                    "Edited: title from “Alert on queue depth” to “Alert on its age”; description “See the runbook”",
                    "ana",
                ),
                (LINE, "About the new title: Say where.", None),
            ),
        ),
        Change(
            item(description="See the runbook"),
            Edit(by="ana", title=item().title, description="", priority=Priority.LOW, missing=("a number",)),
            {"description": "", "priority": Priority.LOW, "edited": 1, "latest_due": item().due_at},
            (
                (LINE, "Edited: no description any more, it was “See the runbook”; priority from high to low", "ana"),
                (LINE, "The new title is taken, although it misses: a number", None),
            ),
        ),
        Change(
            item(edited=1, latest_due=NOW, description="One"),
            Edit(by="carla", kind=Kind.PREVENT, description="Two"),
            {"kind": Kind.PREVENT, "description": "Two", "edited": 2, "latest_due": None},
            ((LINE, "Edited: description from “One” to “Two”; kind from detect to prevent", "carla"),),
        ),
        Change(
            item(plan=None),
            Edit(by="ana", kind=Kind.PREVENT),
            {"kind": Kind.PREVENT, "edited": 1},
            ((LINE, "Edited: kind from detect to prevent", "ana"),),
        ),
        Change(
            item(comments=SAID),
            AddComment(by="ben", text="a" * (REASON + 1)),
            {"comments": [*SAID[1:], Comment(by="ben", at=LATER, text="a" * (REASON - len(CUT)) + CUT)]},
            ((EntryKind.NOTE, "a" * (REASON + 1), "ben"),),
        ),
        Change(
            item(),
            Estimate(by="ana", estimate=2.5),
            {"estimate": 2.5},
            ((LINE, "Estimated at 2.5", "ana"),),
        ),
    ],
)
def test_what_people_say_changes_this_and_nothing_else(change: Change) -> None:
    assert did(change.record, change.doing) == (change.changed, change.said)
