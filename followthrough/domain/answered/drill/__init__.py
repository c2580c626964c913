"""Of drills: their dates, and what they showed. None of it replays."""
