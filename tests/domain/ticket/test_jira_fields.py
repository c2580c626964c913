from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followthrough.domain.answered.organisation.organisation import JiraProject
from followthrough.domain.answered.ticket.jira_fields import (
    ScreenField,
    asked_for,
    file_fields,
    read_screen,
    read_transition,
    resolution,
    transition_fields,
)
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.domain.replayed.values import Refusal
from tests.standins.jira_data import screen_field, usual_screen

TEXTAREA = "com.atlassian.jira.plugin.system.customfieldtypes:textarea"
ACCOUNTS = {"ana": "5b10ana"}


def screen(*fields: dict[str, Any], cloud: bool = True) -> dict[str, ScreenField]:
    return read_screen([*usual_screen(cloud).values(), *fields])


def given_fields(shown: dict[str, ScreenField], *, cloud: bool = True, **project: Any) -> dict[str, Any]:
    return file_fields(shown, JiraProject(project="PAY", **project), cloud=cloud, accounts=ACCOUNTS)


def refusal(shown: dict[str, ScreenField], **project: Any) -> str:
    with pytest.raises(Refusal) as caught:
        given_fields(shown, **project)
    return str(caught.value)


@pytest.mark.parametrize(
    ("field", "written", "sent"),
    [
        (screen_field("cf1", "Squad", "option", allowed=("Payments", "Refunds")), "Payments", {"value": "Payments"}),
        (screen_field("cf1", "Squad", "array", items="option"), ["A", "B"], [{"value": "A"}, {"value": "B"}]),
        (screen_field("cf1", "Squad", "array", items="option"), "A", [{"value": "A"}]),
        (
            screen_field("cf1", "Area", "option-with-child"),
            ["Shop", "Cart"],
            {"value": "Shop", "child": {"value": "Cart"}},
        ),
        (screen_field("cf1", "Reviewer", "user"), "ana", {"accountId": "5b10ana"}),
        (screen_field("cf1", "Reviewers", "array", items="user"), ["5b10x"], [{"accountId": "5b10x"}]),
        (screen_field("cf1", "Size", "number"), 3, 3),
        (screen_field("cf1", "Code", "string"), 42, "42"),
        (screen_field("cf1", "Fix version", "array", items="version"), "2.0", [{"name": "2.0"}]),
        (screen_field("cf1", "Team", "team"), "36885b3c", "36885b3c"),
        (screen_field("cf1", "Anything", "any"), {"id": "10001"}, {"id": "10001"}),
    ],
)
def test_values_take_the_shape_of_their_field(field: dict[str, Any], written: Any, sent: Any) -> None:
    assert given_fields(screen(field), fields={field["name"]: written}) == {"cf1": sent}
    assert given_fields(screen(field), fields={"cf1": written}) == {"cf1": sent}


def test_people_and_long_texts_are_written_in_the_way_of_each_jira() -> None:
    fields = screen_field("cf1", "Reviewer", "user"), screen_field("cf2", "Cause", "string", custom=TEXTAREA)
    written = {"Reviewer": "ana", "Cause": "A full disk"}
    cloud = given_fields(screen(*fields), fields=written)
    assert (cloud["cf1"], cloud["cf2"]["type"]) == ({"accountId": "5b10ana"}, "doc")
    assert given_fields(screen(*fields, cloud=False), cloud=False, fields=written) == {
        "cf1": {"name": "5b10ana"},
        "cf2": "A full disk",
    }


def test_a_parent_is_a_parent_on_cloud_and_an_epic_link_on_data_center() -> None:
    assert given_fields(screen(), parent="PAY-1") == {"parent": {"key": "PAY-1"}}
    assert given_fields(screen(cloud=False), cloud=False, parent="PAY-1") == {"customfield_10008": "PAY-1"}


def test_one_sentence_says_what_is_required_what_is_allowed_and_what_to_write() -> None:
    squad = screen_field("cf1", "Squad", "option", required=True, allowed=("Payments", "Refunds"))
    cause = screen_field("cf2", "Root cause", "string", required=True)
    filled = screen_field("cf3", "Region", "option", required=True, default=True)
    assert refusal(screen(squad, cause, filled)) == (
        "Tickets in Jira's project PAY can't be made as the organisation file says under `jira`: it requires "
        "Squad (Payments, Refunds); Root cause: add a line like `fields: {Squad: Payments, Root cause: …}`."
    )


