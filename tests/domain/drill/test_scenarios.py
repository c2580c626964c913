from pathlib import Path

import pytest

from followthrough.domain.replayed.drill.drill import Scenario
from followthrough.organisation_file import OrganisationError
from followthrough.scenarios import load_scenarios

GOOD = "title: Errors rise\nstory: After a deploy.\nseverity: SEV2\n"
SHIPPED = load_scenarios(None)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_scenario_that_comes_along_is_worth_practising(name: str) -> None:
    scenario = SHIPPED[name]
    assert len(scenario.injects) >= 3
    assert scenario.labels
    assert scenario.expected.updates
    assert all(question.endswith("?") for question in scenario.expected.questions)
    assert Scenario.model_validate_json(scenario.model_dump_json()) == scenario, "it travels through workflows"


def test_an_own_folder_is_used_instead(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(GOOD)
    assert load_scenarios(str(tmp_path))["mine"].title == "Errors rise"


def test_a_file_is_read_once_until_it_is_another(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(GOOD)
    known = load_scenarios(str(tmp_path))["mine"]
    assert load_scenarios(str(tmp_path))["mine"] is known
    (tmp_path / "mine.yaml").write_text(GOOD + "labels: {a: b}\n")
    assert load_scenarios(str(tmp_path))["mine"].labels == {"a": "b"}


def test_everything_that_is_wrong_is_said_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD + "injects:\n  - after: soon\n    text: It gets worse.\n")
    (tmp_path / "b.yaml").write_text(GOOD + "expected:\n  roles: [Hero]\n")
    (tmp_path / "c.yaml").write_text("title: [")
    (tmp_path / "d.yaml").write_text("severity: SEV2\nstory: x\n")
    with pytest.raises(OrganisationError) as error:
        load_scenarios(str(tmp_path))
    a, b, c, d = error.value.errors
    assert a.startswith(f"{tmp_path}/a.yaml:5: injects.0.after: 'soon' is not a duration; write it like 30m")
    assert b.startswith(f"{tmp_path}/b.yaml:5: expected.roles.0: Input should be 'Incident Commander'")
    assert c.startswith(f"{tmp_path}/c.yaml:1: ")
    assert d == f"{tmp_path}/d.yaml:1: title: is missing; add it."


def test_an_empty_folder_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OrganisationError, match="holds no drill scenario; put a YAML file there"):
        load_scenarios(str(tmp_path))
