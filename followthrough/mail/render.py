"""Turns a notice into a mail: a Markdown template gives the text part, and through it the HTML part.

Mails of an incident refer to one root, so that mail clients show a thread. Gmail also wants equal subjects;
ours say what to do instead, behind the id of what they are about.
"""

import re
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from css_inline import CSSInliner
from jinja2 import StrictUndefined, TemplateAssertionError, nodes
from jinja2.loaders import FileSystemLoader
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import select_autoescape
from markdown_it import MarkdownIt

from followthrough.domain.answered.access.privacy import discreet
from followthrough.domain.answered.item.standing import NOTHING_KNOWN, Standing
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.report.digest import Digest
from followthrough.domain.answered.report.weekly import WeeklyDigest
from followthrough.domain.answered.sprint.proposal import Proposal
from followthrough.domain.answered.wording import when
from followthrough.domain.replayed.incident.incident import Audience
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.domain.replayed.mail.waiting import WaitingMail
from followthrough.domain.replayed.text import clean, shortened
from followthrough.domain.replayed.values import PersonId
from followthrough.links import Links
from followthrough.mail.buttons import steps
from followthrough.mail.context import AboutIncident, AboutItem, AsIs, about_incident, about_item
from followthrough.mail.daily import AboutDaily, about_daily
from followthrough.mail.digest_context import AboutDigest, AboutWeekly, about_digest, about_weekly
from followthrough.mail.mail_problem import AboutMailProblem, about_mail_problem
from followthrough.mail.planning import AboutPlanning, about_planning
from followthrough.mail.private import AboutPrivate, about_private
from followthrough.mail.trouble import AboutTrouble, about_trouble
from followthrough.mail.unsubscribe import unsubscribe_headers
from followthrough.markdown import ready
from workflows.messages.mail import DailyMail, MissedMail, Notice
from workflows.messages.sprint import PlanningMail

LAYOUT, DIGEST, WEEKLY, CHAPTERS = "layout.html.j2", "digest.md.j2", "weekly.md.j2", "_digest-chapters.md.j2"
DAILY, UNDELIVERED, TROUBLE = "daily.md.j2", f"{NoticeKind.UNDELIVERED}.md.j2", "trouble.md.j2"
PRIVATE = "private.md.j2"
SUBJECT_WIDTH = 150
DRILL = "**This is a drill.** Practise as if it were real; no customer is affected.\n\n"
LATE = "**This mail is late:** it is of {when}, and could not be sent before. Things may have moved on.\n\n"
CHART = re.compile(r"!\[([^\[\]]*+)\]\(cid:[\w-]++\)")
CHART_WIDTH = "400"
KNOWN: Mapping[str, Set[str]] = {
    LAYOUT: {"subject", "body", "footer"},
    CHAPTERS: {"chapters"},
    DIGEST: AboutDigest.__annotations__.keys(),
    WEEKLY: AboutWeekly.__annotations__.keys(),
    DAILY: AboutDaily.__annotations__.keys(),
    UNDELIVERED: AboutMailProblem.__annotations__.keys(),
    TROUBLE: AboutTrouble.__annotations__.keys(),
    PRIVATE: AboutPrivate.__annotations__.keys(),
}
"""What templates of one kind only may use."""
PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
MARKDOWN = ready(MarkdownIt("commonmark", {"html": False, "breaks": True}))
INLINER = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


class Rendered(NamedTuple):
    """A mail without its recipients."""

    subject: str
    text: str
    html: str
    headers: dict[str, str]


class Templates(NamedTuple):
    """The same templates twice; ``escaped`` makes what people typed inert as Markdown."""

    plain: SandboxedEnvironment
    escaped: SandboxedEnvironment


def load(folder: Path) -> Templates:
    """Reads the templates for all kinds of notices.

    Raises jinja2.TemplateError for one that is missing, malformed, or uses what no notice of its kind has.
    """
    templates = Templates(_environment(folder), _environment(folder, finalize=_escaped))
    for name in {LAYOUT, DIGEST, WEEKLY, *(f"{kind}.md.j2" for kind in NoticeKind), *templates.plain.list_templates()}:
        source, path, _ = FileSystemLoader(folder).get_source(templates.plain, name)
        tree = templates.plain.parse(source, name, path)
        if unknown := find_undeclared_variables(tree) - _known(name):
            raise TemplateAssertionError(f"no mail of this kind has {', '.join(sorted(unknown))}", 1, name, path)
        if part := tree.find(nodes.Getattr) or tree.find(nodes.Getitem):
            raise TemplateAssertionError("mail templates use whole values, no parts of them", part.lineno, name, path)
    return templates


