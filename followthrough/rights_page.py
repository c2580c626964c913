"""The table of rights as a page to read; ``python -m followthrough.rights_page`` prints it."""

import sys
from collections.abc import Iterator

from followthrough.domain.answered.access.rights import GROUPS, IN_WORDS, Right, Terms
from followthrough.domain.answered.access.routes import ROUTES, Open
from followthrough.domain.answered.wording import listed

BEFORE = """\
# Who may do what

By what somebody is to an incident, an action item or a team, and not by rank alone. Open where openness helps: anybody
can read, note, propose and thank. Closed where it decides. This page is made from the table that the service uses.

Each row can be tightened or widened in the organisation file; what it does not name stays as it is here:

    policies:
      rights:
        resolve: [Incident Commander, lead]
        read mails: [administrator, auditor]

It counts from the next command or page on, also for what is open. Some rules hold whatever the file says: only its
owner accepts or declines an action item, only who approves for it waives it, nobody verifies their own item or evidence
or reviews their own postmortem, and a sprint is planned by its team.

Who may not is told in one sentence (403), with who may and whom to ask by name. It is answered when a command comes in,
and again in the workflow of its incident or action item, which knows at once who has which role. A command that is
given again with its `Idempotency-Key` has its answer, whoever has which role by then.

At the machine itself, without a provider to sign in with, whoever says `by` is believed, and the table counts for them.
Elsewhere it is whoever is signed in, or whose token or link it is. In the name of others act only tokens of services
with the scope *act for others*, and the timeline says through which.
"""
ADDRESSES = """\
## Each address

| Asks for | Address |
| --- | --- |
"""
AFTER = """\
## What the words mean

| In the file | Means |
| --- | --- |
"""


def markdown() -> str:
    """All of it."""
    return "\n".join([BEFORE, *_groups(), AFTER + "".join(_words()), ADDRESSES + "".join(_addresses())])


def _groups() -> Iterator[str]:
    for title, group in GROUPS.items():
        rows = "".join(f"| {right} | {_who(terms)} |\n" for right, terms in group.rights.items())
        yield f"## {title}\n\n{group.about}\n\n| In the file | Who may |\n| --- | --- |\n{rows}"


def _who(terms: Terms) -> str:
    return listed(terms.relations, "or")


def _words() -> Iterator[str]:
    for relation, words in IN_WORDS.items():
        yield f"| {relation} | {words} |\n"


def _addresses() -> Iterator[str]:
    for asks in (*Open, *Right):
        if found := [f"`{address}`" for address, wanted in ROUTES.items() if wanted is asks]:
            yield f"| {asks} | {', '.join(found)} |\n"


if __name__ == "__main__":
    sys.stdout.write(markdown())
