"""What people do with an action item: some accept late or decline, some never answer, miss deadlines, or give it up."""

from collections.abc import Callable
from datetime import timedelta

from bench.year.acts import DAY, HOUR, Scene, Then
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus

WHY = "It is how this year goes"


def next_of_item(item: ActionItem, what: str, scene: Scene) -> Then:
    """Whatever was intended, only what its state allows."""
    if item.settled:
        return _reopen(item, scene) if what == "reopen" and item.status is ItemStatus.CLOSED else Then()
    if item.under_way is not None:
        return Then(what=what, wait=HOUR)
    if item.status is ItemStatus.DONE:
        return _verify(item, scene)
    if item.owner_wanted is not None and not (item.status is ItemStatus.PROPOSED and scene.maybe(0.3)):
        return _reassign(item, scene)
    if item.status is ItemStatus.PROPOSED:
        return _accept(item, scene)
    return DOES.get(what, _finish)(item, scene)


def after_end(item: ActionItem, scene: Scene) -> Then:
    """It may turn out that it was not done."""
    if item.status is ItemStatus.CLOSED and scene.maybe(0.03):
        return Then(what="reopen", wait=scene.days(5, 40))
    return Then()


def _lead(item: ActionItem, scene: Scene) -> str:
    return scene.firm.lead(item.team)


def _accept(item: ActionItem, scene: Scene) -> Then:
    if scene.times == 0:
        if scene.maybe(0.10):
            return Then([{"command": "decline", "by": item.owner, "reason": WHY}], "reassign", scene.days(0.5, 4))
        if scene.maybe(0.22):
            return Then(what="accept", wait=scene.days(3, 10))
    elif scene.times < 3 and scene.maybe(0.3):
        return Then(what="accept", wait=scene.days(2, 8))
    then = _work(item, scene)
    then.commands.insert(0, {"command": "accept", "by": item.owner})
    return then


def _reassign(item: ActionItem, scene: Scene) -> Then:
    others = [one for one in scene.firm.present(item.team, scene.now)[1:] if one != item.owner]
    said = {"command": "reassign", "by": _lead(item, scene), "to": scene.draw.choice(others), "reason": WHY}
    return Then([said], "accept", scene.days(0.2, 2))


def _work(item: ActionItem, scene: Scene) -> Then:
    """How its owner goes about it."""
    left = max((item.due_at or scene.now) - scene.now, DAY)
    if scene.rushing:
        return Then(what="finish", wait=scene.days(0.5, 3))
    whole = left / DAY
    [how] = scene.draw.choices(["in time", "extend", "block", "ticket", "late", "never"], [50, 12, 8, 10, 15, 5])
    match how:
        case "in time":
            return Then(what="finish", wait=scene.days(0.3 * whole, 0.95 * whole))
        case "extend":
            return Then(what="extend", wait=scene.days(0.8 * whole, 0.98 * whole))
        case "block":
            return Then(what="block", wait=scene.days(0.2 * whole, 0.5 * whole))
        case "ticket":
            return Then(what="ticket", wait=scene.days(0.1 * whole, 0.7 * whole))
        case "late":
            return Then(what="finish", wait=left + scene.days(1, 25))
        case _:
            return Then(what="waive", wait=left + scene.days(20, 70))


def _finish(item: ActionItem, scene: Scene) -> Then:
    evidence = f"https://git.example.com/changes/{scene.draw.randrange(10**6)}"
    return Then([{"command": "done", "by": item.owner, "evidence": evidence}], "verify", scene.days(0.3, 6))


def _verify(item: ActionItem, scene: Scene) -> Then:
    holds = not scene.maybe(0.07)
    said = {"command": "verify", "by": _lead(item, scene), "holds": holds, "note": WHY}
    return Then([said], "" if holds else "finish", scene.days(1, 8))


def _extend(item: ActionItem, scene: Scene) -> Then:
    until = (max(item.due_at or scene.now, scene.now) + 10 * DAY).isoformat()
    return Then([{"command": "extend", "by": item.owner, "until": until, "reason": WHY}], "finish", scene.days(4, 16))


def _block(item: ActionItem, scene: Scene) -> Then:
    until = (scene.now + timedelta(days=14)).isoformat()
    return Then([{"command": "block", "by": item.owner, "until": until, "reason": WHY}], "unblock", scene.days(5, 20))


def _unblock(item: ActionItem, scene: Scene) -> Then:
    then = Then(what="finish", wait=scene.days(1, 12))
    if item.block is not None:
        then.commands = [{"command": "unblock", "by": item.owner}]
    return then


def _ticket(item: ActionItem, scene: Scene) -> Then:
    """Its owner works in Jira; Followthrough hears of it by the next sweep."""
    account = f"account-{item.owner}"
    if scene.draw.random() < 0.5:
        return Then(what="ticket", wait=scene.days(1, 9), moves=(account, "In Progress"))
    return Then(what="finish", wait=scene.days(1, 4), moves=(account, "Done"))


def _waive(item: ActionItem, scene: Scene) -> Then:
    said = {"command": "waive", "by": _lead(item, scene), "reason": WHY}
    if scene.draw.random() < 0.6:
        said["until"] = (scene.now + scene.draw.randint(30, 150) * DAY).isoformat()
    return Then([said])


def _reopen(item: ActionItem, scene: Scene) -> Then:
    return Then([{"command": "reopen", "by": _lead(item, scene), "reason": WHY}], "accept", scene.days(0.5, 4))


DOES: dict[str, Callable[[ActionItem, Scene], Then]] = {
    "finish": _finish,
    "extend": _extend,
    "block": _block,
    "unblock": _unblock,
    "ticket": _ticket,
    "waive": _waive,
}
