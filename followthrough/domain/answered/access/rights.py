"""Who may do what: one table, by what people are to the thing and not by rank, which the organisation file changes."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from followthrough.domain.replayed.ids import is_item
from followthrough.domain.replayed.proof import Relation


class Right(StrEnum):
    """What somebody can be allowed to do; as the organisation file names it, and as commands are called."""

    DECLARE = "declare"
    ACKNOWLEDGE = "acknowledge"
    ASSIGN_ROLE = "assign role"
    HAND_OVER = "hand over"
    CHANGE_SEVERITY = "change severity"
    SEND_UPDATE = "send update"
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    NOTE = "note"
    MITIGATE = "mitigate"
    RESOLVE = "resolve"
    CANCEL = "cancel"
    MERGE = "merge"
    SPLIT = "split"
    REOPEN = "reopen"
    LINK_REPEAT = "link repeat"
    UNLINK_REPEAT = "unlink repeat"
    GIVE_KUDOS = "give kudos"
    CHANGE_PRIVACY = "change privacy"
    ADMIT = "admit"
    CORRECT_TIMES = "correct times"
    PROPOSE = "propose action item"
    CHOOSE_FORMAT = "choose postmortem format"
    ASSIGN_POSTMORTEM = "assign postmortem"
    SUBMIT_POSTMORTEM = "submit postmortem"
    REVIEW_POSTMORTEM = "review postmortem"
    PUBLISH_POSTMORTEM = "publish postmortem"
    COMMENT_ON_POSTMORTEM = "comment on postmortem"
    SETTLE_COMMENT = "settle comment"
    CORRECT_POSTMORTEM = "correct postmortem"
    TO_CONFLUENCE = "publish to Confluence"
    ACCEPT = "accept"
    DECLINE = "decline"
    REASSIGN = "reassign"
    EXTEND = "extend"
    APPROVE_EXTENSION = "approve extension"
    REFUSE_EXTENSION = "refuse extension"
    BLOCK = "block"
    UNBLOCK = "unblock"
    SPLIT_ITEM = "split action item"
    MERGE_ITEM = "merge action item"
    DONE = "done"
    VERIFY = "verify"
    WAIVE = "waive"
    REOPEN_ITEM = "reopen action item"
    ADOPT = "adopt"
    ESTIMATE = "estimate"
    EDIT = "edit"
    COMMENT = "comment"
    LOOK_AT_TICKET = "look at ticket"
    APPROVE_PLANNING = "approve planning"
    START_DRILL = "start drill"
    SEND_DIGEST = "send digest"
    SEND_AGAIN = "send mails again"
    SET_ASIDE_ALERT = "set aside alert"
    SEND_WEBHOOKS = "send webhooks again"
    READ = "read"
    READ_MAILS = "read mails"
    READ_DIGESTS = "read digests"
    READ_LOAD = "read load"
    READ_INSIGHTS = "read insights"
    SEE_TROUBLES = "see troubles"
    SEE_SETTINGS = "see settings"
    SEE_WEBHOOKS = "see webhooks"
    CALENDAR = "calendar"
    READ_AUDIT = "read audit"
    ERASE_FROM_AUDIT = "erase from audit"
    IMPORT_DIRECTORY = "import directory"
    READ_PAYLOADS = "read payloads"


class Terms(NamedTuple):
    """Who may, and how a sentence says what."""

    deed: str
    """After "can't", before what it is about."""
    relations: tuple[Relation, ...]


class Group(NamedTuple):
    """A part of the table, with what people should know of it."""

    about: str
    rights: Mapping[Right, Terms]


IN_WORDS: Mapping[Relation, str] = MappingProxyType(
    {
        Relation.ANYBODY: "anybody in the organisation file",
        Relation.OWNER: "its owner",
        Relation.APPROVER: "who approves for it",
        Relation.PROPOSER: "who proposed or declared it",
        Relation.COMMANDER: "its Incident Commander",
        Relation.COMMS_LEAD: "its Comms Lead",
        Relation.ROLE_HOLDER: "who has a role in its incident",
        Relation.ON_CALL: "who is on call or on the escalation path for its service",
        Relation.TEAM_MEMBER: "members of its team",
        Relation.LEAD: "the team's lead",
        Relation.MANAGER: "managers above its owner or the lead",
        Relation.TEAM_UNTIL_COMMANDED: "its team, until an Incident Commander has acknowledged",
        Relation.AUTHOR: "the postmortem's author",
        Relation.REVIEWER: "anybody but the postmortem's author",
        Relation.VERIFIER: "its team, role holders, approvers or managers, but not its owner nor who gave the evidence",
        Relation.IN_JIRA: "whoever changes its ticket in Jira, where Jira's own permissions hold",
        Relation.THEMSELVES: "the person whom it is about",
        Relation.ADMINISTRATOR: "administrators",
        Relation.AUDITOR: "auditors",
    }
)
"""Each relation, as tables and refusals say it."""

_ANYBODY = (Relation.ANYBODY,)
_READERS = (Relation.ANYBODY, Relation.AUDITOR)
_RESPONDERS = (Relation.ROLE_HOLDER, Relation.ON_CALL, Relation.TEAM_MEMBER, Relation.LEAD, Relation.MANAGER)
_DECIDERS = (Relation.COMMANDER, Relation.LEAD, Relation.MANAGER, Relation.TEAM_UNTIL_COMMANDED)
_ABOVE = (Relation.APPROVER, Relation.LEAD, Relation.MANAGER)
_FOLLOWERS = (Relation.OWNER, Relation.TEAM_MEMBER, *_ABOVE)
_WRITERS = (Relation.OWNER, Relation.AUTHOR, *_RESPONDERS)
_PUBLISHERS = (Relation.OWNER, Relation.AUTHOR, Relation.COMMANDER, Relation.LEAD, Relation.MANAGER)

INCIDENTS = Group(
    "Until somebody has acknowledged to be its Incident Commander, its team decides.",
    {
        Right.DECLARE: Terms("declare an incident of", _ANYBODY),
        Right.ACKNOWLEDGE: Terms("acknowledge a role in", (Relation.ROLE_HOLDER,)),
        Right.ASSIGN_ROLE: Terms(
            "assign roles in",
            (Relation.COMMANDER, Relation.ON_CALL, Relation.TEAM_MEMBER, Relation.LEAD, Relation.MANAGER),
        ),
        Right.HAND_OVER: Terms("hand over a role in", (Relation.ROLE_HOLDER,)),
        Right.CHANGE_SEVERITY: Terms("change the severity of", _DECIDERS),
        Right.SEND_UPDATE: Terms(
            "send an update about", (Relation.COMMS_LEAD, Relation.COMMANDER, Relation.TEAM_UNTIL_COMMANDED)
        ),
        Right.SUBSCRIBE: Terms("subscribe to", _ANYBODY),
        Right.UNSUBSCRIBE: Terms("unsubscribe from", _ANYBODY),
        Right.NOTE: Terms("add a note to", _ANYBODY),
        Right.MITIGATE: Terms("mitigate", _RESPONDERS),
        Right.RESOLVE: Terms("resolve", _RESPONDERS),
        Right.CANCEL: Terms("cancel", _DECIDERS),
        Right.MERGE: Terms("merge", _DECIDERS),
        Right.SPLIT: Terms("split", _RESPONDERS),
        Right.REOPEN: Terms("reopen", (*_RESPONDERS, Relation.PROPOSER)),
        Right.LINK_REPEAT: Terms("link an earlier incident to", _RESPONDERS),
        Right.UNLINK_REPEAT: Terms("unlink an earlier incident from", _RESPONDERS),
        Right.GIVE_KUDOS: Terms("give kudos in", _ANYBODY),
        Right.CHANGE_PRIVACY: Terms("make private, or open,", (*_DECIDERS, Relation.PROPOSER)),
        Right.ADMIT: Terms("let somebody in on", (*_RESPONDERS, Relation.PROPOSER)),
        Right.CORRECT_TIMES: Terms("correct the times of", _WRITERS),
        Right.PROPOSE: Terms("propose an action item in", _ANYBODY),
    },
)
POSTMORTEMS = Group(
    "The owner of a postmortem is who owes it, its author who handed its text in. Whoever may comment may settle their "
    "own comments.",
    {
        Right.CHOOSE_FORMAT: Terms("choose the postmortem's format of", _WRITERS),
        Right.ASSIGN_POSTMORTEM: Terms(
            "assign the postmortem of", (Relation.OWNER, Relation.COMMANDER, Relation.LEAD, Relation.MANAGER)
        ),
        Right.SUBMIT_POSTMORTEM: Terms("submit the postmortem of", _WRITERS),
        Right.REVIEW_POSTMORTEM: Terms("review the postmortem of", (Relation.REVIEWER,)),
        Right.PUBLISH_POSTMORTEM: Terms("publish the postmortem of", _PUBLISHERS),
        Right.COMMENT_ON_POSTMORTEM: Terms("comment on the postmortem of", _ANYBODY),
        Right.SETTLE_COMMENT: Terms("settle comments of others on the postmortem of", _PUBLISHERS),
        Right.CORRECT_POSTMORTEM: Terms("correct the postmortem of", _PUBLISHERS),
        Right.TO_CONFLUENCE: Terms("publish to Confluence the postmortem of", _PUBLISHERS),
    },
)
ITEMS = Group(
    "Beyond what `policies.items` allows, more time and longer waits need an approver.",
    {
        Right.ACCEPT: Terms("accept", (Relation.OWNER,)),
        Right.DECLINE: Terms("decline", (Relation.OWNER,)),
        Right.REASSIGN: Terms("reassign", (*_FOLLOWERS, Relation.COMMANDER, Relation.IN_JIRA)),
        Right.EXTEND: Terms("extend", (Relation.OWNER, *_ABOVE)),
        Right.APPROVE_EXTENSION: Terms("approve the extension of", (Relation.APPROVER,)),
        Right.REFUSE_EXTENSION: Terms("refuse the extension of", (Relation.APPROVER,)),
        Right.BLOCK: Terms("block", _FOLLOWERS),
        Right.UNBLOCK: Terms("unblock", _FOLLOWERS),
        Right.SPLIT_ITEM: Terms("split", (Relation.OWNER, Relation.COMMANDER, *_ABOVE)),
        Right.MERGE_ITEM: Terms("merge", (Relation.OWNER, Relation.COMMANDER, *_ABOVE)),
        Right.DONE: Terms("finish", (*_FOLLOWERS, Relation.IN_JIRA)),
        Right.VERIFY: Terms("verify", (Relation.VERIFIER,)),
        Right.WAIVE: Terms("waive", (Relation.APPROVER,)),
        Right.REOPEN_ITEM: Terms(
            "reopen", (*_FOLLOWERS, Relation.PROPOSER, Relation.ROLE_HOLDER, Relation.VERIFIER, Relation.IN_JIRA)
        ),
        Right.ADOPT: Terms("adopt a ticket for", _FOLLOWERS),
        Right.ESTIMATE: Terms("estimate", _FOLLOWERS),
        Right.EDIT: Terms("edit", (Relation.OWNER, Relation.APPROVER)),
        Right.COMMENT: Terms("comment on", _ANYBODY),
    },
)
SERVICE = Group(
    "Where the file names no administrators, those are who manage somebody or lead a team, and have no manager.",
    {
        Right.APPROVE_PLANNING: Terms("approve the sprint planning of", (Relation.TEAM_MEMBER, Relation.LEAD)),
        Right.START_DRILL: Terms(
            "start a drill of",
            (Relation.TEAM_MEMBER, Relation.LEAD, Relation.MANAGER, Relation.ADMINISTRATOR),
        ),
        Right.SEND_DIGEST: Terms("send digests", (Relation.ADMINISTRATOR,)),
        Right.SEND_AGAIN: Terms("send mails again", (Relation.ADMINISTRATOR,)),
        Right.SET_ASIDE_ALERT: Terms("set aside alerts", _ANYBODY),
        Right.SEND_WEBHOOKS: Terms("send webhooks again", (Relation.ADMINISTRATOR,)),
    },
)
PAGES = Group(
    "With their lists in the API and exports. Of pages it is only known whether somebody is anybody, an administrator, "
    "an auditor, or the person whom its address names.",
    {
        Right.READ: Terms("read this", _READERS),
        Right.LOOK_AT_TICKET: Terms("have this ticket read", _ANYBODY),
        Right.READ_MAILS: Terms("read mails", _READERS),
        Right.READ_DIGESTS: Terms("read digests", _READERS),
        Right.READ_LOAD: Terms("see who carries how much", _READERS),
        Right.READ_INSIGHTS: Terms("read insights", _READERS),
        Right.SEE_TROUBLES: Terms("see what is wrong with the service", _READERS),
        Right.SEE_SETTINGS: Terms("see the settings", (Relation.ADMINISTRATOR,)),
        Right.SEE_WEBHOOKS: Terms("see what went out by webhooks", (Relation.ADMINISTRATOR, Relation.AUDITOR)),
        Right.CALENDAR: Terms(
            "have or revoke the address of this calendar", (Relation.THEMSELVES, Relation.ADMINISTRATOR)
        ),
        Right.READ_AUDIT: Terms("read the audit", (Relation.ADMINISTRATOR, Relation.AUDITOR)),
        Right.ERASE_FROM_AUDIT: Terms("erase people from the audit", (Relation.ADMINISTRATOR,)),
        Right.IMPORT_DIRECTORY: Terms("import people", (Relation.ADMINISTRATOR,)),
        Right.READ_PAYLOADS: Terms("decrypt what Temporal keeps", (Relation.ADMINISTRATOR,)),
    },
)

GROUPS: Mapping[str, Group] = MappingProxyType(
    {
        "Incidents": INCIDENTS,
        "Postmortems": POSTMORTEMS,
        "Action items": ITEMS,
        "Teams and the service": SERVICE,
        "Pages": PAGES,
    }
)
OF_PAGES = (Relation.ANYBODY, Relation.ADMINISTRATOR, Relation.AUDITOR, Relation.THEMSELVES)
"""What is known where something is about no incident, action item or team."""

TABLE: Mapping[Right, Terms] = MappingProxyType(
    {right: terms for group in GROUPS.values() for right, terms in group.rights.items()}
)
"""All of it."""

_OF_ITEMS = {"split": Right.SPLIT_ITEM, "merge": Right.MERGE_ITEM, "reopen": Right.REOPEN_ITEM}
"""Commands that incidents have by the same name."""


def right_of(command: str, record_id: str) -> Right:
    """What has to be allowed for a command to the incident or action item. Raises ValueError for one without a row."""
    return _OF_ITEMS[command] if is_item(record_id) and command in _OF_ITEMS else Right(command)
