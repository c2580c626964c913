"""Which version of the workers goes on with a workflow that runs, where versions run beside each other.

It counts for workers with a deployment's name alone (``Settings.deployment_name``), and is in no history. It does not
stand in the workflows' definitions: a worker without a name that says it is refused each of its tasks.
"""

from temporalio.common import VersioningBehavior

GOES_OVER = VersioningBehavior.AUTO_UPGRADE
"""To the current version, with its next task. For all but a few: what lasts days to months, or waits for vendors.

No release keeps the workers of all that came before it, and a mistake that was mended has to be mended for what is
open. So what replays changes only as histories allow (see CONTRIBUTING), and ``followthrough check-upgrade`` looks.
"""

STAYS = {"ReconcileWorkflow": VersioningBehavior.PINNED}
"""With the version that began it. What is over in seconds, waits for no vendor, and begins anew by a schedule.

What a new version would do to it half way needs no thought, and no worker is kept for it.
"""
