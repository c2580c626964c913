from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.postmortem.blameless import check
from followthrough.domain.answered.postmortem.formats import draft, next_format
from followthrough.domain.replayed.incident.commands import (
    AddNote,
    AssignRole,
    IncidentCommand,
    Mitigate,
    ProposeItem,
    Resolve,
    SendUpdate,
)
from followthrough.domain.replayed.incident.incident import Audience, Incident, Role, UpdateStage
from followthrough.domain.replayed.postmortem.postmortem import FormatName
from followthrough.domain.replayed.values import Severity
from tests.notices import ALERT
from tests.records import incident


@given(st.lists(st.sampled_from(Severity)), st.lists(st.sampled_from(FormatName)))
def test_a_long_form_never_comes_twice_in_a_row(severities: list[Severity], before: list[FormatName]) -> None:
    formats = before.copy()
    for severity in severities:
        chosen = next_format(severity, formats)
        long_forms = [name for name in formats if name is not FormatName.SHORT]
        assert (chosen is FormatName.SHORT) == (severity in (Severity.SEV3, Severity.SEV4))
        assert chosen is FormatName.SHORT or [chosen] != long_forms[-1:]
        formats.append(chosen)


def test_every_long_form_has_its_turn() -> None:
    formats: list[FormatName] = []
    for _ in range(8):
        formats.append(next_format(Severity.SEV1, formats))

    assert set(formats[:4]) == set(FormatName) - {FormatName.SHORT}
    assert formats[4:] == formats[:4]


@pytest.fixture
def resolved() -> Incident:
    record = incident()
    commands: list[IncidentCommand] = [
        AssignRole(by="ines", role=Role.INCIDENT_COMMANDER, person="ines"),
        AddNote(by="ines", text="Send traffic to\n# the old version", decision=True),
        SendUpdate(by="tomas", stage=UpdateStage.IDENTIFIED, audience=Audience.CUSTOMERS, text="We know {{ why }}."),
        Mitigate(by="ines", summary="rolled back"),
        ProposeItem(by="ines", title="Add a test for empty baskets", owner="lucia"),
        Resolve(by="ines", summary="the queue is empty"),
    ]
    for number, command in enumerate(commands, start=1):
        command.apply(record, record.declared_at + timedelta(minutes=15 * number))
    return record


@pytest.mark.parametrize("name", FormatName)
def test_a_draft_is_filled_from_the_timeline(name: FormatName, resolved: Incident, organisation: Organisation) -> None:
    text = draft(name, resolved, resolved.unwritten[::-1], organisation, ["Tomás, for telling early"])

    for line in (
        "# Postmortem: Payments fail",
        "- Incident Commander: Inés Robles",
        "- Detected: by an alert, 2026-03-02 10:00 UTC",
        "- Acknowledged: 2026-03-02 10:15 UTC, 15 min after it was declared",
        "- Mitigated: 2026-03-02 11:00 UTC, 1 h 0 min after it was declared",
        "- 2026-03-02 10:30 UTC: **Decision:** Send traffic to # the old version (Inés Robles)",
        "- inc-0000000001.1: Add a test for empty baskets (Lucía Prieto)",
        "- Tomás, for telling early",
    ):
        assert line in text.splitlines()
    assert text.index("Mitigated: rolled back") < text.index("Resolved: the queue is empty")
    assert ("Identified, to customers: We know {{ why }}. (Tomás Ferrer)" in text) == (name is not FormatName.SHORT)
    assert not check(text, [person.name for person in organisation.people.values()])


def test_every_format_asks_something_of_its_own(organisation: Organisation) -> None:
    drafts = {draft(name, incident(drill=True), [], organisation) for name in FormatName}

    assert len(drafts) == len(FormatName)
    assert all("**This was a drill.**" in text and "- Resolved: not recorded" in text for text in drafts)


def test_the_draft_says_what_the_alert_said(organisation: Organisation) -> None:
    text = draft(FormatName.SHORT, incident(alert=ALERT), [], organisation)
    assert "- Alert: 12 % of *all* payments fail.\n- Labels: alertname=ErrorRate, service=checkout\n" in text
    assert "- Where it shows: <https://prometheus.example.com/graph?g0.expr=a_b>\n- Declared:" in text
    assert "Alert:" not in draft(FormatName.SHORT, incident(), [], organisation)
