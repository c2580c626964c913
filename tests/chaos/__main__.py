"""``python -m tests.chaos SEED``: plays a plan, proves what has to be true afterwards, and ends with 1 if it is not."""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.chaos import plan as plans
from tests.chaos.play import Player
from tests.chaos.proofs import failures, find
from tests.chaos.settle import look_after, settle
from tests.chaos.stage import stage

INCIDENTS = 300


async def run(plan: plans.Plan, folder: Path, say: Callable[[str], None]) -> list[str]:
    """What is not as it has to be, one line each."""
    async with stage(folder) as ready:
        say("Everything runs.")
        player = Player(ready, say)
        await player.play(plan)
        say("All steps are done; now all troubles end.")
        await ready.over()
        busy = await look_after(ready)
        say("Everything is looked after; now inboxes are emptied.")
        if not busy:
            await player.pass_in_inboxes()
            busy = await settle(ready)
        say("Everything rests.")
        found = await find(ready, player.book)
        say(f"{len(found.incidents)} incidents, {len(found.items)} action items, {len(ready.jira.issues)} tickets, ")
        say(f"{len(ready.mails.mails)} mails, {sum(map(len, found.timelines.values()))} entries of timelines.")
        answers = Counter(given.status for given in player.book.given)
        say(f"Answers to commands: {dict(answers)}. Left out: {dict(player.book.left_out)}.")
        return [*(f"never rests: {line}" for line in busy), *[line async for line in failures(found)]]


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("seed", type=int)
    parser.add_argument("--scale", type=int, default=INCIDENTS, help="incidents; %(default)s when left out")
    parser.add_argument("--plan", action="store_true", help="print the steps, and play nothing")
    parser.add_argument("--calm", action="store_true", help="without anything that befalls the service")
    parser.add_argument("--folder", type=Path, help="keep everything in this new folder; else only after a failure")
    given = parser.parse_args()
    plan = plans.make_plan(given.seed, given.scale, faults=not given.calm)
    if given.plan:
        print(*plans.in_words(plan), sep="\n")
        return 0
    began = time.monotonic()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="followthrough-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    say = partial(_say, began)
    wrong = asyncio.run(run(plan, folder, say))
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(
        f"Seed {given.seed}: {len(plan)} steps, {len(wrong)} failures, {time.monotonic() - began:.0f} s",
        file=sys.stderr,
    )
    if wrong:
        print(f"Everything is in {folder}", file=sys.stderr)
    elif not given.folder:
        shutil.rmtree(folder)
    return 1 if wrong else 0


def _say(began: float, line: str) -> None:
    print(f"{time.monotonic() - began:5.0f} s  {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
