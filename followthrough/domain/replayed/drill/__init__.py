"""A drill: its plan, and its report. All of it replays."""
