"""An incident: what it knows, and what alerts, people and time do to it. All of it replays."""
