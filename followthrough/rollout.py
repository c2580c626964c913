"""Versions of workers beside each other: which there are, and which one has the work."""

from dataclasses import dataclass

from temporalio.api.deployment.v1 import WorkerDeploymentInfo
from temporalio.api.enums.v1 import WorkerDeploymentVersionStatus
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
    SetWorkerDeploymentRampingVersionRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

IDENTITY = "followthrough rollout"


class RolloutError(Exception):
    """Temporal did not do it; the message says why and what to do."""


@dataclass(frozen=True)
class Version:
    """``state`` is Temporal's word: inactive, current, ramping, draining or drained. ``share`` is in percent."""

    build_id: str
    state: str
    share: float


async def versions(client: Client, deployment: str) -> list[Version]:
    """Newest first. Raises RolloutError."""
    return _versions(await _described(client, deployment))


def _versions(info: WorkerDeploymentInfo) -> list[Version]:
    routing = info.routing_config
    ramping, ramp = routing.ramping_deployment_version.build_id, routing.ramping_version_percentage
    ramp = ramp if ramping else 0
    shares = {routing.current_deployment_version.build_id: 100 - ramp} | ({ramping: ramp} if ramping else {})
    summaries = sorted(info.version_summaries, key=lambda one: one.create_time.ToDatetime(), reverse=True)
    return [
        Version(one.deployment_version.build_id, _state(one), shares.get(one.deployment_version.build_id, 0))
        for one in summaries
    ]


def _state(summary: WorkerDeploymentInfo.WorkerDeploymentVersionSummary) -> str:
    name = WorkerDeploymentVersionStatus.Name(summary.status)
    return name.removeprefix("WORKER_DEPLOYMENT_VERSION_STATUS_").lower()


async def promote(client: Client, deployment: str, build_id: str, share: float = 100) -> None:
    """New workflows, and those that go over, are this version's from now on; with a smaller share, so many of them.

    Raises RolloutError.
    """
    service, namespace = client.workflow_service, client.namespace
    there = {version.build_id for version in await versions(client, deployment)}
    if build_id not in there:
        raise RolloutError(
            f"No worker of {build_id} has ever asked for work in {deployment}, only those of "
            f"{', '.join(sorted(there))}. Start its workers first, or name one of these."
        )
    try:
        if share < 100:
            await service.set_worker_deployment_ramping_version(
                SetWorkerDeploymentRampingVersionRequest(
                    namespace=namespace,
                    deployment_name=deployment,
                    build_id=build_id,
                    percentage=share,
                    identity=IDENTITY,
                )
            )
        else:
            await service.set_worker_deployment_current_version(
                SetWorkerDeploymentCurrentVersionRequest(
                    namespace=namespace, deployment_name=deployment, build_id=build_id, identity=IDENTITY
                )
            )
    except RPCError as error:
        raise RolloutError(
            f"Temporal did not take {build_id} ({error}). Have its workers for all queues run."
        ) from error


async def _described(client: Client, deployment: str) -> WorkerDeploymentInfo:
    request = DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=deployment)
    try:
        return (await client.workflow_service.describe_worker_deployment(request)).worker_deployment_info
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise RolloutError(
                f"Temporal knows no deployment {deployment}; it knows one once workers run that have this "
                "FOLLOWTHROUGH_DEPLOYMENT_NAME."
            ) from error
        if error.status is RPCStatusCode.UNIMPLEMENTED:
            raise RolloutError(
                "This Temporal has no Worker Deployment Versioning; that needs server 1.28 or newer."
            ) from error
        raise RolloutError(f"Temporal did not answer ({error}).") from error
