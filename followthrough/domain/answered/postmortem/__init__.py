"""Of a postmortem: its form, its wording, anonymous notes. None of it replays."""
