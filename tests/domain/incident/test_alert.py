from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from followthrough.domain.replayed.incident.alert import (
    DESCRIPTION,
    LABEL,
    LABELS,
    Alert,
    AlertState,
    Heard,
    MergedInto,
    in_words,
    web_link,
)
from followthrough.domain.replayed.incident.alerts import receive
from followthrough.domain.replayed.incident.commands import ChangeSeverity
from followthrough.domain.replayed.incident.incident import Incident, IncidentPlan, IncidentStatus
from followthrough.domain.replayed.incident.lifecycle import Continued, end_merge, take_in
from followthrough.domain.replayed.limits import MERGED_ALERTS
from followthrough.domain.replayed.text import TITLE, cut
from followthrough.domain.replayed.values import Severity
from tests.records import NOW, incident

KEY = "pager/1"


def alert(state: AlertState = AlertState.FIRING, *, minute: int = 0, **changes: Any) -> Alert:
    return Alert.model_validate(
        {
            "dedup_key": KEY,
            "source": "Pager",
            "state": state,
            "title": "Cards are declined",
            "at": NOW + timedelta(minutes=minute),
            "event": f"{state}/{minute}",
            **changes,
        }
    )


def firing(**changes: Any) -> Incident:
    record = incident(dedup_key=KEY, unwritten=[], **changes)
    record.unwritten.clear()
    receive(record, alert(), NOW)
    return record


def texts(record: Incident) -> list[str]:
    return [entry.text for entry in record.unwritten]


@given(
    st.text(max_size=2_000),
    st.dictionaries(st.text(max_size=300), st.text(max_size=300), max_size=40),
)
def test_what_an_alert_keeps_stays_as_it_is_when_it_is_read_again(text: str, labels: dict[str, str]) -> None:
    made = alert(dedup_key=KEY + text, title="x" + text, summary=text, labels=labels, url=text, event=text)
    assert Alert.model_validate_json(made.model_dump_json()) == made
    assert len(made.model_dump_json()) < 40_000
    assert len(made.labels) <= LABELS


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://grafana.example.com/d/1?a=b&c=(d)", "https://grafana.example.com/d/1?a=b&c=(d)"),
        ("HTTP://alertmanager.example.com", "http://alertmanager.example.com/"),
        ('https://example.com/<script>" x', "https://example.com/%3Cscript%3E%22%20x"),
        ("https://me:secret@example.com/", None),
        ("javascript:alert(1)", None),
        (" javascript:alert(1)", None),
        ("//example.com", None),
        ("https://example.com/" + "x" * 1_980, "https://example.com/" + "x" * 1_980),
        ("https://example.com/" + "x" * 1_981, None),
        ("", None),
        (None, None),
    ],
)
def test_only_links_of_the_web_are_kept(url: str | None, link: str | None) -> None:
    assert web_link(url) == link


def test_of_too_many_labels_the_first_are_kept_and_the_last_says_how_many_are_not() -> None:
    labels = {f"label {number}": str(number) for number in range(LABELS)}
    assert alert(labels=labels).labels == labels
    first = dict(list(labels.items())[: LABELS - 1])
    assert alert(labels=labels | {"one": "more"}).labels == first | {"…": "2 more"}


def test_what_an_alert_says_is_cut_to_what_an_incident_can_keep() -> None:
    said = alert(
        title=" Cards\nare declined", summary=" One\r\ntwo ", labels={"on\ncall": "a\nb", "l" * 101: "x" * 101}
    )
    assert (said.title, said.summary) == ("Cards are declined", "One\ntwo")
    assert said.labels == {"on call": "a b", cut("l" * 101, LABEL): cut("x" * 101, LABEL)}
    long = alert(title="t" * (TITLE + 1), summary="s" * (DESCRIPTION + 1))
    assert (long.title, long.summary) == (cut("t" * (TITLE + 1), TITLE), cut("s" * (DESCRIPTION + 1), DESCRIPTION))


@pytest.mark.parametrize(
    ("changes", "sentence"), [({"labels": "none"}, "valid dictionary"), ({"title": 3}, "valid string")]
)
def test_an_alert_of_another_form_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        alert(**changes)


def test_labels_are_said_in_the_order_of_the_alphabet() -> None:
    assert in_words({"b": "2", "a": "1"}) == "a=1, b=2"
    assert in_words({}) == "none"


@pytest.mark.parametrize(
    ("state", "minute", "event", "covered"),
    [
        (AlertState.FIRING, 4, "another", True),
        (AlertState.FIRING, 5, "this", True),
        (AlertState.FIRING, 5, "another", False),
        (AlertState.RESOLVED, 4, "another", True),
        (AlertState.RESOLVED, 6, "another", False),
        (AlertState.FIRING, 4, "", False),
        (AlertState.RESOLVED, 4, "", True),
        (AlertState.RESOLVED, 5, "", False),
    ],
)
def test_an_event_is_new_when_it_is_later_and_a_firing_without_one_always(
    state: AlertState, minute: int, event: str, covered: bool
) -> None:
    heard = Heard(at=NOW + timedelta(minutes=5), event="this")
    assert heard.covers(alert(state, minute=minute, event=event)) is covered


