import json
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, time
from itertools import cycle
from pathlib import Path

import jsonschema
import pytest
import yaml

from followthrough.domain.answered.organisation.organisation import Organisation, Sprints
from followthrough.organisation_file import (
    OrganisationError,
    OrganisationFile,
    Yaml12Loader,
    cautions,
    json_schema,
    load,
)

EXAMPLE = Path("followthrough.example.yaml")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "followthrough.yaml"
    path.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    return path


def change(path: Path, before: str, after: str) -> int:
    """Replaces the first occurrence and gives the number of its first line."""
    text = path.read_text(encoding="utf-8")
    start = text.index(before)
    path.write_text(text[:start] + after + text[start + len(before) :], encoding="utf-8")
    return text.count("\n", 0, start) + 1


def test_the_example_has_both_ways_of_working_and_managers_up_to_the_top(organisation: Organisation) -> None:
    assert [team.sprints is not None for team in organisation.teams.values()] == [True, False]
    assert organisation.managers("ines") == ("marcos", "nora")
    assert organisation.managers("nora") == ()
    assert organisation.managers("somebody who left") == ()
    assert {severity.postmortem_within is None for severity in organisation.severities.values()} == {True, False}


def test_a_record_of_a_team_that_is_gone_belongs_to_who_took_over(organisation: Organisation) -> None:
    assert organisation.team("dissolved", "storefront") is organisation.teams["platform"]
    assert organisation.team("dissolved", "retired") is organisation.teams["payments"]


def test_the_committed_schema_is_current_and_the_example_follows_it() -> None:
    schema = json.loads(Path("followthrough.schema.json").read_text(encoding="utf-8"))
    assert schema == json_schema(), (
        "run: .venv/bin/python -m followthrough.organisation_file > followthrough.schema.json"
    )
    jsonschema.Draft202012Validator(schema).validate(yaml.load(EXAMPLE.read_text(encoding="utf-8"), Yaml12Loader))


