"""What a mail shows of its record as it was when it was asked for; all else is as it is when the mail is sent."""

from followthrough.domain.replayed.incident.incident import Audience, Incident, Role, RoleHolder, UpdateStage
from followthrough.domain.replayed.item.action_item import ActionItem, Block, ExtensionWanted, ItemStatus, Waiver
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind, ToTell
from followthrough.domain.replayed.postmortem.postmortem import Review
from followthrough.domain.replayed.values import Message, PersonId

TO_HOLDERS = (
    NoticeKind.INCIDENT_DECLARED,
    NoticeKind.ROLE_ASSIGNED,
    NoticeKind.ROLE_HANDED_OVER,
    NoticeKind.ROLE_NOT_ACKNOWLEDGED,
)


class Shown(Message):
    """A few values, each None unless the mail is about just that."""

    holder: RoleHolder | None = None
    stage: UpdateStage | None = None
    review: Review | None = None
    """Without its note, which is the mail's text."""
    status: ItemStatus | None = None
    owner: PersonId | None = None
    waiver: Waiver | None = None
    extension_wanted: ExtensionWanted | None = None
    block: Block | None = None


def shown_of(record: Incident | ActionItem, told: ToTell) -> Shown:
    """For a mail that is asked for now."""
    if isinstance(record, ActionItem):
        return shown_of_item(record, told.kind)
    return shown_of_incident(record, told.kind, told.to, told.audience)


def as_shown(record: Incident | ActionItem, shown: Shown, audience: Audience | None) -> Incident | ActionItem:
    """For the mail that is sent now."""
    if isinstance(record, ActionItem):
        return item_as_shown(record, shown)
    return incident_as_shown(record, shown, audience)


def shown_of_incident(incident: Incident, kind: NoticeKind, to: tuple[str, ...], audience: Audience | None) -> Shown:
    """For a mail that is asked for now."""
    holders = (holder for person in to for holder in incident.roles if holder.person == person)
    if kind in TO_HOLDERS:
        return Shown(holder=next(holders, None))
    if kind is NoticeKind.STAKEHOLDER_UPDATE:
        return Shown(stage=next(update.stage for update in incident.updates if update.audience is audience))
    if kind is NoticeKind.POSTMORTEM_REVIEWED and incident.postmortem and incident.postmortem.review:
        return Shown(review=incident.postmortem.review.model_copy(update={"note": ""}))
    return Shown()


def shown_of_item(item: ActionItem, kind: NoticeKind) -> Shown:
    """For a mail that is asked for now."""
    return Shown(
        status=item.status,
        owner=item.owner,
        waiver=item.waiver if kind in (NoticeKind.ITEM_ENDED, NoticeKind.ITEM_WAIVER_ENDS) else None,
        extension_wanted=item.extension_wanted if kind is NoticeKind.ITEM_EXTENSION_WANTED else None,
        block=item.block if kind is NoticeKind.ITEM_BLOCKED else None,
    )


def incident_as_shown(incident: Incident, shown: Shown, audience: Audience | None) -> Incident:
    """For the mail that is sent now."""
    roles, updates, postmortem = incident.roles, incident.updates, incident.postmortem
    if (held := shown.holder) is not None:
        alone = held.role is not Role.RESOLVER
        others = [one for one in roles if one.person != held.person and not (alone and one.role is held.role)]
        roles = [held, *others]
    if shown.stage is not None:
        updates = [
            one.model_copy(update={"stage": shown.stage}) if one.audience is audience else one for one in updates
        ]
    if shown.review is not None and postmortem is not None:
        postmortem = postmortem.model_copy(update={"review": shown.review})
    return incident.model_copy(update={"roles": roles, "updates": updates, "postmortem": postmortem})


def item_as_shown(item: ActionItem, shown: Shown) -> ActionItem:
    """For the mail that is sent now."""
    return item.model_copy(update={name: value for name, value in shown if value is not None})