def test_what_comes_late_or_again_is_counted_and_changes_nothing() -> None:
    record = firing()
    receive(record, alert(AlertState.RESOLVED, minute=20), NOW)
    before = record.model_copy(deep=True)
    for delivery in (alert(), alert(AlertState.RESOLVED, minute=20), alert(AlertState.RESOLVED, minute=10)):
        assert receive(record, delivery, NOW)
    assert record == before.model_copy(update={"alerts": before.alerts + 3})
    record.resolve(NOW, "Rolled back", "ines")
    over = record.model_copy(deep=True)
    assert receive(record, alert(), NOW)
    assert not receive(record, alert(minute=30), NOW), "it fires anew"
    assert record == over


def test_an_alert_that_only_changed_neither_fires_again_nor_is_over() -> None:
    record = firing()
    receive(record, alert(AlertState.RESOLVED, minute=1), NOW)
    receive(record, alert(AlertState.CHANGED, minute=2), NOW)
    assert (record.resolution_proposed_at, record.firing) == (NOW, [])


def test_the_pager_raises_the_severity_and_lowers_it_only_when_its_own_judgement_changed() -> None:
    record = firing(severity=Severity.SEV2)
    for state, severity, expected in (
        (AlertState.FIRING, Severity.SEV3, Severity.SEV2),
        (AlertState.FIRING, Severity.SEV1, Severity.SEV1),
        (AlertState.CHANGED, Severity.SEV3, Severity.SEV3),
        (AlertState.CHANGED, None, Severity.SEV3),
    ):
        receive(record, alert(state, minute=record.alerts, severity=severity), NOW)
        assert record.severity is expected
    assert texts(record)[1:] == ["SEV2 to SEV1: as Pager says now", "SEV1 to SEV3: as Pager says now"]


def test_a_severity_that_a_person_decided_stays() -> None:
    record = firing(severity=Severity.SEV2)
    ChangeSeverity(by="ines", severity=Severity.SEV3, reason="There is a way around it").apply(record, NOW)
    receive(record, alert(minute=1, severity=Severity.SEV1), NOW)
    receive(record, alert(AlertState.CHANGED, minute=2, severity=Severity.SEV1), NOW)
    declared = firing(severity=Severity.SEV3, declared_by="ines")
    receive(declared, alert(AlertState.CHANGED, minute=1, severity=Severity.SEV1), NOW)
    for kept in (record, declared):
        assert kept.severity is Severity.SEV3
        assert texts(kept)[-1] == "Pager would make it SEV1; it stays SEV3, as ines decided"


def test_one_of_several_alerts_does_not_lower_the_severity() -> None:
    record, other = firing(severity=Severity.SEV1), incident(2, dedup_key="pager/2")
    take_in(record, Continued.of(other), NOW)
    for key in (KEY, "pager/2"):
        receive(record, alert(AlertState.CHANGED, minute=1, dedup_key=key, severity=Severity.SEV3), NOW)
    assert record.severity is Severity.SEV1


def test_an_alert_that_the_pager_merged_goes_on_in_the_other_one() -> None:
    record = firing(plan=IncidentPlan(postmortem_due=None, auto_resolve=True, next=None))
    into = MergedInto(dedup_key="pager/2", title="Everything fails", url="https://pager.example.com/2")
    receive(record, alert(AlertState.MERGED, minute=1, into=into), NOW)
    assert (record.status, record.resolution_proposed_at) == (IncidentStatus.DECLARED, None)
    assert "Everything fails https://pager.example.com/2" in texts(record)[-1]
    assert receive(record, alert(AlertState.RESOLVED, minute=2, dedup_key="pager/2"), NOW)
    assert record.status is IncidentStatus.RESOLVED


def test_an_alert_that_the_pager_merged_into_that_of_another_incident_takes_its_incident_along() -> None:
    record, other = firing(), incident(2, dedup_key="pager/2")
    into = MergedInto(dedup_key="pager/2", incident_id=other.id)
    merged = alert(AlertState.MERGED, minute=1, into=into)
    receive(record, merged, NOW)
    assert record.merging_into == other.id
    assert take_in(other, Continued.of(record), NOW)
    end_merge(record, None, NOW)
    assert other.alert == record.alert
    version = other.version
    assert receive(other, merged, NOW)
    assert other.version == version, "it was heard before"


def test_an_incident_with_other_alerts_does_not_leave_with_one_of_them() -> None:
    record, other = firing(), incident(2, dedup_key="pager/2")
    take_in(record, Continued.of(other), NOW)
    into = MergedInto(dedup_key="pager/3", incident_id="inc-0000000003")
    receive(record, alert(AlertState.MERGED, minute=1, into=into), NOW)
    assert record.merging_into is None
    assert "inc-0000000003" in texts(record)[-1]


def test_a_merge_that_does_not_say_into_what_is_no_end() -> None:
    record = firing()
    receive(record, alert(AlertState.MERGED, minute=1), NOW)
    assert (record.resolution_proposed_at, record.firing) == (None, [KEY])


def test_an_alert_that_is_merged_again_and_again_leaves_the_latest_that_it_goes_on_in() -> None:
    record = firing()
    for minute in range(1, 200):
        receive(record, alert(AlertState.MERGED, minute=minute, into=MergedInto(dedup_key=f"pager/into/{minute}")), NOW)
    assert len(record.inherited_keys) == MERGED_ALERTS
    assert record.firing[-1] == record.inherited_keys[-1] == "pager/into/199"
    assert set(record.firing) | set(record.heard) <= {KEY, *record.inherited_keys}
