from collections.abc import Iterator

import pytest

from tests.standins.jira import JiraStandIn


@pytest.fixture(params=["Cloud", "Data Center"])
def jira(request: pytest.FixtureRequest) -> Iterator[JiraStandIn]:
    with JiraStandIn(cloud=request.param == "Cloud") as stand_in:
        yield stand_in
