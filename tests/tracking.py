"""An organisation whose teams have tickets, and a Jira tracker that talks to the stand-in."""

from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from activities.jira_tracker import JiraTracker
from followthrough.domain.values import Severity
from followthrough.organisation import Organisation
from followthrough.settings import Settings
from tests.standins.jira import JiraStandIn

PUBLIC_URL = "https://followthrough.example.com"


def organisation(**jira: Any) -> Organisation:
    """``payments`` works in sprints, ``platform`` without, and ``research`` has no tracker at all."""
    return Organisation.model_validate(
        {
            "name": "Paper Plane",
            "people": {
                "ana": {"name": "Ana Ruiz", "email": "ana@example.com", "jira": "5b10ana"},
                "ben": {"name": "Ben Lee", "email": "ben@example.com", "jira": "5b10ben"},
                "carla": {"name": "Carla Diaz", "email": "carla@example.com"},
            },
            "teams": {
                "payments": {
                    "name": "Payments",
                    "lead": "carla",
                    "time_zone": "Europe/Madrid",
                    "sprints": {"first_day": "2026-01-12", "weeks": 2, "planning": "10:00"},
                    "jira": {"project": "PAY", "board": 12, **jira},
                },
                "platform": {"name": "Platform", "lead": "carla", "jira": {"project": "OPS", "board": 34}},
                "research": {"name": "Research", "lead": "carla"},
            },
            "services": {"checkout": {"name": "Checkout", "team": "payments", "on_call": ["ana"]}},
            "severities": {severity: {"description": severity, "acknowledge_within": "5m"} for severity in Severity},
        }
    )


def jira_settings(jira: JiraStandIn, **changes: Any) -> Settings:
    return Settings(
        **{
            "jira_url": jira.url,
            "jira_cloud": jira.cloud,
            "jira_user": "followthrough@example.com" if jira.cloud else "",
            "jira_token": SecretStr("token"),
            "jira_index_lag": timedelta(0),
            "public_url": PUBLIC_URL,
            **changes,
        }
    )


def jira_tracker(jira: JiraStandIn, *, index_lag: float = 0, timeout: float = 5, **project: Any) -> JiraTracker:
    settings = jira_settings(jira, jira_index_lag=timedelta(seconds=index_lag))
    return JiraTracker(settings, lambda: organisation(**project), timeout=(timeout, timeout))
