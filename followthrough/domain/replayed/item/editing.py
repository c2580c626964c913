"""Commands that change how an action item is worded and filed, and that comment on it."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from followthrough.domain.replayed.item.action_item import OPEN, ActionItem, Comment, Kind, Priority
from followthrough.domain.replayed.limits import COMMENTS
from followthrough.domain.replayed.text import REASON, Label, Note, ReasonIfAny, Title, cut
from followthrough.domain.replayed.values import EntryKind, PersonId, Refusal, Request


class Edit(Request):
    """It is said better, or filed otherwise: what is left out stays as it is."""

    command: Literal["edit"] = "edit"
    by: PersonId
    title: Title | None = None
    description: ReasonIfAny | None = Field(None, description="Empty, it has none any more")
    kind: Kind | None = None
    priority: Priority | None = None
    missing: tuple[Label, ...] = Field(
        (), max_length=100, description="What keeps its title from being checkable; the API fills it in"
    )
    hints: tuple[Label, ...] = Field((), max_length=100, description="What could not be checked; the API fills it in")

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Raises Refusal once it is settled, and when nothing would change.

        Kind and priority move the deadline as the policy has it, but not further away, unless an approver says so.
        """
        item.require(*OPEN, to="edited")
        new = self._new(item)
        if not new:
            raise Refusal(f"Action item {item.id} is like that already; say what is to be changed.")
        said = [_change(name, getattr(item, name), value) for name, value in new.items()]
        if "kind" in new or "priority" in new:
            latest = item.plan.due if item.plan and self.by not in item.approvers else None
            item.latest_due = latest
        for name, value in new.items():
            setattr(item, name, value)
        item.edited += 1
        item.note(now, EntryKind.ACTION_ITEM, f"Edited: {'; '.join(said)}", self.by)
        for sentence in self.missing:
            item.note(now, EntryKind.ACTION_ITEM, f"The new title is taken, although it misses: {sentence}")
        for sentence in self.hints:
            item.note(now, EntryKind.ACTION_ITEM, f"About the new title: {sentence}")

    def _new(self, item: ActionItem) -> dict[str, Any]:
        """What is to be another than it is."""
        given = {"title": self.title, "description": self.description, "kind": self.kind, "priority": self.priority}
        return {name: value for name, value in given.items() if value is not None and value != getattr(item, name)}


def _change(name: str, before: str, after: str) -> str:
    if name in ("kind", "priority"):
        return f"{name} from {before} to {after}"
    if not before:
        return f"{name} “{after}”"
    return f"{name} from “{before}” to “{after}”" if after else f"no {name} any more, it was “{before}”"


class AddComment(Request):
    """Something that whoever has to do with it should know."""

    command: Literal["comment"] = "comment"
    by: PersonId
    text: Note

    def apply(self, item: ActionItem, now: datetime) -> None:
        """It is all on the timeline; of the last ones the item itself knows the beginnings."""
        comment = Comment(by=self.by, at=now, text=cut(self.text, REASON))
        item.comments = [*item.comments, comment][-COMMENTS:]
        item.note(now, EntryKind.NOTE, self.text, self.by)
