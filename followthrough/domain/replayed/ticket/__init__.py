"""An action item's ticket: what it said last, and what comes of a change in it. All of it replays."""