def _known(name: str) -> Set[str]:
    """Partial templates are called like the kinds that include them, with a ``_`` before."""
    if name in KNOWN:
        return KNOWN[name]
    if name.lstrip("_").startswith("sprint-"):
        return AboutPlanning.__annotations__.keys()
    about = AboutItem if name.lstrip("_").startswith(("item-", "ticket-")) else AboutIncident
    return about.__annotations__.keys()


def _environment(folder: Path, **options: Any) -> SandboxedEnvironment:
    return SandboxedEnvironment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=select_autoescape(("html.j2",)),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **options,
    )


def _escaped(value: Any) -> Any:
    return PUNCTUATION.sub(r"\\\1", value) if isinstance(value, str) and not isinstance(value, AsIs) else value


def _html(markdown: str) -> str:
    """A link that is a paragraph of its own becomes a button."""
    tokens = MARKDOWN.parse(markdown)
    for token in tokens:
        children = token.children or []
        if token.level == 1 and [child.type for child in children] == ["link_open", "text", "link_close"]:
            children[0].attrSet("class", "button")
        for child in children:
            if child.type == "image":
                child.attrSet("class", "chart")
                child.attrSet("width", CHART_WIDTH)
    return str(MARKDOWN.renderer.render(tokens, MARKDOWN.options, {}))


TEMPLATES = load(Path(__file__).parent / "templates")


def render(
    notice: Notice,
    organisation: Organisation,
    public_url: str,
    links: Links,
    reader: PersonId | None = None,
    *,
    hidden: bool = False,
    late: bool = False,
    standing: Standing = NOTHING_KNOWN,
    text: str = "",
) -> Rendered:
    """The mail of a notice to one reader, with links to ``public_url`` to act by, and the times where they are.

    Without a reader it is for all plain addresses together, with times in UTC. Of what is ``hidden`` from who gets it,
    it says little; an update to stakeholders says what somebody chose to tell them. What is beside its record in the
    read model is given: an action item's ``standing`` for an escalation, a postmortem's ``text`` for a review. One that
    is ``late`` says of when it is.
    """
    context: AboutIncident | AboutItem | AboutMailProblem | AboutPrivate
    template = f"{notice.kind}.md.j2"
    if hidden and notice.incident is not None and notice.kind is NoticeKind.STAKEHOLDER_UPDATE:
        notice, hidden = notice.model_copy(update={"incident": discreet(notice.incident)}), False
    record = notice.record
    if hidden:
        context, template = about_private(notice, organisation, public_url, reader), PRIVATE
    elif notice.undelivered is not None:
        offered = steps(notice, public_url, links, reader)
        context = about_mail_problem(notice.undelivered, record.title, organisation, public_url, offered)
    elif isinstance(record, ActionItem):
        context = about_item(notice, record, organisation, public_url, links, reader, standing)
    else:
        context = about_incident(notice, record, organisation, public_url, links, reader, text)
    to_customers = notice.audience is Audience.CUSTOMERS
    thread = uuid5(NAMESPACE_URL, notice.incident_id) if to_customers else notice.incident_id
    root = f"<{thread}@{urlsplit(public_url).hostname}>"
    headers = {**_headers(notice.mail_key(reader), public_url), "In-Reply-To": root, "References": root}
    about = "" if to_customers else record.id
    of = when(notice.at, organisation.time_zone_of(reader)) if late else ""
    return _compose(template, context, about, organisation.name, headers, drill=record.drill, late_of=of)


def render_digest(
    digest: Digest, organisation: Organisation, public_url: str, reader: PersonId = "", unsubscribe: str = ""
) -> Rendered:
    """The monthly mail, to which the charts are to be attached.

    Without a link to unsubscribe it is for a page, with every line that the digest has.
    """
    at_most = organisation.policies.digest.at_most if unsubscribe else None
    context = about_digest(digest, organisation, public_url, unsubscribe, at_most)
    record_id = f"digest/{digest.month}"
    headers = _headers(f"{record_id}/{reader}", public_url, unsubscribe)
    return _compose(DIGEST, context, record_id, organisation.name, headers)


