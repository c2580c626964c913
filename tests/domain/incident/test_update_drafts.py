import logging
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from followthrough.domain.answered.incident.updates import likely_stage
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.commands import Mitigate, Resolve, SendUpdate
from followthrough.domain.replayed.incident.incident import (
    Audience,
    Incident,
    IncidentStatus,
    Role,
    RoleHolder,
    SentUpdate,
    UpdateStage,
)
from followthrough.domain.replayed.values import Severity
from followthrough.drafts import Draft, draft
from followthrough.organisation_file import OrganisationError, OrganisationFile, load
from tests.records import NOW, incident

PUBLIC_URL = "https://followthrough.example.com"
HOUR = timedelta(hours=1)


def known() -> Incident:
    """Everything that a draft may say is known."""
    record = incident(number=0, severity=Severity.SEV1, title="PostgresDown on db-3")
    record.roles = [
        RoleHolder(role=role, person=person, at=NOW)
        for role, person in ((Role.INCIDENT_COMMANDER, "ines"), (Role.COMMS_LEAD, "lucia"), (Role.RESOLVER, "tomas"))
    ]
    record.updates = [
        SentUpdate(
            stage=UpdateStage.IDENTIFIED, audience=audience, text=f"What we told\n{audience}", by="lucia", at=NOW + HOUR
        )
        for audience in Audience
    ]
    Mitigate(by="tomas", summary="Moved traffic off db-3").apply(record, NOW + 2 * HOUR)
    Resolve(by="ines", summary="Tomás replaced db-3").apply(record, NOW + 3 * HOUR)
    return record


def drafted(organisation: Organisation, stage: UpdateStage, audience: Audience, about: Incident | None = None) -> Draft:
    return draft(about or known(), stage, audience, organisation, PUBLIC_URL, NOW + 4 * HOUR)


@pytest.mark.parametrize("stage", UpdateStage)
def test_customers_read_neither_names_nor_internal_things(organisation: Organisation, stage: UpdateStage) -> None:
    text = drafted(organisation, stage, Audience.CUSTOMERS).text
    names = (word for person in organisation.people.values() for word in person.name.split())
    assert "Checkout" in text
    assert not [word for word in (*names, "db-3", "SEV1", "http", "inc-") if word in text]


def test_colleagues_read_what_is_known(organisation: Organisation) -> None:
    text = drafted(organisation, UpdateStage.RESOLVED, Audience.INTERNAL).text
    for said in ("SEV1 of Checkout", "after 3 hours", "PostgresDown", "Moved traffic", "Tomás replaced", PUBLIC_URL):
        assert said in text
    text = drafted(organisation, UpdateStage.IDENTIFIED, Audience.INTERNAL).text
    assert "Incident Commander: Inés Robles\nResolvers: Tomás Ferrer\n" in text
    assert "10:00 (UTC): What we told customers" in text


@pytest.mark.parametrize(("stage", "audience"), [*product(UpdateStage, Audience)])
def test_every_draft_can_be_sent_as_soon_as_an_incident_is_declared(
    organisation: Organisation, stage: UpdateStage, audience: Audience
) -> None:
    about = incident(number=0)
    text = drafted(organisation, stage, audience, about).text
    SendUpdate(by="lucia", stage=stage, audience=audience, text=text).apply(about, NOW)
    assert "  " not in text
    assert " ," not in text


def test_the_next_update_is_promised_by_the_cadence(organisation: Organisation) -> None:
    assert drafted(organisation, UpdateStage.IDENTIFIED, Audience.EXECUTIVES).next_update == NOW + 5 * HOUR
    assert drafted(organisation, UpdateStage.RESOLVED, Audience.EXECUTIVES).next_update is None
    small = incident(number=0, severity=Severity.SEV4)
    assert drafted(organisation, UpdateStage.IDENTIFIED, Audience.EXECUTIVES, small).next_update is None