@pytest.mark.parametrize(
    ("before", "after", "error"),
    [
        ("manager: nora ", "manager: norah ", "people.marcos.manager: 'norah' is not under people; add it there or"),
        ("email: ines@example.com", "email: ines", "people.ines.email: value is not a valid email address"),
        (
            "time_zone: Europe/Madrid",
            "time_zone: Madrid",
            "people.marcos.time_zone: 'Madrid' is not a time zone; write",
        ),
        ("lead: marcos", "lead: mark", "teams.payments.lead: 'mark' is not under people"),
        (
            "members: [ines, tomas, lucia]",
            "members: [ines, tom]",
            "teams.payments.members.1: 'tom' is not under people",
        ),
        (
            "lead: marcos",
            "leads: marcos",
            "teams.payments.leads: is not known here; correct its spelling or remove it.",
        ),
        ("country: ES ", "country: Spain ", "teams.payments.holidays.country: 'Spain' is no country whose holidays"),
        (
            "members: [sam, wei]",
            "members: sam",
            "teams.platform.members: has to be a list; write it like [first, second].",
        ),
        ("mon, tue", "monday, tue", "teams.platform.working_days.0: Input should be 'mon'"),
        ("team: payments", "team: payment", "services.checkout.team: 'payment' is not under teams"),
        ("on_call: [wei, sam]", "on_call: []", "services.database.on_call: is empty; add at least one."),
        ("escalation_path: [grace]", "escalation_path: [gr]", "services.database.escalation_path.0: 'gr' is not under"),
        ("acknowledge_within: 5m", "acknowledge_within: 5", "severities.SEV1.acknowledge_within: 5 is not a duration"),
        ("customers: 30m", "customers: soon", "severities.SEV1.updates.customers: 'soon' is not a duration; write it"),
        ("customers: 1h", "clients: 1h", "severities.SEV2.updates.clients: Input should be 'customers'"),
        ("service: database", "service: databases", "routes.1.service: 'databases' is not under services"),
        (
            "alertname: PostgresDown",
            "alertname: 1",
            "routes.1.match.alertname: has to be text; put the value in quotes.",
        ),
        ("      waits: [1 day, 3 days, 7 days]", "      waits: []", "policies.items.ladder.waits: is empty"),
        (
            "acknowledge_within: 5m",
            "acknowledge_within: 99999999 days",
            "severities.SEV1.acknowledge_within: '99999999",
        ),
        (
            "    first_day: ",
            "    first_day: 9999-12-31 # ",
            "teams.payments.sprints.first_day: 9999-12-31 is out of reach; the year has to be from 2000 to 2199.",
        ),
        (
            "    time_zone: Europe/Madrid",
            "    left: 0001-01-01",
            "people.marcos.left: 0001-01-01 is out of reach; the year has to be from 2000 to 2199.",
        ),
        ("  marcos:\n", "  7:\n", "people.7: has to be text; put the value in quotes."),
        ("  marcos:\n", "  007:\n", "people.007: has to be text; put the value in quotes."),
        (
            'phone: "+46 70 174 06 05"',
            "phone: 0891234567",
            "people.nora.phone: has to be text; put the value in quotes.",
        ),
        ('phone: "+46 70 174 06 05"', "phone: +46701740605", "people.nora.phone: has to be text; put the value in"),
        ("board: 12\n", "board: 012\n", "teams.payments.jira.board: has to be a whole number; write it without quotes"),
        ("board: 12\n", f"board: {'1' * 5000}\n", "teams.payments.jira.board: has to be a whole number"),
        ("capacity: 40 ", "capacity: 040 ", "teams.payments.sprints.capacity: has to be a number; write it without"),
        ("planning: 10:00", "planning: 1000", "teams.payments.sprints.planning: 1000 is not a time; write it like"),
        ("start: 2026-01-05", "start: 20260105", "services.card-payments.rota.start: has to be a day; write it like"),
        ("acknowledge_within: 5m", f"acknowledge_within: {'9' * 20} days", "severities.SEV1.acknowledge_within: '999"),
        (
            "labels: [incident-follow-up]",
            "labels: [incident follow up]",
            "teams.payments.jira.labels.0: 'incident follow up' has a space, which Jira takes in no label; write it",
        ),
        ("labels: [incident-follow-up]", 'labels: [""]', "teams.payments.jira.labels.0: is empty; write a label"),
        ("capacity: 40", "capacity: 1e400", "teams.payments.sprints.capacity: Input should be a finite number."),
        (
            "subdivision: MD",
            "subdivision: MAD",
            "teams.payments.holidays.subdivision: 'MAD' is not one of the regions of ES: AN, ",
        ),
        (
            "# fields: {Squad: Reliability}",
            "fields: {Squad: 012}",
            "teams.payments.jira.fields.Squad: input was not a valid JSON value",
        ),
        ("services:\n", "servers:\n", "servers: is not known here; correct its spelling or remove it."),
    ],
)
def test_an_error_names_its_line_what_is_wrong_and_what_to_do(file: Path, before: str, after: str, error: str) -> None:
    line = change(file, before, after)
    with pytest.raises(OrganisationError) as raised:
        load(file)
    assert any(message.startswith(f"{file}:{line}: {error}") for message in raised.value.errors), str(raised.value)
    assert all(message.endswith(".") for message in raised.value.errors)


def test_everything_that_is_wrong_is_listed_in_the_order_of_the_file(file: Path) -> None:
    circle = change(file, "    # No manager: escalations end with her.", "    manager: ines")
    missing = change(file, "  tomas:\n    name: Tomás Ferrer\n", "  tomas:\n")
    incomplete = change(file, "    due_within:  ", "    due_within: ") + 2
    change(file, "{high: 15, medium: 30, low: 45}", "{high: 15}")
    with pytest.raises(OrganisationError) as raised:
        load(file)
    assert [message.removeprefix(f"{file}:") for message in raised.value.errors] == [
        f"{missing}: people.tomas.name: is missing; add it.",
        f"{incomplete}: policies.items.due_within.SEV2: medium, low is missing; add it.",
    ]
    change(file, "  tomas:\n", "  tomas:\n    name: Tomás Ferrer\n")
    with pytest.raises(
        OrganisationError, match=rf":{circle}: people.nora.manager: the managers above this person lead"
    ):
        load(file)