def test_a_long_list_of_allowed_values_is_cut() -> None:
    squad = screen_field("cf1", "Squad", "option", required=True, allowed=[f"S{number}" for number in range(30)])
    assert "S9 and 20 more)" in refusal(screen(squad))


@pytest.mark.parametrize(
    ("project", "words"),
    [
        ({"fields": {"Squat": "A"}}, "it has no Squat, only Assignee, Components"),
        ({"fields": {"twin": "A"}}, "twin is each of cf1, cf2: use one of these"),
        ({"components": ["queue", "cart"]}, "Components can't be cart, only queue, refunds"),
        ({"priorities": {"high": "P1"}}, "Priority can't be P1, only Highest, High, Medium, Low, Lowest"),
    ],
)
def test_what_jira_would_not_take_is_said_before(project: dict[str, Any], words: str) -> None:
    twins = screen_field("cf1", "Twin", "string"), screen_field("cf2", "Twin", "string")
    assert words in refusal(screen(*twins), **project)


def test_tickets_need_labels_to_be_found() -> None:
    shown = screen()
    del shown["labels"]
    assert "no field Labels" in refusal(shown)


@given(st.dictionaries(st.from_regex(r"cf[0-9]{1,4}", fullmatch=True), st.tuples(st.booleans(), st.booleans())))
def test_each_required_field_is_given_or_asked_for(fields: dict[str, tuple[bool, bool]]) -> None:
    shown = screen(*(screen_field(name, name, "string", required=required) for name, (required, _) in fields.items()))
    written = {name: "x" for name, (_, given_in_file) in fields.items() if given_in_file}
    missing = {name for name, (required, given_in_file) in fields.items() if required and not given_in_file}
    if missing:
        assert all(name in refusal(shown, fields=written) for name in missing)
    else:
        assert given_fields(shown, fields=written) == written


NOT_DONE = ("Won't Do", "Declined", "Duplicate")


@pytest.mark.parametrize(
    ("status", "allowed", "chosen"),
    [
        (ItemStatus.CLOSED, ("Won't Do", "Fixed", "Done"), "Done"),
        (ItemStatus.CLOSED, ("Won't Do", "Erledigt"), "Erledigt"),
        (ItemStatus.CLOSED, ("Won't Do",), None),
        (ItemStatus.WAIVED, ("Done", "Declined", "Duplicate"), "Declined"),
        (ItemStatus.WAIVED, ("Done",), "Done"),
        (ItemStatus.MERGED, ("Done", "Won't Do", "Duplicate"), "Duplicate"),
        (ItemStatus.SPLIT, ("Done", "Won't Do", "Duplicate"), "Won't Do"),
    ],
)
def test_the_resolution_says_how_an_item_ended(
    status: ItemStatus, allowed: tuple[str, ...], chosen: str | None
) -> None:
    assert resolution(allowed, status, NOT_DONE) == chosen


def test_a_transition_gets_those_of_the_given_fields_that_its_screen_has() -> None:
    shown = screen(screen_field("customfield_10042", "Root cause", "option", allowed=("Code", "Config")))
    given_values = {"root cause": "Code", "Tested by": "ana"}
    assert transition_fields(shown, given_values, cloud=True, accounts={}) == {"customfield_10042": {"value": "Code"}}
    with pytest.raises(Refusal, match="Root cause can't be People, only Code, Config"):
        transition_fields(shown, {"Root cause": "People"}, cloud=True, accounts={})


def test_a_screen_is_read_where_jira_hides_a_part_of_it() -> None:
    shown = read_transition({"customfield_1": {"required": True, "allowedValues": None}, "customfield_2": {}})
    assert asked_for(shown.values(), "done_fields") == (
        "requires customfield_1; customfield_2: add a line like `done_fields: {customfield_1: …, customfield_2: …}`"
    )
