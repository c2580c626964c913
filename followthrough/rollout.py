"""Versions of workers beside each other: which there are, and which one has the work."""

import asyncio
from dataclasses import dataclass

from temporalio.api.deployment.v1 import WorkerDeploymentInfo
from temporalio.api.enums.v1 import RoutingConfigUpdateState, WorkerDeploymentVersionStatus
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
    SetWorkerDeploymentRampingVersionRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

IDENTITY = "followthrough rollout"

IN_FORCE_WITHIN = 60
"""Seconds in which Temporal tells all of its task queues."""


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
    """On return, new workflows and those that go over are this version's; with a smaller share, so many of them.

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
    await _in_force(client, deployment, build_id)


async def _in_force(client: Client, deployment: str, build_id: str) -> None:
    """Temporal tells its task queues one after another; until then some give work to the version before."""
    try:
        async with asyncio.timeout(IN_FORCE_WITHIN):
            while True:
                state = (await _described(client, deployment)).routing_config_update_state
                if state != RoutingConfigUpdateState.ROUTING_CONFIG_UPDATE_STATE_IN_PROGRESS:
                    return
                await asyncio.sleep(0.1)
    except TimeoutError as error:
        raise RolloutError(
            f"Temporal took {build_id}, but has not told all of its task queues in {IN_FORCE_WITHIN} s. "
            "It goes on by itself; look with `followthrough rollout status` before you stop any worker."
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
