"""What the mail about a mail that was not delivered may use."""

from collections.abc import Sequence
from typing import TypedDict
from urllib.parse import quote

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.text import one_line
from followthrough.mail.buttons import Step
from followthrough.mail.context import AsIs
from workflows.messages.mail import MissedMail


class AboutMailProblem(TypedDict):
    """``whom`` is a name, empty for a plain address."""

    whom: str
    title: str
    """Of the incident or action item; empty for a digest."""
    subject: str
    reason: str
    mail_url: AsIs
    choices: list[tuple[str, AsIs]]
    """What the reader may decide about it themselves."""


def about_mail_problem(
    missed: MissedMail, title: str, organisation: Organisation, public_url: str, steps: Sequence[Step] = ()
) -> AboutMailProblem:
    """With the ``steps`` that the reader can take in their place.

    Without the address, which the organisation file has.
    """
    return {
        "whom": organisation.name_of(missed.person) if missed.person else "",
        "title": one_line(title),
        "subject": one_line(missed.subject),
        "reason": one_line(missed.reason),
        "mail_url": AsIs(f"{public_url}/outbox/{quote(missed.key)}"),
        "choices": [(step.label, AsIs(step.url)) for step in steps],
    }