def render_weekly(
    digest: WeeklyDigest, organisation: Organisation, public_url: str, unsubscribe: str = "", links: Links | None = None
) -> Rendered:
    """A manager's weekly mail, with ``links`` to decide by.

    Without a link to unsubscribe it is for a page, with every line that the digest has.
    """
    at_most = organisation.policies.weekly.at_most if unsubscribe else None
    context = about_weekly(digest, organisation, public_url, unsubscribe, at_most, links)
    headers = _headers(digest.key, public_url, unsubscribe)
    return _compose(WEEKLY, context, f"weekly/{digest.week}", organisation.name, headers)


def render_daily(
    daily: DailyMail,
    mails: Sequence[WaitingMail],
    titles: Mapping[str, str],
    organisation: Organisation,
    public_url: str,
    links: Links,
) -> Rendered:
    """A person's daily mail about what is owed of what waited; ``titles`` are those of incidents by their id."""
    context = about_daily(daily, mails, titles, organisation, public_url, links)
    return _compose(DAILY, context, "daily", organisation.name, _headers(daily.key, public_url))


def render_mail_problem(missed: MissedMail, organisation: Organisation, public_url: str) -> Rendered:
    """About a mail that no incident or action item can tell of."""
    context, key = about_mail_problem(missed, "", organisation, public_url), f"{missed.key}/undelivered"
    return _compose(UNDELIVERED, context, missed.key, organisation.name, _headers(key, public_url))


def render_troubles(
    lines: Sequence[tuple[str, str]], key: str, organisation: Organisation, public_url: str
) -> Rendered:
    """To an administrator; each line is a sentence and what to do."""
    return _compose(TROUBLE, about_trouble(lines, public_url), "trouble", organisation.name, _headers(key, public_url))


def _headers(key: str, public_url: str, unsubscribe: str = "") -> dict[str, str]:
    message_id = {"Message-ID": f"<{uuid5(NAMESPACE_URL, key)}@{urlsplit(public_url).hostname}>"}
    return message_id | (unsubscribe_headers(unsubscribe) if unsubscribe else {})


def render_planning(
    mail: PlanningMail, proposal: Proposal, organisation: Organisation, public_url: str, unsubscribe: str, links: Links
) -> Rendered:
    """A mail about planning; only the digest has a link to unsubscribe."""
    context = about_planning(mail, proposal, organisation, public_url, unsubscribe, links)
    headers = _headers(mail.key, public_url, unsubscribe)
    return _compose(f"{mail.kind}.md.j2", context, f"planning/{mail.plan.team}", organisation.name, headers)


def _compose(
    template: str,
    context: AboutIncident
    | AboutItem
    | AboutMailProblem
    | AboutDaily
    | AboutDigest
    | AboutWeekly
    | AboutPlanning
    | AboutTrouble
    | AboutPrivate,
    record_id: str,
    organisation: str,
    headers: dict[str, str],
    *,
    drill: bool = False,
    late_of: str = "",
) -> Rendered:
    """Without ``record_id`` it is for customers, whom our ids and tools do not concern."""
    first, _, text = TEMPLATES.plain.get_template(template).render(context).partition("\n")
    _, _, markdown = TEMPLATES.escaped.get_template(template).render(context).partition("\n")
    warning = (DRILL if drill else "") + (LATE.format(when=late_of) if late_of else "")
    about = f"[{record_id}] " if record_id else ""
    subject = shortened(f"{'DRILL ' if drill else ''}{about}{first}", SUBJECT_WIDTH)
    footer = f"Followthrough at {organisation} · {record_id}" if record_id else organisation
    page = TEMPLATES.plain.get_template(LAYOUT).render(subject=subject, body=_html(warning + markdown), footer=footer)
    headers = {**headers, "Auto-Submitted": "auto-generated"}
    text = clean(CHART.sub(r"\1", text))
    return Rendered(subject, f"{warning}{text.strip()}\n", INLINER.inline(clean(page)), headers)
