"""A postmortem: what it knows, and what people do with it. All of it replays."""
