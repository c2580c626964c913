"""An incident that somebody declares from an alert that no route fits."""

from followthrough.domain.replayed.incident.alert import Alert, AlertState, Heard
from followthrough.domain.replayed.incident.incident import Incident


def begun_by(declared: Incident, alert: Alert) -> Incident:
    """The incident as it begins, which hears of the alert from then on; one that is over is only shown."""
    fires = alert.state in (AlertState.FIRING, AlertState.CHANGED)
    return declared.model_copy(
        update={
            "dedup_key": alert.dedup_key,
            "alert": alert,
            "alerts": 1,
            "heard": {alert.dedup_key: Heard(at=alert.at, event=alert.event)},
            "firing": [alert.dedup_key] if fires else [],
        }
    )
