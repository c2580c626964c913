"""Turns a notice into a mail: a Markdown template gives the text part, and through it the HTML part.

Mails of an incident refer to one root, so that mail clients show a thread. Gmail also wants equal subjects;
ours say what to do instead, behind the id of what they are about.
"""

import re
import textwrap
from collections.abc import Set
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

from followthrough.domain.action_item import ActionItem
from followthrough.domain.digest import Digest
from followthrough.mail.context import (
    AboutDigest,
    AboutIncident,
    AboutItem,
    AsIs,
    about_digest,
    about_incident,
    about_item,
)
from followthrough.organisation import Organisation
from workflows.messages import Notice, NoticeKind

LAYOUT, DIGEST = "layout.html.j2", "digest.md.j2"
SUBJECT_WIDTH = 150
DRILL = "**This is a drill.** Practise as if it were real; no customer is affected.\n\n"
PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True})
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
    for name in {LAYOUT, DIGEST, *(f"{kind}.md.j2" for kind in NoticeKind), *templates.plain.list_templates()}:
        source, path, _ = FileSystemLoader(folder).get_source(templates.plain, name)
        tree = templates.plain.parse(source, name, path)
        if unknown := find_undeclared_variables(tree) - _known(name):
            raise TemplateAssertionError(f"no mail of this kind has {', '.join(sorted(unknown))}", 1, name, path)
        if part := tree.find(nodes.Getattr) or tree.find(nodes.Getitem):
            raise TemplateAssertionError("mail templates use whole values, no parts of them", part.lineno, name, path)
    return templates


def _known(name: str) -> Set[str]:
    """Partial templates are called like the kinds that include them, with a ``_`` before."""
    if name == LAYOUT:
        return {"subject", "body", "organisation", "record_id"}
    if name == DIGEST:
        return AboutDigest.__annotations__.keys()
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
        if [child.type for child in children] == ["link_open", "text", "link_close"]:
            children[0].attrSet("class", "button")
    return str(MARKDOWN.renderer.render(tokens, MARKDOWN.options, {}))


TEMPLATES = load(Path(__file__).parent / "templates")


def render(notice: Notice, organisation: Organisation, public_url: str) -> Rendered:
    """The mail of a notice, with links to ``public_url``; times are those of the recipient, in UTC for several."""
    record = notice.record
    context: AboutIncident | AboutItem
    if isinstance(record, ActionItem):
        context = about_item(notice, record, organisation, public_url)
    else:
        context = about_incident(notice, record, organisation, public_url)
    host = urlsplit(public_url).hostname
    root = f"<{notice.incident_id}@{host}>"
    headers = {
        "Message-ID": f"<{uuid5(NAMESPACE_URL, notice.key)}@{host}>",
        "In-Reply-To": root,
        "References": root,
    }
    return _compose(f"{notice.kind}.md.j2", context, record.id, organisation.name, headers, drill=record.drill)


def render_digest(digest: Digest, organisation: Organisation, public_url: str) -> Rendered:
    """The monthly mail, with links to ``public_url``."""
    context, record_id = about_digest(digest, organisation, public_url), f"digest/{digest.month}"
    headers = {"Message-ID": f"<{uuid5(NAMESPACE_URL, record_id)}@{urlsplit(public_url).hostname}>"}
    return _compose(DIGEST, context, record_id, organisation.name, headers)


def _compose(
    template: str,
    context: AboutIncident | AboutItem | AboutDigest,
    record_id: str,
    organisation: str,
    headers: dict[str, str],
    *,
    drill: bool = False,
) -> Rendered:
    first, _, text = TEMPLATES.plain.get_template(template).render(context).partition("\n")
    _, _, markdown = TEMPLATES.escaped.get_template(template).render(context).partition("\n")
    warning = DRILL if drill else ""
    subject = textwrap.shorten(f"{'DRILL ' if drill else ''}[{record_id}] {first}", SUBJECT_WIDTH, placeholder="…")
    page = TEMPLATES.plain.get_template(LAYOUT).render(
        subject=subject, body=_html(warning + markdown), organisation=organisation, record_id=record_id
    )
    headers = {**headers, "Auto-Submitted": "auto-generated"}
    return Rendered(subject, f"{warning}{text.strip()}\n", INLINER.inline(page), headers)
