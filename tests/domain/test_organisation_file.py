import json
import logging
from datetime import date, time
from pathlib import Path

import jsonschema
import pytest
import yaml

from followthrough.organisation import Organisation, Sprints
from followthrough.organisation_file import OrganisationError, OrganisationFile, Yaml12Loader, json_schema, load

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
        ("service: database", "service: databases", "routes.0.service: 'databases' is not under services"),
        (
            "alertname: PostgresDown",
            "alertname: 1",
            "routes.0.match.alertname: has to be text; put the value in quotes.",
        ),
        ("      waits: [1 day, 3 days, 7 days]", "      waits: []", "policies.items.ladder.waits: is empty"),
        ("  marcos:\n", "  7:\n", "people.7: has to be text; put the value in quotes."),
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
        (b"name: \xff\n", ": is not UTF-8 text; save it as UTF-8."),
        (b"name: \x00\n", ": is not YAML: unacceptable character"),
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
