"""Of an incident: its next moment, candidates for its roles, earlier ones like it. None of it replays."""
