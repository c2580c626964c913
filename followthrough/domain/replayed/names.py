"""The words that people choose from. They cost nothing to import, for the command line offers them, too."""

from enum import StrEnum


class Severity(StrEnum):
    """SEV1 is the worst."""

    SEV1 = "SEV1"
    SEV2 = "SEV2"
    SEV3 = "SEV3"
    SEV4 = "SEV4"


class IncidentStatus(StrEnum):
    """Where an incident is; CLOSED, CANCELLED and MERGED are its ends."""

    DECLARED = "declared"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    PUBLISHED = "postmortem published"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    MERGED = "merged"


class Role(StrEnum):
    """Nobody holds two."""

    INCIDENT_COMMANDER = "Incident Commander"
    COMMS_LEAD = "Comms Lead"
    RESOLVER = "Resolver"


class Audience(StrEnum):
    """Who an update is for."""

    CUSTOMERS = "customers"
    EXECUTIVES = "executives"
    INTERNAL = "internal"


class UpdateStage(StrEnum):
    """What an update says about the state of the work."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"


class Kind(StrEnum):
    """What an action item does about the next incident of this sort."""

    PREVENT = "prevent"
    DETECT = "detect"
    MITIGATE = "mitigate"
    PROCESS = "process"


class Priority(StrEnum):
    """Drives the deadline together with the incident's severity."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class ItemStatus(StrEnum):
    """Where an action item is; CLOSED, WAIVED, MERGED (into another) and SPLIT (into parts) are its ends."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DONE = "done"
    CLOSED = "closed"
    WAIVED = "waived"
    MERGED = "merged"
    SPLIT = "split"


class EvidenceKind(StrEnum):
    """What a piece of evidence is."""

    CHANGE = "change"
    DASHBOARD = "dashboard"
    TEST = "test"


class FormatName(StrEnum):
    """The template of the same name in ``postmortem_formats``."""

    FIVE_WHYS = "five-whys"
    TIMELINE_WALK = "timeline-walk"
    WENT_WELL_AND_LUCKY = "went-well-and-lucky"
    CONTRIBUTING_FACTORS = "contributing-factors"
    SHORT = "short"


class Scope(StrEnum):
    """What a token is good for, at most."""

    READ = "read"
    COMMAND = "command"
    ACT_FOR_OTHERS = "act for others"
    """A service token's ``by`` is believed."""
    ADMINISTER = "administer"


class DigestName(StrEnum):
    """Which digest is sent by hand."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"


class MailState(StrEnum):
    """QUEUED is written before a mail is handed over, so that a crash in between is seen.

    GATHERED waits for the person's next daily mail; UNNEEDED would have asked for what was settled by then. SET_ASIDE
    can't be made, or could not be handed over for too long: somebody looks at it, and sends it again.
    """

    GATHERED = "gathered"
    UNNEEDED = "unneeded"
    QUEUED = "queued"
    SET_ASIDE = "set aside"
    SENT = "sent"
    REFUSED = "refused"
    DELIVERED = "delivered"
    BOUNCED = "bounced"

    @property
    def done(self) -> bool:
        """It went out, or need not."""
        return self in (self.UNNEEDED, self.SENT, self.DELIVERED, self.BOUNCED)