def test_the_likely_stage_follows_the_incident() -> None:
    about = incident(number=0)
    stages = [likely_stage(about, Audience.INTERNAL)]
    SendUpdate(by="lucia", stage=UpdateStage.IDENTIFIED, audience=Audience.INTERNAL, text="Found").apply(about, NOW)
    for status in (IncidentStatus.DECLARED, IncidentStatus.MITIGATED, IncidentStatus.RESOLVED):
        about.status = status
        stages.append(likely_stage(about, Audience.INTERNAL))
    assert stages == list(UpdateStage)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The example organisation, which has drafts of its own, and so has its team for payments."""
    text = Path("followthrough.example.yaml").read_text()
    text = text.replace("\npeople:", "\nupdate_templates: ours\n\npeople:", 1)
    text = text.replace("    name: Payments\n", "    name: Payments\n    update_templates: ours/payments\n", 1)
    (tmp_path / "ours" / "payments").mkdir(parents=True)
    (tmp_path / "ours" / "identified-customers.md.j2").write_text("{{ service }}: ours")
    (tmp_path / "ours" / "identified-internal.md.j2").write_text("{{ commander }}: ours")
    (tmp_path / "ours" / "payments" / "identified-customers.md.j2").write_text("{{ service }}: the team's")
    path = tmp_path / "followthrough.yaml"
    path.write_text(text)
    return path


def test_a_teams_own_template_comes_before_the_organisations_and_that_before_the_shipped_one(file: Path) -> None:
    organisation = load(file)
    assert drafted(organisation, UpdateStage.IDENTIFIED, Audience.CUSTOMERS).text == "Checkout: the team's"
    assert drafted(organisation, UpdateStage.IDENTIFIED, Audience.INTERNAL).text == "Inés Robles: ours"
    assert "is resolved after" in drafted(organisation, UpdateStage.RESOLVED, Audience.INTERNAL).text
    other = known().model_copy(update={"team": "platform"})
    assert drafted(organisation, UpdateStage.IDENTIFIED, Audience.CUSTOMERS, other).text == "Checkout: ours"


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("Fine\n{{ titel }}", "2: 'titel' is not known here"),
        ("{% if severity == 'SEV4' %}\n{{ titel }}\n{% endif %}Fine", "2: 'titel' is not known here"),
        ("Fine\n{{ commander }} works on it", "2: 'commander' is not known here"),
        ("Fine\n\n{% if title %}", "3: Unexpected end of template"),
        ("Fine\n{{ title.upper() }}", "2: templates of updates use whole values"),
        ("{% include 'other' %}", "1: templates of updates use whole values"),
        ("{% if severity == 'SEV4' %}{{ title|shout }}{% endif %}Fine", "1: there is no filter 'shout'"),
        ("Fine\n\n{{ 1 / 0 }}", "3: division by zero"),
        ("Fine\n{{ title + 1 }}", "2: can only concatenate str"),
        ("{{ last_said }}", "1: says nothing when little is known"),
    ],
)
def test_a_broken_template_is_an_error_of_the_organisation_file_with_its_own_line(
    file: Path, template: str, problem: str
) -> None:
    broken = file.parent / "ours" / "payments" / "identified-customers.md.j2"
    broken.write_text(template)
    with pytest.raises(OrganisationError) as raised:
        load(file)
    line = 1 + file.read_text().splitlines().index("    update_templates: ours/payments")
    (error,) = raised.value.errors
    assert error.startswith(f"{file}:{line}: teams.payments.update_templates: {broken}:{problem}")


@pytest.mark.parametrize(
    ("folder", "problem"),
    [
        ("nowhere", "is no folder with templates like identified-customers.md.j2"),
        ("misnamed", "found-customers.md.j2: is not called by a stage and an audience"),
        ("[]", "has to be the name of a folder"),
    ],
)
def test_a_folder_without_templates_is_an_error_too(file: Path, folder: str, problem: str) -> None:
    (file.parent / "misnamed").mkdir()
    (file.parent / "misnamed" / "found-customers.md.j2").write_text("Found")
    file.write_text(file.read_text().replace("update_templates: ours\n", f"update_templates: {folder}\n"))
    with pytest.raises(OrganisationError, match=problem):
        load(file)


def test_an_edited_template_is_taken_over_and_a_broken_one_is_not(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    current = OrganisationFile(file)
    template = file.parent / "ours" / "payments" / "identified-customers.md.j2"
    for text, expected in (("New", "New"), ("{{ broken", "New"), ("Newer", "Newer")):
        template.write_text(text)
        assert drafted(current(), UpdateStage.IDENTIFIED, Audience.CUSTOMERS).text == expected
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_a_template_that_fails_in_spite_of_all_checks_gives_way_to_the_next(file: Path) -> None:
    template = file.parent / "ours" / "payments" / "identified-customers.md.j2"
    template.write_text("{% if severity == 'SEV1' %}{{ title + 1 }}{% endif %}Fine")
    assert drafted(load(file), UpdateStage.IDENTIFIED, Audience.CUSTOMERS).text == "Checkout: ours"
