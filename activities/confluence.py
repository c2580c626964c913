"""Writes postmortems into Confluence Cloud, by its REST API v2: one page for each, brought up to date.

It uses Jira's account, for the two are one site.
"""

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session
from temporalio import activity

from activities.vendors import VendorRefused, VendorUnavailable, failure, in_words, pause_asked
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.postmortem.notes import why_not_in_confluence
from followthrough.domain.answered.wording import without_addresses
from followthrough.domain.replayed.postmortem.postmortem import version_of
from followthrough.domain.replayed.text import LABEL, cut, one_line
from followthrough.postmortem_document import document
from followthrough.settings import Settings
from followthrough.storage_format import storage
from followthrough.store import queries
from followthrough.store.postmortem_tables import ConfluencePageRow
from followthrough.store.postmortems import corrected
from workflows.messages.confluence import WritePage

TIMEOUT = 20
"""Seconds to connect and for each read."""
LONGEST_TITLE = 255
"""Characters that Confluence takes."""
LOGIN_PAUSE = timedelta(minutes=1)
"""Until a token that is not accepted is tried again; each failed login makes it harder to get in."""


class _Said(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


SaidT = TypeVar("SaidT", bound=_Said)


class Version(_Said):
    """Of a page; Confluence wants the next one to be counted by who writes it."""

    number: int
    message: str | None = None


class Links(_Said):
    """Where a page is shown."""

    webui: str = ""
    base: str = ""


class Page(_Said):
    """What Confluence says of one."""

    id: str
    title: str
    status: str = "current"
    version: Version
    links: Links = Field(default_factory=Links, alias="_links")


class Space(_Said):
    """What Confluence says of one."""

    id: str


class Pages(_Said):
    """Those that were asked for."""

    results: list[Page]


class Spaces(_Said):
    """Those that were asked for."""

    results: list[Space]


class Wanted(BaseModel):
    """A page as it is to be; ``page_id`` is the one that it had."""

    title: str
    body: str
    page_id: str

    @property
    def mark(self) -> str:
        """On the version of a page that has just this."""
        return f"Followthrough {version_of(self.title + self.body)}"


class Confluence:
    """The activity may be repeated: what is there already is found by its id, or else by its title."""

    def __init__(self, settings: Settings, organisation: Callable[[], Organisation], database: Engine) -> None:
        self._settings = settings
        self._organisation = organisation
        self._database = database
        token = settings.jira_token.get_secret_value() if settings.jira_token else ""
        url = f"{settings.resolved_confluence_url}/wiki/api/v2"
        self._client = httpx.Client(base_url=url, auth=(settings.jira_user, token), timeout=TIMEOUT)

    @activity.defn
    def write_page(self, asked: WritePage) -> str:
        """The address of the page. Raises ApplicationError; ``ConfluenceRefused`` is not retryable."""
        try:
            if not self._settings.resolved_confluence_url:
                raise VendorRefused("This worker knows no Confluence; set FOLLOWTHROUGH_CONFLUENCE_SPACE for it.")
            page = self._write(self._wanted(asked.incident_id))
        except (VendorUnavailable, VendorRefused) as error:
            with contextlib.suppress(SQLAlchemyError):
                self._note(asked.incident_id, problem=in_words(error))
            raise failure(error, "Confluence") from None
        url = f"{page.links.base or f'{self._settings.resolved_confluence_url}/wiki'}{page.links.webui}"
        self._note(asked.incident_id, page_id=page.id, url=url, written_at=datetime.now(UTC), problem="")
        return url

    def _wanted(self, incident_id: str) -> Wanted:
        """As it is by now. Raises VendorRefused."""
        with Session(self._database) as session:
            incident = queries.incident(session, incident_id)
            if incident is None or incident.postmortem is None:
                raise VendorRefused(f"There is no postmortem of {incident_id}.")
            if (sentence := why_not_in_confluence(incident)) is not None:
                raise VendorRefused(sentence)
            found, row = corrected(session, incident), session.get(ConfluencePageRow, incident_id)
            shown = document(found.incident, found.corrections, self._organisation().name_of)
            url = f"{self._settings.resolved_public_url}/incidents/{incident_id}/postmortem"
            begin, end = "Postmortem: ", f" ({incident_id})"
            title = f"{begin}{cut(incident.title, LONGEST_TITLE - len(begin + end))}{end}"
            return Wanted(title=title, body=storage(shown, url), page_id=row.page_id if row else "")

    def _write(self, wanted: Wanted) -> Page:
        space = self._space()
        present = self._page(wanted.page_id) or self._page_named(wanted.title, space)
        body = {"representation": "storage", "value": wanted.body}
        if present is None:
            new = {"spaceId": space, "status": "current", "title": wanted.title, "body": body}
            new |= {"parentId": self._settings.confluence_parent} if self._settings.confluence_parent else {}
            return self._ask(Page, "POST", "/pages", json=new)
        if present.version.message == wanted.mark:
            return present
        version = {"number": present.version.number + 1, "message": wanted.mark}
        changed = {"id": present.id, "status": "current", "title": wanted.title, "body": body, "version": version}
        return self._ask(Page, "PUT", f"/pages/{present.id}", json=changed)

    def _space(self) -> str:
        key = self._settings.confluence_space
        if found := self._ask(Spaces, "GET", "/spaces", params={"keys": key}).results:
            return found[0].id
        raise VendorRefused(f"Confluence shows no space {key} to the user of FOLLOWTHROUGH_JIRA_TOKEN; see the key.")

    def _page(self, page_id: str) -> Page | None:
        """None where there is none any more."""
        answer = self._send("GET", f"/pages/{page_id}") if page_id else None
        if answer is None or answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        page = _read(Page, answer)
        return None if page.status in ("trashed", "deleted") else page

    def _page_named(self, title: str, space: str) -> Page | None:
        """Titles are given once in a space."""
        asked = {"space-id": space, "title": title, "status": "current"}
        return next(iter(self._ask(Pages, "GET", "/pages", params=asked).results), None)

    def _ask(self, kind: type[SaidT], method: str, path: str, **more: Any) -> SaidT:
        return _read(kind, self._send(method, path, **more))

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Raises VendorUnavailable."""
        try:
            return self._client.request(method, path, **more)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise VendorUnavailable(f"Confluence did not answer ({type(error).__name__}).") from None

    def _note(self, incident_id: str, **known: Any) -> None:
        with Session(self._database) as session:
            if (row := session.get(ConfluencePageRow, incident_id)) is not None:
                row.sqlmodel_update(known)
                session.add(row)
                session.commit()


def _read(kind: type[SaidT], answer: httpx.Response) -> SaidT:
    """Raises VendorUnavailable or VendorRefused for what says something else."""
    status = answer.status_code
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED):
        raise VendorUnavailable(
            "Confluence does not accept the user and token in the settings: see FOLLOWTHROUGH_JIRA_USER and renew "
            "FOLLOWTHROUGH_JIRA_TOKEN.",
            LOGIN_PAUSE,
        )
    later = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS)
    if status in later or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise VendorUnavailable(f"Confluence answered {status}.", pause_asked(answer.headers.get("Retry-After", "")))
    if status >= HTTPStatus.BAD_REQUEST:
        raise VendorRefused(f"Confluence refused: {_words(answer)}")
    try:
        return kind.model_validate_json(answer.content)
    except ValidationError:
        raise VendorUnavailable(f"Something that is not Confluence answered {status}; see who does.") from None


def _words(answer: httpx.Response) -> str:
    """Of what went wrong, as Confluence says it."""
    try:
        said = answer.json()
        words = " ".join(str(error.get("title") or error.get("detail") or "") for error in said["errors"])
    except (ValueError, LookupError, TypeError, AttributeError):
        words = ""
    return without_addresses(cut(one_line(words or f"status {answer.status_code}."), LABEL))
