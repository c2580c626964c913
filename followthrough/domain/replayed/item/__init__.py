"""An action item: what it knows, and what people and time do to it. All of it replays."""
