from datetime import timedelta

import pytest

from followthrough.domain.answered.incident.schedule import POSTMORTEM_REMINDERS, plan_incident
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.commands import IncidentCommand, ProposeItem, Resolve
from followthrough.domain.replayed.incident.incident import Incident, IncidentPlan, IncidentStatus
from followthrough.domain.replayed.incident.moments import pass_moment
from followthrough.domain.replayed.postmortem.commands import (
    AssignPostmortem,
    ChooseFormat,
    Publish,
    ReviewPostmortem,
    SubmitPostmortem,
)
from followthrough.domain.replayed.postmortem.postmortem import FormatName, ReviewState
from followthrough.domain.replayed.values import EntryKind, Refusal, Severity
from tests.records import NOW, incident

STRICT = IncidentPlan(postmortem_due=NOW, auto_resolve=False, next=None, review_required=True, items_required=True)
SUBMITTED = SubmitPostmortem(by="ines", text="# What broke")
ITEM = ProposeItem(by="ines", title="Add a test for empty baskets", owner="lucia")


def resolved(*commands: IncidentCommand, plan: IncidentPlan = STRICT) -> Incident:
    record = incident(plan=plan)
    for command in (Resolve(by="ines", summary="Rolled back"), *commands):
        command.apply(record, NOW)
    return record


def refusal(command: IncidentCommand, record: Incident) -> str:
    with pytest.raises(Refusal) as refused:
        command.apply(record, NOW)
    return str(refused.value)


def test_a_reviewed_text_is_published_with_its_action_items() -> None:
    record = resolved(ITEM, SUBMITTED, ReviewPostmortem(by="tomas", note="Clear."), Publish(by="ines"))

    assert (record.status, record.published_at) == (IncidentStatus.PUBLISHED, NOW)
    assert record.postmortem is not None
    assert (record.postmortem.text, record.postmortem.state) == ("# What broke", ReviewState.APPROVED)
    assert [entry.text for entry in record.unwritten[-3:]] == [
        "Postmortem submitted for review",
        "Postmortem approved. Clear.",
        "Postmortem published with 1 action item",
    ]


@pytest.mark.parametrize(
    ("before", "publish", "why"),
    [
        ((ITEM,), Publish(by="ines"), "has no text yet"),
        ((ITEM,), Publish(by="ines", text="# New"), "is not submitted for review; at SEV2 somebody other"),
        ((ITEM, SUBMITTED), Publish(by="tomas"), "is waiting for review"),
        ((ITEM, SUBMITTED), Publish(by="ines", text=SUBMITTED.text), "is waiting for review"),
        (
            (ITEM, SUBMITTED, ReviewPostmortem(by="tomas", approved=False, note="Why?")),
            Publish(by="ines"),
            "is returned for changes",
        ),
        ((ITEM, SUBMITTED, ReviewPostmortem(by="tomas"), SUBMITTED), Publish(by="ines"), "is waiting for review"),
        (
            (ITEM, SUBMITTED, ReviewPostmortem(by="tomas")),
            Publish(by="ines", text="# Other"),
            "is not submitted for review",
        ),
        ((SUBMITTED, ReviewPostmortem(by="tomas")), Publish(by="ines"), "has no action items"),
    ],
)
def test_nothing_is_published_before_it_is_ready(
    before: tuple[IncidentCommand, ...], publish: Publish, why: str
) -> None:
    assert why in refusal(publish, resolved(*before))


def test_no_action_items_need_a_reason_and_then_nothing_keeps_the_incident_open() -> None:
    publish = Publish(by="ines", no_items_because="The provider fixed it.")
    record = resolved(SUBMITTED, ReviewPostmortem(by="tomas"), publish)

    assert record.status is IncidentStatus.CLOSED
    assert record.unwritten[-2].text == "Postmortem published without action items: The provider fixed it."


def test_where_no_review_is_required_a_text_is_published_at_once() -> None:
    record = resolved(
        ITEM, Publish(by="ines", text="# What"), plan=STRICT.model_copy(update={"review_required": False})
    )

    assert record.status is IncidentStatus.PUBLISHED


def test_an_author_does_not_review_and_changes_are_named() -> None:
    record = resolved()
    assert "not submitted" in refusal(ReviewPostmortem(by="tomas"), record)
    SUBMITTED.apply(record, NOW)
    assert "somebody else reviews it" in refusal(ReviewPostmortem(by="ines"), record)
    assert "Say in a note" in refusal(ReviewPostmortem(by="tomas", approved=False), record)


@pytest.mark.parametrize(
    ("blaming", "recorded"), [(0, []), (2, ["Blameless wording overridden for 2 sentences: It is a quote."])]
)
def test_an_override_is_recorded_when_it_was_needed(blaming: int, recorded: list[str]) -> None:
    record = resolved(SUBMITTED.model_copy(update={"override": "It is a quote.", "blaming": blaming}))

    assert [entry.text for entry in record.unwritten if entry.kind is EntryKind.DECISION] == recorded


@pytest.mark.parametrize(
    ("severity", "owner", "review"),
    [(Severity.SEV1, "ines", True), (Severity.SEV3, "ines", False), (Severity.SEV4, None, False)],
)
def test_the_organisation_file_says_what_is_owed(
    severity: Severity, owner: str | None, review: bool, organisation: Organisation
) -> None:
    record = incident(severity=severity)
    assert plan_incident(record, organisation, NOW).assignment is None
    Resolve(by="ines", summary="Rolled back").apply(record, NOW)

    plan = plan_incident(record, organisation, NOW, [FormatName.FIVE_WHYS])

    assert (plan.assignment.owner if plan.assignment else None) == owner
    assert plan.review_required == review
    if plan.assignment is not None:
        short = severity is Severity.SEV3
        assert plan.assignment.format is (FormatName.SHORT if short else FormatName.TIMELINE_WALK)


def test_a_chosen_format_stays_and_the_new_owner_is_the_one_reminded(organisation: Organisation) -> None:
    record = resolved(ChooseFormat(by="ines", format=FormatName.SHORT))
    assert "owes no postmortem" in refusal(AssignPostmortem(by="ines", to="sam", reason="Wrote the fix"), record)
    assignment = plan_incident(record, organisation, NOW).assignment
    assert assignment is not None
    record.assign_postmortem(NOW, assignment)
    AssignPostmortem(by="ines", to="sam", reason="Wrote the fix").apply(record, NOW)

    while (moment := plan_incident(record, organisation, NOW + timedelta(days=60)).next) is not None:
        pass_moment(record, moment, NOW)
        if moment.kind in POSTMORTEM_REMINDERS:
            break

    assert (record.postmortem_format, record.postmortem_owner) == (FormatName.SHORT, "sam")
    assert plan_incident(record, organisation, NOW).assignment is None
    assert record.moments[-1].to == ("sam",)
    assert "already belongs to sam" in refusal(AssignPostmortem(by="ines", to="sam", reason="Again"), record)
