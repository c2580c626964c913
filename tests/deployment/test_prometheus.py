"""The rules about Followthrough itself, as Prometheus takes them: each fires when it should, and rests otherwise."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
import yaml

from followthrough.queues import Queue
from followthrough.troubles import TroubleKind
from tests.watching import DASHBOARD, RULES, queries

SEVERITIES = ("critical", "warning", "info")
SLOTS = 'temporal_worker_task_slots_available{task_queue="%s",worker_type="ActivityWorker"}'


class Case(NamedTuple):
    """Series by name with their values each minute, once when the rule fires and once when it does not.

    ``labels`` are the ones that what fires has beside its severity, ``at`` is when in minutes.
    """

    fires: dict[str, str]
    rests: dict[str, str]
    labels: Mapping[str, str] = MappingProxyType({})
    at: int = 60


def troubles(kind: TroubleKind) -> Case:
    series = f'followthrough_troubles{{kind="{kind.value}",instance="%s"}}'
    return Case({series % "web": "0x240", series % "worker": "2x240"}, {series % "web": "0x240"}, at=120)


def other_trouble(kind: TroubleKind) -> Case:
    return troubles(kind)._replace(labels={"kind": kind.value})


ALERTS = 'followthrough_alerts_total{source="PagerDuty",outcome="%s"}'
WAITED = 'temporal_workflow_task_schedule_to_start_latency_bucket{task_queue="followthrough",le="%s"}'
FAILED_TASKS = 'temporal_workflow_task_execution_failed{failure_reason="NonDeterminismError"}'
MAILS, CALLS = 'followthrough_mails_total{outcome="%s"}', 'followthrough_tracker_calls_total{outcome="%s"}'
ANSWERED = 'followthrough_alert_seconds_bucket{source="PagerDuty",le="%s"}'
LOST, PAUSE = 'followthrough_vendor_login_lost{vendor="Jira"}', 'followthrough_vendor_pause_seconds{vendor="Jira"}'
HEARD = 'followthrough_directory_heard_timestamp_seconds{way="%s"}'

CASES = {
    "FollowthroughNotSeen": Case({"up": "1x60"}, {"followthrough_database_read": "0x60"}),
    "FollowthroughDatabaseNotRead": Case(
        {"followthrough_database_read": "0x60"},
        {'followthrough_database_read{instance="a"}': "0x60", 'followthrough_database_read{instance="b"}': "1x60"},
    ),
    "FollowthroughNoWorker": Case(
        {SLOTS % queue: "8x60" for queue in Queue if queue is not Queue.PAGES},
        {SLOTS % queue: "0x60" for queue in Queue},
        {"task_queue": "followthrough-pages"},
    ),
    "FollowthroughWorkWaits": Case(
        {WAITED % "10000": "0+1x60", WAITED % "100000": "0+100x60", WAITED % "+Inf": "0+100x60"},
        {WAITED % "10000": "0+99x60", WAITED % "100000": "0+100x60", WAITED % "+Inf": "0+100x60"},
        {"task_queue": "followthrough"},
    ),
    "FollowthroughAlertsFailing": Case(
        {ALERTS % "failed": "0+1x60"},
        {ALERTS % "failed": "5x60", ALERTS % "refused": "0+1x60"},
        {"source": "PagerDuty"},
    ),
    "FollowthroughAlertsSlow": Case(
        {ANSWERED % "2.5": "0+1x60", ANSWERED % "5": "0+100x60", ANSWERED % "+Inf": "0+100x60"},
        {ANSWERED % "2.5": "0+99x60", ANSWERED % "5": "0+100x60", ANSWERED % "+Inf": "0+100x60"},
    ),
    "FollowthroughAlertsWithoutRoute": troubles(TroubleKind.ALERT),
    "FollowthroughNobodyPaged": troubles(TroubleKind.PAGE),
    "FollowthroughWorkflowStuck": troubles(TroubleKind.STUCK),
    "FollowthroughWorkflowTasksFailing": Case({FAILED_TASKS: "0+1x60"}, {FAILED_TASKS: "0x30 3x30"}),
    "FollowthroughActivityFailing": troubles(TroubleKind.FAILING),
    "FollowthroughNotRunning": troubles(TroubleKind.NOT_RUNNING),
    "FollowthroughWebhookDisabled": troubles(TroubleKind.WEBHOOK),
    "FollowthroughProjectionsBehind": Case(
        {"followthrough_projection_lag_seconds": "0+60x60"}, {"followthrough_projection_lag_seconds": "120x60"}
    ),
    "FollowthroughMailsFailing": Case(
        {MAILS % "unavailable": "0+5x60", MAILS % "sent": "0+1x60"},
        {MAILS % "unavailable": "0+1x60", MAILS % "sent": "0+5x60"},
    ),
    "FollowthroughMailsSetAside": Case(
        {'followthrough_mails_waiting{state="set aside"}': "1x60"},
        {
            'followthrough_mails_waiting{state="set aside"}': "0x60",
            'followthrough_mails_waiting{state="queued"}': "9x60",
        },
    ),
    "FollowthroughLoginLost": Case({LOST: "1x60"}, {LOST: "0x60"}, {"vendor": "Jira"}),
    "FollowthroughTrackerFailing": Case(
        {CALLS % "failed": "0+9x60", CALLS % "answered": "0+1x60"},
        {CALLS % "failed": "0+1x60", CALLS % "answered": "0+9x60"},
    ),
    "FollowthroughTrackerPaused": Case({PAUSE: "30x60"}, {PAUSE: "30x20 0x40"}, {"vendor": "Jira"}),
    "FollowthroughOrganisationFileNotTaken": Case(
        {"followthrough_organisation_file_problems": "3x60"}, {"followthrough_organisation_file_problems": "0x60"}
    ),
    "FollowthroughDirectorySilent": Case(
        {HEARD % "scim": "0x3000"}, {HEARD % "scim": "0+60x3000", HEARD % "csv": "0x3000"}, {"way": "scim"}, at=3000
    ),
    "FollowthroughEscalationsUnanswered": Case(
        {"followthrough_escalations_unanswered": "11x1500"},
        {"followthrough_escalations_unanswered": "10x1500"},
        at=1500,
    ),
    "FollowthroughTrouble": other_trouble(TroubleKind.SCHEDULES),
}
SEEN_ELSEWHERE = {TroubleKind.MAIL, TroubleKind.LOGIN, TroubleKind.FILE}
"""Of these there is a metric of their own, which is as of now."""


@pytest.fixture(scope="module")
def promtool() -> str:
    if not (found := shutil.which("promtool")):
        pytest.skip("promtool is not installed; on Debian: apt-get install prometheus")
    return found


@pytest.fixture(scope="module")
def rules() -> dict[str, dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


def test_prometheus_takes_them(promtool: str) -> None:
    subprocess.run([promtool, "check", "rules", RULES], check=True, capture_output=True)


def test_each_fires_when_it_should_and_rests_when_it_should_not(
    promtool: str, rules: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    assert list(CASES) == list(rules)
    tried = [
        {
            "interval": "1m",
            "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "alert_rule_test": [
                {"eval_time": f"{case.at}m", "alertname": name, "exp_alerts": [_alert(rules[name], case)] * fires}
            ],
        }
        for name, case in CASES.items()
        for fires, series in ((1, case.fires), (0, case.rests))
    ]
    file = tmp_path / "tests.yaml"
    file.write_text(yaml.safe_dump({"rule_files": [str(RULES.resolve())], "evaluation_interval": "1m", "tests": tried}))
    done = subprocess.run([promtool, "test", "rules", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def _alert(rule: dict[str, Any], case: Case) -> dict[str, Any]:
    def filled(text: str) -> str:
        return re.sub(r"{{ \$labels\.(\w+) }}", lambda label: case.labels[label[1]], text)

    return {
        "exp_labels": {**rule["labels"], **case.labels},
        "exp_annotations": {name: filled(text) for name, text in rule["annotations"].items()},
    }


def test_each_says_how_bad_it_is_and_which_page_says_what_to_do(rules: dict[str, dict[str, Any]]) -> None:
    assert {rule["labels"]["severity"] for rule in rules.values()} == set(SEVERITIES)
    pages = {name: Path(rule["annotations"]["runbook_url"]) for name, rule in rules.items()}
    assert [
        name for name, page in pages.items() if not page.exists() or not page.read_text().startswith(f"# {name}\n")
    ] == []


def test_the_address_of_your_pages_is_put_before_them(rules: dict[str, dict[str, Any]]) -> None:
    typed = re.search(r"^    (sed 's\|runbook_url.*)$", Path("docs/operations.md").read_text(), re.MULTILINE)
    assert typed is not None
    done = subprocess.run(["sh", "-ceu", typed.group(1)], capture_output=True, text=True, check=True)
    [group] = yaml.safe_load(done.stdout)["groups"]
    assert {rule["alert"]: rule["annotations"]["runbook_url"] for rule in group["rules"]} == {
        name: f"https://git.example.com/followthrough/blob/main/{rule['annotations']['runbook_url']}"
        for name, rule in rules.items()
    }


def test_no_kind_of_trouble_goes_unseen(rules: dict[str, dict[str, Any]]) -> None:
    asked = " ".join(rule["expr"] for rule in rules.values())
    assert {kind for kind in TroubleKind if kind.value not in asked} == SEEN_ELSEWHERE


def test_a_queue_without_a_worker_does_not_go_unseen(rules: dict[str, dict[str, Any]]) -> None:
    asked = rules["FollowthroughNoWorker"]["expr"]
    assert [queue for queue in Queue if f'task_queue="{queue}"' not in asked] == []


def test_prometheus_takes_what_the_dashboard_asks(promtool: str, tmp_path: Path) -> None:
    asked = [{"record": f"asked:{number}", "expr": query} for number, query in enumerate(queries(DASHBOARD))]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": asked}]}))
    done = subprocess.run([promtool, "check", "rules", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
