"""Who asks, as far as that is proven."""

from enum import StrEnum

from followthrough.domain.replayed.names import Scope as Scope
from followthrough.domain.replayed.text import Label, MachineLine
from followthrough.domain.replayed.values import Message, PersonId


class Door(StrEnum):
    """What proves who somebody is."""

    THIS_MACHINE = "this machine"
    """Nothing does: whoever sits at the machine is believed."""
    SESSION = "session"
    TOKEN = "token"  # noqa: S105 -- no secret
    """A person's own."""
    SERVICE_TOKEN = "service token"  # noqa: S105 -- no secret
    MAIL_LINK = "mail link"
    BREAK_GLASS = "break-glass code"
    JIRA = "Jira"
    DIRECTORY = "directory"
    """The token of SCIM, behind which is no person."""


class Actor(Message):
    """Who asks; no person where nothing proves one: at this machine, and for service tokens."""

    person: PersonId | None
    door: Door
    name: Label = ""
    """Of the token, as people call it."""
    scopes: frozenset[Scope] = frozenset(Scope)
    address: MachineLine = ""
    """Where the request came from, for the audit alone."""

    @property
    def speaks_for_others(self) -> bool:
        """Whether it is believed whom it names as ``by``."""
        return self.door is Door.THIS_MACHINE or (
            self.door is Door.SERVICE_TOKEN and Scope.ACT_FOR_OTHERS in self.scopes
        )

    @property
    def through(self) -> str:
        """What a timeline says beside the person; empty where there is nothing to say."""
        return f"through {self.name}" if self.door in (Door.TOKEN, Door.SERVICE_TOKEN) else ""


AT_THIS_MACHINE = Actor(person=None, door=Door.THIS_MACHINE)
