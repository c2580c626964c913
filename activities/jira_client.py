"""The connection to Jira: one client for each thread, errors in words, and the pauses that Jira asks for."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from jira import JIRA, JIRAError
from requests.adapters import HTTPAdapter

from activities.tracker import TrackerRefused, TrackerUnavailable, team_of
from activities.vendor_pause import VendorPause
from followthrough.domain.action_item import Ticket
from followthrough.organisation import JiraProject, Organisation
from followthrough.settings import Settings

LABEL = "followthrough"
"""On every ticket, beside a label that is the action item's id; also the key of the issue property."""


class JiraConnection:
    """One instance serves all threads; each has a client of its own, for ``requests`` shares none safely."""

    def __init__(
        self,
        settings: Settings,
        organisation: Callable[[], Organisation],
        pause: VendorPause | None,
        timeout: tuple[float, float] = (5, 20),
    ) -> None:
        """Without ``pause``, other workers don't matter. ``timeout`` is to connect and to read, in seconds."""
        self.index_lag = settings.jira_index_lag
        self._settings = settings
        self._organisation = organisation
        self._pause = pause
        self._timeout = timeout
        self._threads = threading.local()

    @property
    def _jira(self) -> JIRA:
        """The client of this thread. It retries nothing: a second POST could be a second ticket."""
        if not hasattr(self._threads, "client"):
            self._threads.client = self._connect()
        client: JIRA = self._threads.client
        return client

    def _connect(self) -> JIRA:
        settings = self._settings
        token = settings.jira_token.get_secret_value() if settings.jira_token else ""
        client = JIRA(
            settings.jira_url,
            options={"rest_api_version": "3" if settings.jira_is_cloud else "2"},
            basic_auth=(settings.jira_user, token) if settings.jira_user else None,
            token_auth=None if settings.jira_user else token,
            get_server_info=False,
            max_retries=0,
            timeout=self._timeout,
        )
        client.deploymentType = "Cloud" if settings.jira_is_cloud else "Server"
        client._applicationlinks = []  # else each remote link asks for them, which only administrators may
        if self._pause is not None:
            client._session.mount(settings.jira_url, _PausingAdapter(self._pause))
        return client

    def _ticket(self, key: str) -> Ticket:
        return Ticket(key=key, url=f"{self._settings.jira_url.rstrip('/')}/browse/{key}")

    def _project(self, team: str) -> JiraProject:
        project = team_of(self._organisation(), team).jira
        if project is None:
            raise TrackerRefused(f"Team {team} has no Jira project; give it one in the organisation file.")
        return project


class _PausingAdapter(HTTPAdapter):
    """Sends nothing while Jira has asked any worker to wait."""

    def __init__(self, pause: VendorPause) -> None:
        super().__init__()
        self._pause = pause

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        left = self._pause.left()
        if left is not None:
            spread = random.uniform(1, 1.2)  # noqa: S311 - so that not all come back at one moment
            raise TrackerUnavailable("Jira has asked to be left alone for a while.", left * spread)
        response = super().send(*args, **kwargs)
        asked = _retry_after(response)
        if asked is not None:
            self._pause.start(asked)
        return response


@contextmanager
def about(subject: str) -> Iterator[None]:
    """Tells what may pass (TrackerUnavailable) from a no (TrackerRefused), without Jira's headers and cookies."""
    try:
        yield
    except requests.RequestException as error:
        raise TrackerUnavailable(f"Jira did not answer about {subject} ({type(error).__name__}).") from None
    except JIRAError as error:
        status = error.status_code or requests.codes.bad_gateway
        if status == requests.codes.unauthorized:
            raise TrackerUnavailable("Jira does not accept the user and token in the settings; renew them.") from None
        if status in (requests.codes.request_timeout, requests.codes.too_many_requests) or status >= 500:
            retry_after = _retry_after(error.response) if error.response is not None else None
            raise TrackerUnavailable(f"Jira answered {status} about {subject}.", retry_after) from None
        raise TrackerRefused(f"Jira refused {subject}: {_words(error)}") from None


def refused_fields(error: JIRAError) -> dict[str, str]:
    """What Jira says of each field that it does not take, by the field's id."""
    answer = _json(error)
    return dict(answer.get("errors") or {}) if error.status_code == requests.codes.bad_request else {}


def _retry_after(response: requests.Response) -> timedelta | None:
    """Seconds, or a date; only with an answer that says come back later."""
    if response.status_code not in (requests.codes.too_many_requests, requests.codes.service_unavailable):
        return None
    value = response.headers.get("Retry-After", "")
    if value.isdecimal():
        return timedelta(seconds=int(value))
    try:
        return max(parsedate_to_datetime(value) - datetime.now(UTC), timedelta(0))
    except (ValueError, TypeError):
        return None


def _words(error: JIRAError) -> str:
    """Jira's own words, with the names of the fields, which the client leaves out."""
    answer = _json(error)
    fields = (f"{field}: {message}" for field, message in answer.get("errors", {}).items())
    return " ".join([*answer.get("errorMessages", []), *fields]) or error.text or f"status {error.status_code}"


def _json(error: JIRAError) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = error.response.json() if error.response is not None else {}
    except requests.JSONDecodeError:
        answer = {}
    return answer
