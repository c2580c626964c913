"""The Helm chart: Helm takes it, Kubernetes knows what comes of it, and no pod has more rights than it needs."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from followthrough import ROOT, __version__
from followthrough.cli import PLACES
from followthrough.queues import Queue
from followthrough.secret_files import secret_settings
from followthrough.settings import Settings
from tests.deployment.tools import definitions, helm

CHART = ROOT / "deploy" / "chart" / "followthrough"
VALUES = Path(__file__).parent / "values"
CASES = sorted(path.stem for path in VALUES.glob("*.yaml"))
KUBERNETES = ("1.30", "1.34", kubernetes_validate.latest_version())

pytestmark = pytest.mark.timeout(1800)


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([helm(), *arguments], capture_output=True, text=True)


@cache
def rendered(case: str, kubernetes: str = KUBERNETES[-1]) -> tuple[dict[str, Any], ...]:
    flags = ("--namespace", "tools", "--kube-version", kubernetes, "--values", VALUES / f"{case}.yaml")
    done = run("template", "prod", CHART, *flags)
    assert done.returncode == 0, done.stderr
    return tuple(one for one in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader) if one)


def of_kind(case: str, kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in rendered(case) if one["kind"] == kind}


def pods(case: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in rendered(case):
        if one["kind"] in ("Deployment", "Job"):
            yield one["metadata"]["name"], one["spec"]["template"]["spec"]


def test_the_chart_is_of_this_version() -> None:
    assert yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"] == __version__


@pytest.mark.parametrize("case", CASES)
def test_helm_finds_nothing_wrong(case: str) -> None:
    done = run("lint", "--strict", CHART, "--kube-version", KUBERNETES[-1], "--values", VALUES / f"{case}.yaml")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("kubernetes", KUBERNETES)
@pytest.mark.parametrize("case", CASES)
def test_kubernetes_and_the_operators_know_everything_in_it(case: str, kubernetes: str) -> None:
    for one in rendered(case, kubernetes):
        if known := definitions().get((one["apiVersion"], one["kind"])):
            known.validate(one)
        else:
            kubernetes_validate.validate(one, kubernetes, strict=True)


def test_names_are_used_once() -> None:
    for case in CASES:
        names = [(one["kind"], one["metadata"]["name"]) for one in rendered(case)]
        assert len(names) == len(set(names)), case


@pytest.mark.parametrize("case", CASES)
def test_every_pod_is_restricted(case: str) -> None:
    found = dict(pods(case))
    assert found
    for name, pod in found.items():
        whole = pod["securityContext"]
        assert whole["runAsNonRoot"] is True, name
        assert whole["runAsUser"] > 0, name
        assert whole["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["automountServiceAccountToken"] is False, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys(), name
        assert all({"emptyDir", "projected", "secret", "configMap"} & volume.keys() for volume in pod["volumes"]), name
        for container in pod["containers"]:
            own = container["securityContext"]
            assert own["allowPrivilegeEscalation"] is False, name
            assert own["readOnlyRootFilesystem"] is True, name
            assert own["privileged"] is False, name
            assert own["capabilities"] == {"drop": ["ALL"]}, name
            assert "memory" in container["resources"]["limits"], name


@pytest.mark.parametrize("case", CASES)
def test_what_is_mounted_is_there_and_no_secret_stands_in_the_environment(case: str) -> None:
    secrets = set(secret_settings(Settings))
    for name, pod in pods(case):
        volumes = {volume["name"] for volume in pod["volumes"]}
        for container in pod["containers"]:
            assert {mount["name"] for mount in container["volumeMounts"]} == volumes, name
            given = [variable["name"] for variable in container["env"]]
            assert len(given) == len(set(given)), name
            assert not secrets & set(given), name
            assert all("value" in variable for variable in container["env"]), name


@pytest.mark.parametrize("case", CASES)
def test_each_queue_has_workers_and_each_command_is_there(case: str) -> None:
    asked = [container["args"] for _, pod in pods(case) for container in pod["containers"]]
    assert {arguments[0] for arguments in asked} <= PLACES.keys()
    queues = {argument.removeprefix("--queue=") for command, *flags in asked for argument in flags}
    assert queues == set(Queue)


def test_versions_of_workers_stand_beside_each_other_each_with_its_image_and_all_queues() -> None:
    found: dict[tuple[str | None, str], set[str]] = {}
    for name, pod in pods("temporal-cloud"):
        [container] = pod["containers"]
        env = {one["name"]: one["value"] for one in container["env"]}
        build = env.get("FOLLOWTHROUGH_BUILD_ID")
        assert env.get("FOLLOWTHROUGH_DEPLOYMENT_NAME") == (build and "followthrough")
        assert name.endswith((build or "web").replace(".", "-"))
        queues = [argument.removeprefix("--queue=") for argument in container["args"][1:]]
        found.setdefault((build, container["image"].removeprefix("registry.example.com/tools/")), set()).update(queues)
    assert found == {
        ("0.1.0", "followthrough:0.1.0"): set(Queue),
        ("0.2.0-hotfix", f"followthrough@sha256:{'0123456789abcdef' * 4}"): set(Queue),
        (None, "followthrough:0.2.0"): set(),
    }


def test_workers_without_a_version_stay_beside_the_first_ones_that_have_one() -> None:
    flags = ("--set", "versioning.unversioned=true", "--values", VALUES / "temporal-cloud.yaml")
    done = run("template", "prod", CHART, "--kube-version", "1.34", *flags)
    names = {one["metadata"]["name"] for one in yaml.safe_load_all(done.stdout) if one["kind"] == "Deployment"}
    assert {name for name in names if "tickets" in name} == {
        f"prod-followthrough-worker-tickets{version}" for version in ("", "-0-1-0", "-0-2-0-hotfix")
    }


def test_each_version_is_scaled_by_its_own_backlog() -> None:
    found = set()
    for name, scaled in of_kind("temporal-cloud", "ScaledObject").items():
        assert scaled["spec"]["scaleTargetRef"]["name"] == name
        for trigger in scaled["spec"]["triggers"]:
            found.add((name, trigger["metadata"]["workerDeploymentBuildId"]))
    names = {"0.1.0": "0-1-0", "0.2.0-hotfix": "0-2-0-hotfix"}
    assert found == {(f"prod-followthrough-worker-records-{name}", build) for build, name in names.items()}


def test_each_setting_with_a_secret_may_be_one() -> None:
    schema = yaml.safe_load((CHART / "values.schema.json").read_text())
    assert set(schema["properties"]["secrets"]["properties"]) == set(secret_settings(Settings))


def test_the_database_is_migrated_before_anything_else_changes() -> None:
    [job] = of_kind("small", "Job").values()
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    env = {one["name"]: one["value"] for _, pod in pods("small") for one in pod["containers"][0]["env"]}
    assert env["FOLLOWTHROUGH_MIGRATE"] == "false"
    assert of_kind("temporal-cloud", "Job") == {}


def test_what_scales_by_itself_has_no_number_of_replicas() -> None:
    deployments = of_kind("everything", "Deployment")
    scaled = {name for name, one in deployments.items() if "replicas" not in one["spec"]}
    targets = [
        *of_kind("everything", "HorizontalPodAutoscaler").values(),
        *of_kind("everything", "ScaledObject").values(),
    ]
    assert scaled == {one["spec"]["scaleTargetRef"]["name"] for one in targets}
    assert scaled == {f"prod-followthrough-{one}" for one in ("web", "worker-records", "worker-tickets")}


def test_keda_signs_in_to_temporal_as_the_workers_do() -> None:
    for case, parameters in (("temporal-cloud", {"apiKey"}), ("mutual-tls", {"cert", "key", "ca"})):
        [sign_in] = of_kind(case, "TriggerAuthentication").values()
        assert {one["parameter"] for one in sign_in["spec"]["secretTargetRef"]} == parameters
        for scaled in of_kind(case, "ScaledObject").values():
            for trigger in scaled["spec"]["triggers"]:
                assert trigger["authenticationRef"]["name"] == sign_in["metadata"]["name"]
                assert trigger["metadata"]["enableTLS"] == "true"
    [scaled] = of_kind("everything", "ScaledObject").values()
    assert scaled["spec"]["triggers"][0]["metadata"]["enableTLS"] == "false"


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (["temporal.address=", "organisation.configMap=one"], "Set temporal.address"),
        (["organisation.configMap="], "Set organisation.configMap or organisation.content"),
        (["workers.records.keda.enabled=true", "workers.records.autoscaling.enabled=true"], "switch one off"),
        (["settings.FOLLOWTHROUGH_LINK_SECRET=in-the-open"], "FOLLOWTHROUGH_LINK_SECRET"),
        (["secrets.FOLLOWTHROUGH_LINK_SECRET=null"], "FOLLOWTHROUGH_LINK_SECRET"),
        (["workers.records.queues={followthrough-male}"], "queues"),
        (["wbe.replicas=3"], "wbe"),
        (["versioning.versions[0].buildId=1.0"], "Set versioning.deployment"),
        (["versioning.deployment=one", "versioning.versions[0].tag=1.0"], "buildId"),
        (["settings.FOLLOWTHROUGH_BUILD_ID=one"], "FOLLOWTHROUGH_BUILD_ID"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(values: list[str], why: str) -> None:
    flags = [flag for value in values for flag in ("--set", value)]
    done = run("template", "prod", CHART, "--kube-version", "1.34", "--values", VALUES / "small.yaml", *flags)
    assert done.returncode != 0
    assert why in done.stderr


@pytest.mark.parametrize("case", CASES)
def test_a_command_runs_once_in_a_job_of_what_the_web_has(case: str) -> None:
    if not (jq := shutil.which("jq")):
        pytest.skip("jq is not installed")
    typed = re.search(r"--output json \| jq '([^']+)'", (ROOT / "docs" / "deploying.md").read_text())
    assert typed is not None
    web = of_kind(case, "Deployment")["prod-followthrough-web"]
    done = subprocess.run([jq, typed.group(1)], input=json.dumps(web), capture_output=True, text=True, check=True)
    job = json.loads(done.stdout)
    kubernetes_validate.validate(job, KUBERNETES[-1], strict=True)
    pod, of_web = job["spec"]["template"]["spec"], web["spec"]["template"]["spec"]
    assert "metadata" not in job["spec"]["template"]
    assert (pod["securityContext"], pod["volumes"]) == (of_web["securityContext"], of_web["volumes"])
    [container], [of_web] = pod["containers"], of_web["containers"]
    assert (container["args"], container["env"]) == (["check-upgrade"], of_web["env"])
    assert (container["image"], container.get("lifecycle")) == ("registry.example.com/followthrough:NEW", None)
