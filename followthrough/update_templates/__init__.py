"""Drafts of stakeholder updates, one file for each stage and audience: those that come along, and a team's own.

They are checked when they are read, so that none turns out to be wrong when an update is due.
"""

import traceback
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from followthrough.domain.answered.organisation.organisation import Templates
from followthrough.domain.replayed.incident.incident import Audience, UpdateStage

FOR_EVERYBODY = frozenset(
    {
        "title",
        "service",
        "severity",
        "since",
        "duration",
        "mitigated_at",
        "resolved_at",
        "last_said",
        "last_said_at",
        "next_update",
    }
)
"""Times, people and durations are words; empty where there is nothing to say."""

NOT_FOR_CUSTOMERS = frozenset(
    {
        "severity_means",
        "team",
        "status",
        "incident_id",
        "incident_url",
        "commander",
        "comms_lead",
        "resolvers",
        "mitigation",
        "resolution",
        "customers_last_said",
        "customers_last_said_at",
    }
)
"""What names people, leads to internal pages, or was written down for colleagues."""

PARTS = (nodes.Getattr, nodes.Getitem, nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)

ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def template_name(stage: UpdateStage, audience: Audience) -> str:
    """Its file in a folder of templates."""
    return f"{stage}-{audience}.md.j2"


def known_to(audience: Audience) -> frozenset[str]:
    """The names that a template for this audience may use."""
    return FOR_EVERYBODY if audience is Audience.CUSTOMERS else FOR_EVERYBODY | NOT_FOR_CUSTOMERS


def fill(source: str, facts: Mapping[str, str]) -> str:
    """The text of a draft, which is plain text. Raises what a wrong template raises; those that were read are right."""
    return ENVIRONMENT.from_string(source).render(facts).strip()


def read(folder: Path) -> Templates:
    """Every template in the folder. Raises ValueError with ``file:line: what is wrong`` for each that is wrong."""
    audiences = {template_name(*pair): pair[1] for pair in product(UpdateStage, Audience)}
    try:
        sources = {file.name: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.j2"))}
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"the templates in {folder} can't be read as UTF-8 text ({error})") from error
    if not sources:
        raise ValueError(f"{folder} is no folder with templates like identified-customers.md.j2")
    problems = []
    for name, source in sources.items():
        if name not in audiences:
            problems.append(
                f"{folder / name}: is not called by a stage and an audience, like identified-customers.md.j2"
            )
        elif problem := next(_problems(source, known_to(audiences[name])), None):
            problems.append(f"{folder / name}:{problem}")
    if problems:
        raise ValueError("; ".join(problems))
    return Templates(str(folder), sources)


def _problems(source: str, known: frozenset[str]) -> Iterator[str]:
    """Each as ``line: what is wrong``."""
    try:
        tree = ENVIRONMENT.parse(source)
        unknown = find_undeclared_variables(tree) - known
        for name in tree.find_all(nodes.Name):
            if name.name in unknown:
                yield f"{name.lineno}: {name.name!r} is not known here; known are {', '.join(sorted(known))}"
        for part in tree.find_all(PARTS):
            yield f"{part.lineno}: templates of updates use whole values, no parts of them and no other templates"
        for used in tree.find_all(nodes.Filter):
            if used.name not in ENVIRONMENT.filters:
                yield f"{used.lineno}: there is no filter {used.name!r}"
        for facts in (dict.fromkeys(known, "something"), dict.fromkeys(known, "")):
            if not fill(source, facts):
                yield "1: says nothing when little is known"
    except TemplateSyntaxError as error:
        yield f"{error.lineno}: {error.message}"
    except Exception as error:  # whatever an expression in a template can do wrong
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<template>"]
        yield f"{lines[-1] if lines else 1}: {error}"


SHIPPED = read(Path(__file__).parent)