def test_a_severity_that_is_left_out_is_named(file: Path) -> None:
    change(file, "  SEV4:\n    description: Hardly anybody notices\n    acknowledge_within: 8h\n", "")
    line = change(file, "severities:", "severities:")
    with pytest.raises(OrganisationError, match=f":{line}: severities: SEV4 is missing; add it"):
        load(file)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"people: [ana\n", ":2: expected ',' or ']', but got '<stream end>'."),
        (b"name: a\npeople: {}\nname: b\n", ":3: the key 'name' comes a second time; keep one of the two."),
        (b"name: !!python/object:os.system x\n", ":1: could not determine a constructor for the tag"),
        (b"? [a, b]\n: c\n", ":1: found unhashable key."),
        (b"- ana\n", ":1: holds no organisation; start from a copy of followthrough.example.yaml."),
        (b"", ":1: holds no organisation; start from a copy of followthrough.example.yaml."),
        (b"people:\n\tnora: {}\n", ":2: found character '\\t' that cannot start any token."),
        (b"name: a\n---\nname: b\n", ":2: but found another document."),
        (b"name: a\nteams: !!float x\n", ":2: 'x' is no float."),
        (b"name: a\nteams: !!bool x\n", ":2: 'x' is no bool."),
        (b"name: a\nteams: !!timestamp x\n", ":2: 'x' is no timestamp."),
        (b"name: " + b"[" * 1_000, ":1: is nested too deeply; close what is open."),
        (b"# \n" * 2_000_000, ":1: has 6 MB, and may have 5; shorten it."),
        (b"name: a\nlead: \xff\n", ":2: is not UTF-8 text; save it as UTF-8."),
        ("name: a\n".encode("utf-16"), ":1: is not UTF-8 text; save it as UTF-8."),
        (b"name: a\nlead: \x00\n", ":2: the character U+0000 can't stand in YAML; remove it."),
        (None, ": can't be read (No such file or directory); start from a copy of followthrough.example.yaml."),
    ],
)
def test_what_is_no_organisation_file_at_all_gets_one_sentence(file: Path, content: bytes | None, error: str) -> None:
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    with pytest.raises(OrganisationError) as raised:
        load(file)
    assert len(raised.value.errors) == 1
    assert str(raised.value).startswith(f"{file}{error}")


def test_norway_is_a_country_and_ten_is_a_time(file: Path) -> None:
    change(file, "country: US\n      subdivision: NY", "country: NO")
    team = load(file).teams["platform"]
    assert team.holidays.country == "NO"
    expected = Sprints(first_day=date(2026, 1, 12), weeks=2, planning=time(10), capacity=40)
    assert load(file).teams["payments"].sprints == expected


def test_what_yaml_1_1_took_for_truths_is_text(file: Path) -> None:
    change(file, "labels: [incident-follow-up]", "labels: [on, off, yes, no, y, n]")
    jira = load(file).teams["payments"].jira
    assert jira is not None
    assert jira.labels == ("on", "off", "yes", "no", "y", "n")


def problems(file: Path) -> list[str]:
    try:
        load(file)
    except OrganisationError as error:
        return error.errors
    return []


def test_whatever_stands_anywhere_ends_in_sentences_with_lines(file: Path) -> None:
    example = EXAMPLE.read_text(encoding="utf-8").splitlines(keepends=True)
    sampled = range(0, len(example), 7)
    for number, value in zip(sampled, cycle(["012", "~", "[1]", "!!int a", "true"]), strict=False):
        line = example[number]
        key, colon, _ = line.partition(": ")
        if not colon or key.lstrip().startswith("#"):
            continue
        file.write_text("".join([*example[:number], f"{key}: {value}\n", *example[number + 1 :]]), encoding="utf-8")
        said = problems(file)
        assert all(re.match(rf"{re.escape(str(file))}:\d+: .*\.$", sentence) for sentence in said), (line, said)


