"""Where those who respond to an incident talk."""

from followthrough.domain.answered.incident.call import call_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.values import Severity
from tests.domain.incident.test_schedule import declared
from tests.domain.report.test_playbook import with_service


def test_the_call_that_an_incident_was_declared_with_goes_before_that_of_its_service(
    organisation: Organisation,
) -> None:
    incident, with_call = declared(Severity.SEV1), with_service(organisation, call="https://meet.example.com/checkout")
    without = with_service(organisation, call=None)
    assert call_of(incident, without) is None
    assert call_of(incident, with_call) == "https://meet.example.com/checkout"
    own = incident.model_copy(update={"call": "https://meet.example.com/tonight"})
    assert call_of(own, with_call) == "https://meet.example.com/tonight"
    gone = own.model_copy(update={"service": "gone", "call": None})
    assert call_of(gone, with_call) is None
