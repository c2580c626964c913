"""The connection to Jira: one client for each thread, and what stands in the way of an answer, in words."""

import json
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import requests
from jira import JIRA, JIRAError
from requests.adapters import HTTPAdapter

from activities.tickets.jira.answers import JiraNo
from activities.tickets.tracker import team_of
from activities.vendor_pause import VendorPause
from activities.vendors import VendorRefused, VendorUnavailable, pause_asked
from followthrough.domain.answered.organisation.organisation import JiraProject, Organisation
from followthrough.domain.answered.ticket.text import Document, Link, atlassian_document, formatted, wiki_text
from followthrough.domain.replayed.ticket.ticket import Ticket
from followthrough.domain.replayed.values import PersonId, Refusal
from followthrough.metrics import tracker_call_counted
from followthrough.settings import Settings

logger = logging.getLogger(__name__)

LABEL = "followthrough"
"""On every ticket, beside a label that is the action item's id; also the key of the issue property."""

LOGIN_PAUSE = timedelta(minutes=1)
"""How long Jira is left alone once it does not know us; each failed login makes it harder to get in again."""

STRANGER = {"OUT", "AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED", "AUTHORISATION_FAILED"}
"""In X-Seraph-LoginReason: Jira answers as it answers anybody."""

MOST_PAGES = 1_000
"""More than any list or search has; then it has no end."""


class _OfThread(threading.local):
    client: JIRA | None = None


class JiraConnection:
    """One instance serves all threads; each has a client of its own, for ``requests`` shares none safely."""

    def __init__(
        self,
        settings: Settings,
        organisation: Callable[[], Organisation],
        pause: VendorPause | None = None,
        timeout: tuple[float, float] = (5, 20),
    ) -> None:
        """Without ``pause``, other workers don't matter. ``timeout`` is to connect and to read, in seconds."""
        self.index_lag = settings.jira_index_lag
        self.cloud = settings.jira_is_cloud
        self.url = settings.jira_url
        self.public_url = settings.resolved_public_url
        self.organisation = organisation
        self._settings = settings
        self._pause = pause
        self._timeout = timeout
        self._of_thread = _OfThread()

    @property
    def api(self) -> JIRA:
        """The client of this thread. It retries nothing: a second POST could be a second ticket."""
        if self._of_thread.client is None:
            self._of_thread.client = self._connect()
        return self._of_thread.client

    def _connect(self) -> JIRA:
        settings = self._settings
        token = settings.jira_token.get_secret_value() if settings.jira_token else ""
        client = JIRA(
            settings.jira_url,
            options={"rest_api_version": "3" if self.cloud else "2"},
            basic_auth=(settings.jira_user, token) if settings.jira_user else None,
            token_auth=None if settings.jira_user else token,
            get_server_info=False,
            max_retries=0,
            timeout=self._timeout,
        )
        client.deploymentType = "Cloud" if self.cloud else "Server"
        client._applicationlinks = []  # else each remote link asks for them, which only administrators may
        for scheme in ("https://", "http://"):
            client._session.mount(scheme, _Adapter(self._pause))
        return client

    def who_we_are(self) -> str:
        """The name of the user that Jira takes us for."""
        with about("who we are"):
            return str(self.api.myself()["displayName"])

    def send(self, method: str, path: str, body: dict[str, Any]) -> None:
        """What the client has no call for."""
        client = self.api
        client._session.request(method, client._get_url(path), data=json.dumps(body))

    def listed(self, path: str, *, base: str = JIRA.JIRA_BASE_URL, **params: Any) -> list[dict[str, Any]]:
        """All pages of a list, which has another name on Cloud than in Data Center."""
        found: list[dict[str, Any]] = []
        for _ in range(MOST_PAGES):
            page = self.api._get_json(path, {"startAt": len(found), "maxResults": 50, **params}, base)
            values = list(page.get("issueTypes") or page.get("fields") or page.get("values") or [])
            if values and values == found[-len(values) :]:
                break
            found += values
            if not values or page.get("isLast") or len(found) == page.get("total"):
                return found
        raise VendorUnavailable(f"Jira's list {path} has no end; it is asked for again.")

    def accounts(self) -> dict[str, str]:
        """People's own ids in Jira, by their key in the organisation file."""
        return {key: person.jira for key, person in self.organisation().people.items() if person.jira}

    def account_of(self, person: PersonId) -> str | None:
        """See ``Tracker``."""
        known = self.organisation().people.get(person)
        return known.jira if known else None

    def ticket(self, key: str) -> Ticket:
        """With its page."""
        return Ticket(key=key, url=f"{self.url.rstrip('/')}/browse/{key}")

    def formatted(self, document: Document, whole: str) -> Any:
        """Cut to what Jira takes, with a link to the ``whole``."""
        return formatted(document, Link(whole, whole), atlassian_document if self.cloud else wiki_text)

    def project(self, team: str) -> JiraProject:
        """Raises VendorRefused for a team without one."""
        project = team_of(self.organisation(), team).jira
        if project is None:
            raise VendorRefused(f"Team {team} has no Jira project; give it one in the organisation file.")
        return project


