"""What comes to an action item if nobody does anything."""

from datetime import datetime

from followthrough.domain.answered.item.schedule import plan_item
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.item.action_item import ActionItem, Moment, MomentKind
from followthrough.domain.replayed.item.moments import pass_moment

MOST = 6
LAST = (MomentKind.WAIVER_EXPIRES, MomentKind.DRILL_OVER)
"""After them it is another story."""


def course(item: ActionItem, organisation: Organisation, now: datetime) -> list[Moment]:
    """Its next moments, each planned as if those before it had passed; one that was fast-forwarded has its own now."""
    ahead, found = item.model_copy(deep=True), list[Moment]()
    at = max([now, *(moment.at for moment in item.reminders)])
    while len(found) < MOST:
        ahead.plan = plan_item(ahead, organisation, at)
        moment = ahead.plan.next
        if moment is None:
            break
        found.append(moment)
        if moment.kind in LAST:
            break
        at = max(at, moment.at)
        pass_moment(ahead, moment, at)
    return found
