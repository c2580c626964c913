"""Commands whose every text is as long as it may be, in the characters that take most space."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from pydantic import HttpUrl

from followthrough.domain.replayed.incident.commands import (
    Acknowledge,
    AddNote,
    AssignRole,
    ChangeSeverity,
    IncidentCommand,
    Mitigate,
    ProposeItem,
    Resolve,
    SendUpdate,
)
from followthrough.domain.replayed.incident.incident import Audience, Role, UpdateStage
from followthrough.domain.replayed.incident.kudos import GiveKudos
from followthrough.domain.replayed.incident.lifecycle import HandOver, LinkRepeat, Reopen, Split
from followthrough.domain.replayed.incident.subscriptions import Subscribe, Unsubscribe
from followthrough.domain.replayed.item.commands import (
    Accept,
    Decline,
    Extend,
    Finish,
    ItemCommand,
    Reassign,
    Verify,
    Waive,
)
from followthrough.domain.replayed.item.editing import AddComment, Edit
from followthrough.domain.replayed.item.lifecycle import BlockItem, Part, ReopenItem, SplitItem, Unblock
from followthrough.domain.replayed.postmortem.commands import (
    AssignPostmortem,
    Publish,
    ReviewPostmortem,
    SubmitPostmortem,
)
from followthrough.domain.replayed.text import NOTE, POSTMORTEM, REASON, URL
from followthrough.domain.replayed.values import Severity

CHARACTERS = ("a", '"', "\U0001f525")
"""As they are, twice as long in JSON, and four bytes each."""
EVIDENCE = HttpUrl("https://git.example.com/".ljust(URL, "x"))

TITLE = 200  # of an action item, in every version


def incident_command(random: Random, people: list[str]) -> IncidentCommand:
    """Any of them, by and about any of ``people``."""
    by, other, character = random.choice(people), random.choice(people), random.choice(CHARACTERS)
    reason, note, text = character * REASON, character * NOTE, character * (POSTMORTEM // len(character.encode()))
    audience = random.choice(list(Audience))
    commands: list[Callable[[], IncidentCommand]] = [
        lambda: Acknowledge(by=by),
        lambda: AddNote(by=by, text=note),
        lambda: AssignPostmortem(by=by, to=other, reason=reason),
        lambda: AssignRole(by=by, person=other, role=random.choice(list(Role)), note=reason),
        lambda: ChangeSeverity(by=by, severity=random.choice(list(Severity)), reason=reason),
        lambda: GiveKudos(by=by, to=(other,), text=character * 1000),
        lambda: HandOver(by=by, person=other, note=note),
        lambda: LinkRepeat(by=by, of=f"inc-{random.randrange(16**10):010x}", reason=reason),
        lambda: Mitigate(by=by, summary=reason),
        lambda: ProposeItem(by=by, owner=other, title=character * TITLE),
        lambda: Publish(by=by, text=text, no_items_because=reason, override=reason, blaming=1),
        lambda: Reopen(by=by, reason=reason),
        lambda: Resolve(by=by, summary=reason),
        lambda: ReviewPostmortem(by=by, note=note, approved=random.random() < 0.5),
        lambda: SendUpdate(by=by, stage=random.choice(list(UpdateStage)), audience=audience, text=note),
        lambda: Split(by=by, title=character * TITLE, reason=reason),
        lambda: SubmitPostmortem(by=by, text=text, override=reason, blaming=1),
        lambda: Subscribe(by=by, audience=audience),
        lambda: Unsubscribe(by=by),
    ]
    return random.choice(commands)()


def item_command(random: Random, people: list[str], now: datetime) -> ItemCommand:
    """Any of them, by and about any of ``people``."""
    by, other, character = random.choice(people), random.choice(people), random.choice(CHARACTERS)
    reason, until = character * REASON, now + timedelta(days=random.randrange(1, 40))
    parts = (Part(title=character * TITLE, owner=other),) * 2
    commands: list[Callable[[], ItemCommand]] = [
        lambda: Accept(by=by),
        lambda: BlockItem(by=by, reason=reason, until=until),
        lambda: AddComment(by=by, text=character * NOTE),
        lambda: Edit(by=by, title=character * random.randrange(1, TITLE), description=reason),
        lambda: Decline(by=by, reason=reason),
        lambda: Extend(by=by, until=until, reason=reason),
        lambda: Finish(by=by, evidence=EVIDENCE, note=reason),
        lambda: Reassign(by=by, to=other, reason=reason),
        lambda: ReopenItem(by=by, reason=reason),
        lambda: SplitItem(by=by, parts=parts),
        lambda: Unblock(by=by),
        lambda: Verify(by=by, holds=random.random() < 0.5, note=reason),
        lambda: Waive(by=by, reason=reason, until=until),
    ]
    return random.choice(commands)()