class _Adapter(HTTPAdapter):
    """Passes on only what Jira itself said to us, and sends nothing while it wants to be left alone."""

    def __init__(self, pause: VendorPause | None) -> None:
        super().__init__()
        self._pause = pause

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        self._wait()
        response = _counted(lambda: super(_Adapter, self).send(*args, **kwargs))
        lost = lost_login(response)
        if lost is not None:
            if self._pause is not None and self._pause.login_is_lost(LOGIN_PAUSE):
                logger.error("%s Until then tickets are late; nothing is lost.", lost)
            raise VendorUnavailable(lost, LOGIN_PAUSE)
        asked = _retry_after(response)
        if asked is not None and self._pause is not None:
            self._pause.start(asked)
        if response.status_code >= 400:
            raise JiraNo(response)
        if response.ok and not response.is_redirect:
            _check_json(response)
            if self._pause is not None and self._pause.login_is_known():
                logger.info("Jira knows us again.")
        return response

    def _wait(self) -> None:
        left = self._pause.left() if self._pause is not None else None
        if self._pause is None or left is None:
            return
        spread = random.uniform(1, 1.2)  # noqa: S311 - so that not all come back at one moment
        lost = self._pause.login_lost_at() is not None
        why = "Jira does not know us; `followthrough doctor` says more." if lost else "Jira has asked to be left alone."
        raise VendorUnavailable(why, left * spread)


def _counted(call: Callable[[], requests.Response]) -> requests.Response:
    began, status = time.perf_counter(), None
    try:
        response = call()
        status = response.status_code
        return response
    finally:
        tracker_call_counted(status, time.perf_counter() - began)


def lost_login(response: requests.Response) -> str | None:
    """What to do when Jira takes us for a stranger, to whom it may show nothing at all; None when it doesn't.

    Cloud does so with an expired token, and answers as if everything were gone.
    """
    if "X-Authentication-Denied-Reason" in response.headers:
        return (
            "Jira wants proof that we are no robot, after logins that failed: log in there once in a browser as the "
            "user of FOLLOWTHROUGH_JIRA_TOKEN, and renew the token."
        )
    reasons = {reason.strip() for reason in response.headers.get("X-Seraph-LoginReason", "").split(",")}
    if response.status_code == requests.codes.unauthorized or reasons & STRANGER:
        return (
            "Jira does not accept the user and token in the settings: renew FOLLOWTHROUGH_JIRA_TOKEN, and on Cloud "
            "see that FOLLOWTHROUGH_JIRA_USER is whose it is."
        )
    return None


def _check_json(response: requests.Response) -> None:
    """Raises VendorUnavailable for the page of a proxy, for example, that asks for a login."""
    try:
        said = not response.content or response.json() is not None
    except (ValueError, RecursionError):
        said = False
    if not said:
        kind = response.headers.get("Content-Type", "nothing")
        raise VendorUnavailable(f"Something that is not Jira answered {response.status_code} with {kind}.")


@contextmanager
def about(subject: str) -> Iterator[None]:
    """Tells what may pass (VendorUnavailable) from a no (VendorRefused), without Jira's headers and cookies."""
    try:
        yield
    except Refusal as refusal:
        raise VendorRefused(str(refusal)) from None
    except requests.RequestException as error:
        raise VendorUnavailable(f"Jira did not answer about {subject} ({type(error).__name__}).") from None
    except JiraNo as error:
        status, reads = error.status, error.answer.request.method == "GET"
        if status in (requests.codes.request_timeout, requests.codes.too_many_requests) or status >= 500:
            raise VendorUnavailable(f"Jira answered {status} about {subject}.", _retry_after(error.answer)) from None
        if reads and not error.in_jiras_words:
            raise VendorUnavailable(f"Something that is not Jira answered {status} about {subject}.") from None
        raise VendorRefused(f"Jira refused {subject}: {error.words}") from None
    except (JIRAError, LookupError, TypeError, AttributeError, ValueError, NotImplementedError) as error:
        logger.warning("Jira's answer about %s can't be read.", subject, exc_info=True)
        raise VendorUnavailable(f"Jira's answer about {subject} is not what its document says.") from error


def _retry_after(response: requests.Response) -> timedelta | None:
    """Only with an answer that says come back later."""
    later = response.status_code in (requests.codes.too_many_requests, requests.codes.service_unavailable)
    return pause_asked(response.headers.get("Retry-After", "")) if later else None
