"""What is read of Jira's answers. Whatever may be hidden may be missing; the rest is as Atlassian's documents say.

Anything else raises pydantic's ValidationError, which ``jira_client.about`` takes for an outage.
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any

import requests
from jira import JIRAError
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from followthrough.domain.replayed.text import REASON, cut, one_line

UNSEEN = (requests.codes.forbidden, requests.codes.not_found)


class Answer(BaseModel):
    """Names as in Jira, but in snake case; what is not read is left out."""

    model_config = ConfigDict(alias_generator=to_camel, coerce_numbers_to_str=True)


class Keyed(Answer):
    """A project or an issue."""

    key: str


class Named(Answer):
    """A resolution, for example."""

    name: str


class StatusCategory(Answer):
    """Its key is new, indeterminate or done."""

    key: str


class Status(Named):
    """Where an issue is."""

    status_category: StatusCategory


class User(Answer):
    """Cloud has account ids, Data Center user names."""

    account_id: str | None = None
    name: str | None = None

    def id(self, *, cloud: bool) -> str | None:
        """Their own id in this Jira."""
        return self.account_id if cloud else self.name


def _texts(value: Any) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _day(value: Any) -> Any:
    """A day that no calendar here has is as far away as one can be."""
    try:
        return date.fromisoformat(value) if value else None
    except (TypeError, ValueError):
        return date.max


class IssueFields(Answer):
    """Those that ``jira_search.FIELDS`` names."""

    status: Status
    labels: Annotated[list[str], BeforeValidator(_texts)] = []
    project: Keyed | None = None
    assignee: User | None = None
    duedate: Annotated[date | None, BeforeValidator(_day)] = None
    resolution: Named | None = None
    updated: AwareDatetime | None = None


class Issue(Keyed):
    """As the API and the search show it."""

    fields: IssueFields


class Found(Answer):
    """A page of a search; Cloud's leads to the next by a token, Data Center's says how many there are."""

    issues: list[dict[str, Any]]
    next_page_token: str | None = None
    total: int = 0


class Transition(Named):
    """A way out of an issue's status; ``fields`` are those of its screen, by id."""

    id: str
    to: Status
    fields: dict[str, dict[str, Any]] | None = None


class Sprint(Named):
    """Also of another board, where its issues show on this one."""

    id: int
    origin_board_id: int | None = None
    start_date: AwareDatetime | None = None
    end_date: AwareDatetime | None = None


class ChangedField(Answer):
    """What was changed."""

    field: str


class Change(Answer):
    """One of an issue's history."""

    id: int
    author: User | None = None
    items: list[ChangedField] | None = None


class Comment(Answer):
    """``body`` is wiki text, or an Atlassian document."""

    author: User | None = None
    body: Any = None


class JiraNo(JIRAError):
    """Jira said no, in words and by fields; or something between us did, and then it is not ``in_jiras_words``."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__(url=response.url)
        self.answer, self.status = response, response.status_code
        try:
            body = response.json()
        except (ValueError, RecursionError):
            body = None
        said = body if isinstance(body, dict) else {"errorMessages": body}
        messages, errors = said.get("errorMessages"), said.get("errors")
        by_field = errors if isinstance(errors, dict) else {}
        self.fields = {str(field): " ".join(_said(words)) for field, words in by_field.items()}
        self.in_jiras_words = isinstance(body, dict) and isinstance(messages, list) and any(_said(messages))
        jiras = [*_said(messages), *(() if by_field else _said(errors))]
        named = (f"{field}: {words}" for field, words in self.fields.items())
        words = [*jiras, *_said(said.get("message")), *_said(said.get("errorMessage")), *named]
        self.words = cut(" ".join(words) or f"status {response.status_code}", REASON)

    @property
    def unseen(self) -> bool:
        """Whether it says that something is not there or may not be seen."""
        return self.status in UNSEEN and self.in_jiras_words


def _said(value: Any) -> Iterator[str]:
    """The words in whatever came where words belong."""
    if isinstance(value, str):
        yield one_line(value)
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _said(part)