@pytest.mark.parametrize(
    ("country", "warned"), [("GB", True), ("DE", True), ("CH", True), ("CA", True), ("AU", True), ("SE", False)]
)
def test_a_country_without_its_region_is_said_with_what_that_means(
    file: Path, caplog: pytest.LogCaptureFixture, country: str, warned: bool
) -> None:
    assert list(cautions(load(file))) == []
    change(file, "      country: US\n      subdivision: NY\n", f"      country: {country}\n")
    said = " ".join(cautions(OrganisationFile(file)()))
    assert said in caplog.text
    what = f"teams.platform.holidays: the country {country} is given without its region, so holidays of its regions"
    assert said.startswith(what) is warned


def test_a_key_that_does_nothing_any_more_is_taken_and_said_once(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    change(file, "    remind_after: [7] ", "    look_again_every: 7 days\n    remind_after: [7] ")
    current = OrganisationFile(file)
    said = list(cautions(current()))
    assert [sentence.partition(":")[0] for sentence in said] == ["policies.items.look_again_every"]
    assert caplog.text.count(said[0]) == 1
    schema = json_schema()["$defs"]["ItemPolicies"]["properties"]["look_again_every"]
    assert schema["deprecated"] is True


def test_the_file_is_used_from_when_it_appears_and_a_broken_one_changes_nothing(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.yaml"
    current = OrganisationFile(copy, until_there=EXAMPLE)
    assert (current().name, current.in_use) == ("Paper Plane", EXAMPLE)
    copy.write_text("name: [\n", encoding="utf-8")
    assert (current().name, current.in_use) == ("Paper Plane", EXAMPLE)
    assert current.problems[0].startswith(f"{copy}:2: ")
    change(file, "name: Paper Plane", "name: Paper Boat")
    copy.write_bytes(file.read_bytes())
    assert (current().name, current.in_use, current.problems) == ("Paper Boat", copy, ())
    copy.unlink()
    assert (current().name, current.in_use) == ("Paper Boat", copy)


def test_a_number_that_can_not_be_read_leaves_the_last_good_file_in_use_for_every_reader(file: Path) -> None:
    current = OrganisationFile(file)
    before = current()
    change(file, 'phone: "+46 70 174 06 05"', "phone: 0891234567")
    assert [current(), current(), current()] == [before] * 3


def test_an_edit_is_taken_over_and_a_broken_one_keeps_the_last_good_one_with_one_warning(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    current = OrganisationFile(file)
    first = current()
    assert current() is first
    change(file, "name: Paper Plane", "name: Paper Boat")
    assert current().name == "Paper Boat"

    change(file, "manager: marcos", "manager: nobody at all")
    for _ in range(3):
        assert current().name == "Paper Boat"
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert f"{file} can't be taken over" in caplog.text
    assert "ines" not in caplog.text

    change(file, "manager: nobody at all", "manager: marcos")
    assert current().people["ines"].manager == "marcos"
    file.unlink()
    assert current().name == "Paper Boat"
    assert len(caplog.records) == 2


def test_a_first_read_that_fails_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OrganisationError):
        OrganisationFile(tmp_path / "followthrough.yaml")


def test_all_threads_see_a_change_at_once(tmp_path: Path) -> None:
    file = tmp_path / "followthrough.yaml"
    example = EXAMPLE.read_text(encoding="utf-8")
    file.write_text(example)
    current = OrganisationFile(file)
    with ThreadPoolExecutor(8) as threads:
        for name in ("Paper Boat", "Paper Hat", "Paper Crane"):
            file.write_text(example.replace("name: Paper Plane", f"name: {name}"))
            assert {organisation.name for organisation in threads.map(lambda _: current(), range(8))} == {name}
