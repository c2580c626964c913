"""What the commands print, without a service."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from followthrough.cli import app
from followthrough.cli.drawing import readable, table
from followthrough.cli.planning import drawn_planning
from followthrough.cli.record_words import STEPS, detail, outcome, steps
from followthrough.cli.service import findings_table, troubles_table
from followthrough.cli.words import one_of
from followthrough.cli.work import drawn_work
from followthrough.domain.answered.choices import NAMES
from followthrough.domain.answered.incident.choices import INCIDENT_CHOICES
from followthrough.domain.answered.item.choices import ITEM_CHOICES
from followthrough.domain.replayed.incident.alert import Alert, AlertState
from followthrough.domain.replayed.incident.incident import Incident, RoleHolder
from followthrough.domain.replayed.item.action_item import ActionItem, ItemPlan, ItemPolicy
from followthrough.domain.replayed.names import (
    IncidentStatus,
    ItemStatus,
    Kind,
    Priority,
    Role,
    Severity,
    UpdateStage,
)

ID = "inc-" + "7f3a" * 5
NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
NEXT = "reminds Ana tomorrow 09:00 (Europe/Madrid)"


def printed(drawn: Any, width: int = 200, *, terminal: bool = False) -> str:
    console = Console(width=width, force_terminal=terminal, color_system=None, highlight=False)
    with console.capture() as capture:
        console.print(drawn, crop=False)
    return capture.get()


def incident(**fields: Any) -> dict[str, Any]:
    role = RoleHolder(role=Role.INCIDENT_COMMANDER, person="ines", at=NOW)
    alert = Alert(
        dedup_key="k",
        source="generic",
        state=AlertState.FIRING,
        title="x",
        at=NOW,
        summary="12 % fail",
        labels={"a": "b"},
    )
    known: dict[str, Any] = {"dedup_key": "k", "title": "Payments fail", "service": "checkout", "team": "payments"}
    known |= {"severity": Severity.SEV2, "declared_at": NOW, "roles": [role], "alert": alert}
    dumped = Incident(id=ID, **(known | fields)).model_dump(mode="json")
    return {**dumped, "next_in_words": NEXT, "you": "ines", "you_may": [], "timeline": []}


def item(**fields: Any) -> dict[str, Any]:
    policy = ItemPolicy(approvers=("marcos",), verified_by_other=True, max_extensions=1, max_extension_days=5)
    plan = ItemPlan(policy=policy, accept_by=NOW, due=NOW + timedelta(days=9), next=None)
    known: dict[str, Any] = {"incident_id": ID, "title": "Add a test", "kind": Kind.PREVENT, "owner": "tomas"}
    known |= {"priority": Priority.HIGH, "severity": Severity.SEV2, "service": "checkout", "team": "payments"}
    known |= {"proposed_by": "ines", "proposed_at": NOW, "plan": plan}
    dumped = ActionItem(id=f"{ID}.1", **(known | fields)).model_dump(mode="json")
    around = {"next_in_words": NEXT, "you": "tomas", "you_may": ["accept", "decline"]}
    return {**dumped, **around, "timeline": [], "time_zone": "Europe/Madrid"}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2026-03-02T09:15:30.123456Z", "2026-03-02 09:15 UTC"),
        ("2026-03-02T09:15:30+01:00", "2026-03-02 08:15 UTC"),
        ("2026-03-02", "2026-03-02"),
        ("Nobody knowT what happened", "Nobody knowT what happened"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
        ("9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59-14:00"),
        (["ines", "tomas"], "ines, tomas"),
        ("two\nlines", "two lines"),
        (None, "-"),
        (3, "3"),
    ],
)
def test_times_say_their_zone(value: Any, words: str) -> None:
    assert readable(value) == words


def test_a_drill_is_marked_in_lists_and_alone() -> None:
    drill, real = incident(drill=True), incident()
    assert "DRILL Payments fail" in printed(table(("id", "title"), [drill]))
    assert "DRILL" in printed(detail(drill))
    assert "DRILL" not in printed(table(("id", "title"), [real])) + printed(detail(real))


@pytest.mark.parametrize(("sprints", "words"), [(True, "Sprint of 2026-03-02"), (False, "team without sprints")])
def test_a_team_without_sprints_has_a_list_and_no_sprint(sprints: bool, words: str) -> None:
    plan = {"sprints": sprints, "first_day": "2026-03-02", "planning_at": "2026-03-02T09:00:00Z"}
    answer = {"plan": plan, "proposal": {"share": None, "lines": []}, "progress": None}
    said = printed(drawn_planning(answer))
    assert words in said
    assert "2026-03-02 09:00 UTC" in said
    assert ("Sprint" in said) is sprints


@pytest.mark.parametrize("width", [10, 40, 60, 80, 100, 200])
@pytest.mark.parametrize("terminal", [True, False])
def test_ids_are_whole_at_any_width_and_in_a_pipe(width: int, terminal: bool) -> None:
    row = {"id": f"{ID}.12", "severity": "SEV1", "status": "postmortem published"}
    row |= {"service": "card-payments", "declared_at": "2026-03-02T09:15:30Z", "title": "Payments fail " * 9}
    said = printed(table(tuple(row), [row, row]), width, terminal=terminal)
    assert said.count(f"{ID}.12") == 2
    if not terminal:
        assert len(said.splitlines()) == 3


@pytest.mark.parametrize("width", [40, 100])
def test_nothing_in_a_terminal_is_wider_than_it(width: int) -> None:
    row = {"id": f"{ID}.12", "status": "accepted", "owner": "ines", "title": "Payments fail " * 9}
    said = printed(table(tuple(row), [row]), width, terminal=True)
    assert max(map(len, said.splitlines())) <= width
    assert "Payments fail" in said


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_a_year_out_of_reach_is_refused_in_words(year: str) -> None:
    said = CliRunner().invoke(app, ["note", ID, "x", "--by", "ines", "--at", f"{year}-01-01T00:00"])
    assert said.exit_code == 2
    assert "the year has to be from 2000 to 2199" in " ".join(said.output.split())


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("ic", Role.INCIDENT_COMMANDER),
        ("Commander", Role.INCIDENT_COMMANDER),
        ("incident-commander", Role.INCIDENT_COMMANDER),
        ("comms", Role.COMMS_LEAD),
        ("COMMS_LEAD", Role.COMMS_LEAD),
        ("resolver", Role.RESOLVER),
        ("in progress", ItemStatus.ACCEPTED),
        ("In-Progress", ItemStatus.ACCEPTED),
        ("closed", ItemStatus.CLOSED),
        ("published", IncidentStatus.PUBLISHED),
        ("open", IncidentStatus.DECLARED),
        ("sev2", Severity.SEV2),
        ("2", Severity.SEV2),
        ("inv", UpdateStage.INVESTIGATING),
        ("med", Priority.MEDIUM),
    ],
)
def test_words_are_taken_as_people_write_them(typed: str, word: Any) -> None:
    assert one_of(type(word))(typed) is word


@pytest.mark.parametrize(("words", "typed"), [(Role, "boss"), (UpdateStage, "i"), (Severity, ""), (ItemStatus, "sev1")])
def test_another_word_is_refused_with_those_that_there_are(words: Any, typed: str) -> None:
    with pytest.raises(typer.BadParameter, match=next(iter(words)).value):
        one_of(words)(typed)


def test_an_incident_is_shown_with_what_a_person_needs_and_without_internals() -> None:
    said = printed(detail(incident()))
    for words in (
        f"{ID}  Payments fail",
        "SEV2, declared 2026-03-02 09:15 UTC,",
        "by a pager",
        "Incident Commander: ines, who has not acknowledged it yet",
        "Alert: 12 % fail",
        "Followthrough reminds Ana tomorrow 09:00 (Europe/Madrid)",
        f"followthrough note {ID} TEXT",
    ):
        assert words in said
    for internal in ("dedup_key", "version", "carried_out", "heard", "fence"):
        assert internal not in said


def test_a_timeline_has_people_by_their_names() -> None:
    entry = {"at": NOW.isoformat(), "text": "Escalated", "author": None, "author_name": None}
    known = incident() | {"timeline": [entry | {"author": "ines", "author_name": "Inés Robles"}, entry]}
    lines = printed(detail(known)).partition("Timeline")[2].splitlines()
    assert [line.split() for line in lines[-2:]] == [
        ["2026-03-02", "09:15", "UTC", "Inés", "Robles", "Escalated"],
        ["2026-03-02", "09:15", "UTC", "-", "Escalated"],
    ]


def test_an_action_item_is_shown_with_owner_deadline_what_comes_next_and_what_one_may_do() -> None:
    said = printed(detail(item()))
    for words in (
        "proposed, owned by tomas, proposed by ines",
        "To accept by 2026-03-02 09:15 UTC",
        "Due 2026-03-11 09:15 UTC",
        "Followthrough reminds Ana",
        f"followthrough accept {ID}.1",
        f"followthrough decline {ID}.1 REASON",
    ):
        assert words in said
    for internal in ("version", "told", "entries", "escalation_level"):
        assert internal not in said


def test_after_a_command_it_is_said_where_things_are_and_what_comes_next() -> None:
    said = outcome(item())
    assert said[0] == f"{ID}.1 is proposed."
    assert said[1].startswith("tomas owns “Add a test”, due 2026-03-11 09:15 UTC")
    assert said[2] == "Next, unless somebody acts: Followthrough reminds Ana tomorrow 09:00 (Europe/Madrid)."
    assert said[3] == f"You may: followthrough accept {ID}.1"
    ended = item(status=ItemStatus.CLOSED, ended_at=NOW) | {"next_in_words": "", "you_may": []}
    assert outcome(ended) == [f"{ID}.1 is closed.", "Nothing more comes of it unless somebody reopens it."]


def test_who_has_a_role_is_shown_its_commands() -> None:
    has = RoleHolder(role=Role.INCIDENT_COMMANDER, person="ines", at=NOW, acknowledged_at=NOW)
    known = incident(roles=[has])
    assert f"followthrough resolve {ID} WHAT-ENDED-IT" in steps(known)
    assert f"followthrough resolve {ID} WHAT-ENDED-IT" not in steps(known | {"you": "tomas"})


@pytest.mark.parametrize(
    ("wanted", "step", "command"),
    [
        ("to answer", "", f"followthrough postmortem comments {ID}"),
        ("postmortem", "", f"followthrough show {ID}"),
        ("to publish", "publish-postmortem", f"followthrough postmortem publish {ID}"),
    ],
)
def test_what_waits_for_somebody_is_printed_with_the_command_that_goes_on_with_it(
    wanted: str, step: str, command: str
) -> None:
    known: dict[str, Any] = {"id": ID, "title": "Payments fail", "drill": False, "until": None, "late": False}
    drawn = printed(drawn_work([{**known, "wanted": wanted, "why": "It waits", "step": step}]))
    assert [line.strip() for line in drawn.splitlines()] == [f"{ID}  Payments fail", "It waits", command]


def test_each_choice_has_a_command_that_exists() -> None:
    of_items, of_incidents = ({one.choice.name for one in ITEM_CHOICES}, {one.choice.name for one in INCIDENT_CHOICES})
    assert STEPS.keys() >= {*NAMES, *of_items, *of_incidents}
    known = CliRunner().invoke(app, ["-h"], env={"COLUMNS": "200"}).output
    assert [step for step in STEPS.values() if f"│ {step.split()[0]} " not in known] == []


@pytest.mark.parametrize(("draw", "about"), [(findings_table, "subject"), (troubles_table, "kind")])
def test_what_doctor_and_trouble_say_to_set_is_whole_in_a_narrow_terminal(draw: Any, about: str) -> None:
    setting = "FOLLOWTHROUGH_PAGERDUTY_ROUTING_KEY"
    row = {"state": "missing", about: "PagerDuty", "sentence": "Nobody is paged.", "what_to_do": f"Set {setting}."}
    assert setting in "".join(printed(draw([row]), 40, terminal=True).split())


def test_no_trouble_is_said_in_a_sentence() -> None:
    assert printed(troubles_table([])) == "None: all workflows get on, and every mail went out.\n"
