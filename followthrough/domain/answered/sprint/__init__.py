"""Of a sprint: its dates, and what a team is proposed. None of it replays."""
